import {statSync} from 'node:fs';
import {join} from 'node:path';
import {Hooks} from '../../src/trace/hooks/hooks.ts';
import type {TraceType} from '../../src/types/trace.ts';
import {folder} from './util/disk.ts';
import {Process} from './util/load.ts';
import {costly, kernelAtLeast, lacks, testUnless} from './util/machine.ts';
import {rowsOf, sum, traced} from './util/presets.ts';
import {noTraces} from './util/traces.ts';

/** This kernel, as if it had no tracepoints: so the kernel's functions stand in. */
class FunctionsOnly extends Hooks {
  override find(type: TraceType, target: string) {
    return type === 'tracepoint' ? {field: 'target', why: 'left out by the test'} : super.find(type, target);
  }
}

const hooks = new FunctionsOnly();
// There bpftrace 0.17 says: Unknown struct/union: 'struct file'.
const noTypes = kernelAtLeast(6, 1) ? undefined : 'bpftrace 0.17 reads no types of older kernels than 6.1';
const reason = noTraces ?? noTypes ?? hooks.missing('kprobe')?.why;

testUnless(reason, 'file-writes at kprobe:vfs_write: the file whose name fits, how much and by whom', async (t) => {
  const place = folder(t);
  const [file, other] = [join(place, 'kt-app.conf'), join(place, 'other.txt')];
  let writer: Process | undefined;
  const started = performance.now();
  const result = await traced(t, 'file-writes', {pattern: '*.conf', process_name: 'dd', hooks}, async () => {
    t.log(`attached after ${Math.round(performance.now() - started)} ms`);
    await new Process(t, ['dd', 'status=none', 'if=/dev/zero', `of=${other}`, 'bs=4k', 'count=5']).end();
    writer = new Process(t, ['dd', 'status=none', 'if=/dev/zero', `of=${file}`, 'bs=4k', 'count=5']);
    await writer.end();
  });
  t.log(result.events[0]?.message);
  t.is(statSync(file).size, 5 * 4096);
  t.is(result.events.length, 5);
  for (const event of result.events) {
    t.like(event, {pid: writer?.pid, process_name: 'dd', function: 'vfs_write'});
    t.true(event.raw_args.path?.endsWith('/kt-app.conf'));
  }
  t.is(sum(rowsOf(result, 'bytes written by process', {pid: String(writer?.pid), process_name: 'dd'})), 5 * 4096);
});

testUnless(
  costly ?? reason ?? lacks('bash'),
  'tcp-connect at kprobe:tcp_connect: who connects, and where to',
  async (t) => {
    let client: Process | undefined;
    const result = await traced(t, 'tcp-connect', {process_name: 'bash', hooks}, async () => {
      client = new Process(t, ['bash', '-c', 'exec 3<>/dev/tcp/127.0.0.1/1']);
      await client.end();
    });
    t.log(result.events[0]?.message);
    t.is(result.events.length, 1);
    t.like(result.events[0], {pid: client?.pid, process_name: 'bash'});
    t.deepEqual(result.events[0]?.raw_args, {daddr: '127.0.0.1', dport: '1'});
  },
);
