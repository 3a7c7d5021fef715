/**
 * Makes the recordings in test/fixtures/ and examples/ anew: kstop's own of this machine while real trouble is provoked
 * on it (the names of its other processes are in them too). As root; `--match=example` makes one alone:
 *
 *     node_modules/.bin/node node_modules/.bin/ava --serial test/kernel/record-fixture.ts
 */
import {chmodSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {PROGRAM, REPO} from './util/kstop.ts';
import {Process} from './util/load.ts';
import {fullReceiveBuffer, hogs, hungTask, lossyLink, outOfMemory, slowDevice, slowFile} from './util/troubles.ts';
import {sleep} from './util/wait.ts';

type Trouble = (t: ExecutionContext) => Promise<void>;

async function record(
  t: ExecutionContext,
  name: string,
  options: string[],
  troubles: Trouble[],
  folder = 'test/fixtures',
): Promise<void> {
  t.timeout(120_000);
  const file = join(REPO, folder, `${name}.ndjson.gz`);
  rmSync(file, {force: true});
  const kstop = new Process(t, [...PROGRAM, 'record', file, ...options]);
  await sleep(4000);
  for (const trouble of troubles) {
    await trouble(t);
    await sleep(2000);
  }
  kstop.child.kill('SIGTERM');
  await kstop.end(10_000);
  t.is(kstop.stderr, '');
  chmodSync(file, 0o644);
}

/** All but what would tell the paths of this machine's files. */
test.serial('trouble', (t) =>
  record(
    t,
    'trouble',
    ['--probes', 'default,-vfs', '--sched-warn', '10000'],
    [(each) => hogs(each, 5, 6000), slowDevice, outOfMemory, lossyLink],
  ),
);

/** What the README shows, with all default probes: thresholds that a busy machine's own waits and files seldom pass. */
test.serial('example', (t) =>
  record(
    t,
    'trouble',
    ['--sched-warn', '80000', '--vfs-warn', '250000'],
    [(each) => hogs(each, 60, 6000), slowDevice, slowFile, outOfMemory, lossyLink, fullReceiveBuffer],
    'examples',
  ),
);

test.serial('files', (t) => record(t, 'files', ['--probes', 'vfs', '--comm', 'dd', '--vfs-warn', '50000'], [slowFile]));

test.serial('lockup', (t) => record(t, 'lockup', ['--probes', 'lockup'], [hungTask]));

test.serial('drops', (t) => record(t, 'drops', ['--probes', 'retransmit,drops,traffic'], [fullReceiveBuffer]));
