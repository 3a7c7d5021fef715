import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {MainProcesses} from '../../src/sources/containers/mains.ts';
import type {ContainerRow} from '../../src/types/stream.ts';

interface StandIn {
  ppid?: number;
  /** Its numbers, in its own PID namespace last. */
  numbers: string;
  cgroup?: string;
}

/** Plain files that look like cgroups of the unified hierarchy and like /proc. */
function hold(t: ExecutionContext) {
  const root = mkdtempSync(join(tmpdir(), 'kstop-mains-'));
  t.teardown(() => rmSync(root, {recursive: true}));
  const write = (folder: string, file: string, text: string) => {
    mkdirSync(join(root, folder), {recursive: true});
    writeFileSync(join(root, folder, file), text);
  };
  const process = (pid: number, {ppid = 2, numbers, cgroup = '/a'}: StandIn) => {
    write(`proc/${pid}`, 'status', `Name:\tsh\nPPid:\t${ppid}\nNSpid:\t${numbers}\nNSsid:\t1\n`);
    write(`proc/${pid}`, 'cgroup', `4:memory:/a\n0::${cgroup}\n`);
  };
  process(2, {numbers: '2', cgroup: '/shim'});
  const procs = (path: string, ...pids: number[]) => write(`cgroup${path}`, 'cgroup.procs', `${pids.join('\n')}\n`);
  const mains = new MainProcesses(join(root, 'cgroup'), join(root, 'proc'));
  const found = (...ids: string[]) => [...mains.among(ids.map(row))];
  return {process, procs, found};
}

const row = (id: string): ContainerRow => ({time_bucket: 1, container: {id}, cgroup: `/${id}`});

test('stand-in files: the first of a PID namespace that was begun from outside is a main process', (t) => {
  const {process, procs, found} = hold(t);
  process(10, {numbers: '10\t1'});
  process(11, {numbers: '11\t2', ppid: 10});
  procs('/a', 11, 10);
  t.deepEqual(found('a'), ['a']);
});

test('stand-in files: none where the namespace is the host’s or another container’s, or was begun from within', (t) => {
  const {process, procs, found} = hold(t);
  process(10, {numbers: '10', cgroup: '/host'});
  process(11, {numbers: '11\t7', cgroup: '/shared'});
  process(12, {numbers: '12', cgroup: '/within'});
  process(13, {numbers: '13\t1', ppid: 12, cgroup: '/within'});
  process(14, {numbers: '14\t1', cgroup: '/shim'});
  process(15, {numbers: '1', cgroup: '/mine'});
  process(16, {numbers: '16\t1', ppid: 0, cgroup: '/unseen'});
  for (const [path, ...pids] of [
    ['/host', 10],
    ['/shared', 11],
    ['/within', 12, 13],
    ['/old', 14],
    ['/mine', 15],
    ['/unseen', 16],
    ['/gone', 99],
    ['/hidden', 0],
  ] as [string, ...number[]][])
    procs(path, ...pids);
  t.deepEqual(found('host', 'shared', 'within', 'old', 'mine', 'unseen', 'gone', 'hidden', 'none'), []);
});

test('stand-in files: it may have gone into a cgroup below; of many some are looked at in an interval', (t) => {
  const {process, procs, found} = hold(t);
  const ids = Array.from({length: 40}, (_, i) => `c${i}`);
  for (const [i, id] of ids.entries()) {
    process(100 + i, {numbers: `${100 + i}\t1`, cgroup: `/${id}/init.scope`});
    procs(`/${id}/init.scope`, 100 + i);
  }
  t.deepEqual(
    [0, 1, 2, 3].map(() => found(...ids).length),
    [16, 32, 40, 40],
  );
});

test('without a unified hierarchy there is none', (t) => {
  t.is(new MainProcesses('/nonexistent').among([row('a')]).size, 0);
});
