/** A CPU of which kstop has next to nothing: whether it raises its priority, with and without the right to, and says so. */
import {mkdtempSync, openSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {getPriority, tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import type {ErrorObject, Sample} from '../../src/types/stream.ts';
import {Cgroup, lacksController} from './util/cgroup.ts';
import {Kstop} from './util/kstop.ts';
import {Process} from './util/load.ts';
import {lacks, once, testUnless} from './util/machine.ts';
import {LONGER, sleep, until} from './util/wait.ts';

/** At most; it ends once kstop has said what it does. */
const SPIN_MS = 40_000 * LONGER;
/** Where it is to do nothing. */
const QUIET_MS = 8000 * LONGER;
/** Beside one task that spins (1024) a two-hundredth of a CPU: a sample takes seconds. */
const SHARES: Record<'v1' | 'v2', [string, string]> = {v1: ['cpu.shares', '5'], v2: ['cpu.weight', '1']};
const ON_ONE = ['taskset', '-c', '0'];
/** Whoever may set no nice level below 0. */
const UNABLE = ['setpriv', '--bounding-set=-sys_nice', '--inh-caps=-sys_nice'];

const isSample = (object: {kind: string}): object is Sample => object.kind === 'sample';

interface Seen {
  samples: Sample[];
  errors: ErrorObject[];
  findings: string[];
  levels: Set<number>;
}

/** What kstop delivers while another spins on its only CPU; into a file, so that no reader is what it waits for. */
async function beside(t: ExecutionContext, through: readonly string[], says?: string): Promise<Seen> {
  const folder = mkdtempSync(join(tmpdir(), 'kstop-late-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const file = join(folder, 'out.ndjson');
  const group = Cgroup.make(t, 'cpu');
  group.write(...SHARES[group.v2 ? 'v2' : 'v1']);
  const options = {through: [...ON_ONE, ...group.enter, ...through], stdout: openSync(file, 'w')};
  const kstop = await Kstop.start(t, [], options);
  const count = () => readFileSync(file, 'utf8').split('{"kind":"sample"').length - 1;
  await until(() => count() > 1, 60_000, 'two samples');
  const before = count();
  const spinner = new Process(t, [...ON_ONE, 'sh', '-c', 'while :; do :; done']);
  const levels = new Set<number>();
  const ends = performance.now() + (says === undefined ? QUIET_MS : SPIN_MS);
  const said = () => says !== undefined && readFileSync(file, 'utf8').includes(says);
  while (performance.now() < ends && !said()) {
    for (const tid of readdirSync(`/proc/${kstop.pid}/task`)) levels.add(getPriority(Number(tid)));
    await sleep(250);
  }
  await spinner.kill();
  await kstop.stop();
  kstop.readFrom(file);
  const errors = kstop.objects.filter((object) => object.kind === 'error');
  return {
    samples: kstop.objects.filter(isSample).slice(before),
    errors,
    findings: kstop.summary?.findings ?? [],
    levels,
  };
}

testUnless(
  once ??
    (getPriority() > 0
      ? 'run with a nice level, which kstop keeps'
      : (lacksController('cpu') ?? lacks('taskset', 'setpriv'))),
  'late because others have its CPU, kstop raises its priority and says so, where it may',
  async (t) => {
    t.timeout(300_000);
    const without = await beside(t, UNABLE, '"own priority"');
    const able = await beside(t, [], '"nice":-10');
    const nice = await beside(t, ['nice', '-n', '1']);
    const from = able.samples.findIndex(({self}) => self.nice === -10);
    const figures = (samples: readonly Sample[]) => samples.map(({interval_ms: ms}) => Math.round(ms)).join(' ');
    t.log(`unable: ${figures(without.samples)} ms; able: ${figures(able.samples)} ms, raised in sample ${from}`);

    t.true(from >= 0);
    t.true(able.levels.has(-10));
    t.true(
      able.findings.some((text) => text.includes('nice -10')),
      able.findings.join('\n'),
    );
    t.false(able.errors.some(({what}) => what === 'own priority'));
    t.false(without.levels.has(-10));
    t.regex(without.errors.find(({what}) => what === 'own priority')?.remedy ?? '', /CAP_SYS_NICE/);
    t.true(
      [...nice.levels].every((level) => level > 0),
      'who was made nice stays so',
    );
    t.true(nice.samples.every(({self}) => self.nice === undefined));
  },
);
