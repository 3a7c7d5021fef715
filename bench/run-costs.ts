/**
 * What a run of each probe's programs takes on this machine, by the kernel's BPF statistics, beside what the table in
 * src/sources/hook-costs.ts has for machines where nobody may measure:
 *
 *     sudo node_modules/.bin/node --import=tsx bench/run-costs.ts
 *
 * Each probe that can be attached is alone with its own worst case for a second. The statistics are on meanwhile, and
 * the 20 ns or so that they see of themselves are left in: an estimate shall rather be too high.
 */
import {spawnSync} from 'node:child_process';
import {readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {Engine} from '../src/native/engine.ts';
import {readCounts} from '../src/native/snapshot.ts';
import {PROBES} from '../src/probes/catalog.ts';
import {calibratedNs, hookNs} from '../src/sources/hook-costs.ts';

const BUILT = join(import.meta.dirname, '../dist/bench');
const FILE = join(BUILT, 'run-costs.data');
const DATAGRAMS = ['udp-flood', '500000'];
/** A probe without a load of its own sees what the machine does. */
const LOADS: Readonly<Record<string, string[]>> = {
  sched: ['pingpong', '200000'],
  block: ['dd', `if=${FILE}`, 'of=/dev/null', 'bs=4k', 'count=8192', 'iflag=direct'],
  vfs: ['calls', FILE, '0', '300'],
  faults: ['faults', 'major', '4000', '0', FILE],
  'fault-latency': ['faults', 'minor', '500000', '0'],
  pages: ['faults', 'minor', '500000', '0'],
  drops: DATAGRAMS,
  'container-traffic': DATAGRAMS,
};

function run([program = '', ...args]: string[]): void {
  const path = readdirSync(BUILT).includes(program) ? join(BUILT, program) : program;
  const {status, stderr, error} = spawnSync(path, args, {encoding: 'utf8', timeout: 60_000});
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr}`);
}

writeFileSync(FILE, Buffer.alloc(32 << 20, 'x'));
const engine = new Engine({ringBytes: 1 << 22});
const counts = (id: string) => readCounts(engine.snapshot(id, false));
try {
  if (!engine.statistics(true)) throw new Error('the kernel refuses its BPF statistics');
  for (const {id} of PROBES.filter((probe) => probe.id !== 'pressure' && probe.id !== 'traffic')) {
    const {state, method} = engine.probe(id, true);
    if (state === 'unavailable') continue;
    const before = counts(id);
    const end = performance.now() + 1000;
    do {
      const load = LOADS[id];
      if (load) run(load);
      // An iterator runs when it is read.
      engine.snapshot(id, true);
    } while (performance.now() < end);
    const after = counts(id);
    engine.probe(id, false);
    const runs = after.runCount - before.runCount;
    const ns = runs > 0 ? ((after.runNs - before.runNs) / runs).toFixed(0) : '-';
    const counted = after.runs - before.runs;
    process.stdout.write(
      `${id.padEnd(18)} ${method.padEnd(11)} ${String(runs).padStart(9)} runs, ${counted} counted, ${ns} ns; table: ${calibratedNs(id, method)} + ${hookNs(id, method)}\n`,
    );
  }
} finally {
  engine.close();
  rmSync(FILE);
}
