import {cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {buildLoads} from '../kernel/util/load.ts';
import {bundleTests} from './bundle.ts';
import {type Ended, fetchKernel, lastLine, lineUp, obstacle, root, runGuest} from './guest.ts';
import {chosenKernels} from './kernels.ts';
import {count, parseTap, type TapRun, type TapTest} from './tap.ts';

/** Folders and files of tests, as bin/test has them on the machine itself; KSTOP_VM_TESTS names others. */
const places = (process.env.KSTOP_VM_TESTS ?? 'test/kernel').trim().split(/\s+/);
/** Seconds for the tests of one guest, and for its boot with the second try. */
const bound = 2400;
const bootBound = 240;
/** Guests for each kernel: halves keep all CPUs of the machine busy to the end. */
const SHARDS = 2;
/** As many failures may be the machine's doing: an emulated CPU can stand still for seconds. More are the code's. */
const MOST_AGAIN = 3;

const files = places
  .map((place) => join(root, place))
  .filter((place) => existsSync(place))
  .flatMap((place) => (statSync(place).isDirectory() ? readdirSync(place).map((name) => join(place, name)) : [place]))
  .filter((name) => name.endsWith('.test.ts'))
  .sort();

/** Parts of about as many tests each, none of them empty. */
function shards(files: readonly string[]): string[][] {
  const weight = (file: string) => readFileSync(file, 'utf8').match(/^\s*(test\.serial|testUnless)\(/gm)?.length ?? 1;
  const parts = Array.from({length: Math.min(SHARDS, files.length)}, () => ({files: [] as string[], weight: 0}));
  for (const file of files.toSorted((a, b) => weight(b) - weight(a))) {
    const least = parts.reduce((a, b) => (b.weight < a.weight ? b : a));
    least.files.push(file);
    least.weight += weight(file);
  }
  return parts.map((part) => part.files.sort());
}

/**
 * What holds the same on every kernel but for details, and starts kstop again and again: in the guests it takes as long as
 * all else. It runs on the machine itself, and in guests with KSTOP_VM_ALL or when it is named.
 */
const ONCE = new Set([
  ...['cleanup', 'config', 'container-filter', 'engines', 'failure', 'filters', 'governor', 'names', 'oom-screen'],
  ...['runtime-sockets', 'scene', 'schema', 'screen', 'toggle', 'trace-cli'],
]);
/** What depends on files and maps that are alike since the oldest of the kernels: on the newest of them, likewise. */
const NEWEST = new Set([
  ...[
    'cgroup-calls',
    'container-blame',
    'doctor',
    'focus',
    'fork-storm',
    'in-flight',
    'loss',
    'mcp-trace',
    'odd-processes',
    'pid-reuse',
    'pressure',
    'status',
    'traffic',
    'trace-presets-functions',
    'trace-request',
    'trace-run',
    'trace-scripts',
  ],
]);
const newest = chosenKernels().at(-1);
/** Tests of each file that a kernel's guests run; undefined: all, as on the newest, and with KSTOP_VM_ALL everywhere. */
function briefOn(version: string): number | undefined {
  return process.env.KSTOP_VM_ALL || process.env.KSTOP_VM_TESTS || version === newest ? undefined : 1;
}

/** The files that run on a kernel, all of them or fewer. */
function filesOn(version: string): readonly string[] {
  if (process.env.KSTOP_VM_ALL || process.env.KSTOP_VM_TESTS) return files;
  const left = (name: string) => ONCE.has(name) || (version !== newest && NEWEST.has(name));
  return files.filter((file) => !left(basename(file, '.test.ts')));
}

type Part = Ended & {run: TapRun; seconds: number[]};

type Chosen = {
  name: string;
  version: string;
  /** The kernel's folder. */
  kernel: string;
  /** A copy of the build. */
  build: string;
  files: readonly string[];
  /** Only tests with these titles. */
  titles?: readonly string[];
};

/** The tests of some files in a guest. `seconds`: what each took. */
async function runPart({name, version, kernel, build, files, titles = []}: Chosen): Promise<Part> {
  const seconds: number[] = [];
  const brief = briefOn(version);
  let last = 0;
  const ended = await runGuest({
    kernel,
    options: [
      ...['-t', String(bound), '-b', String(bootBound / 2), '-C', root, '-f', `${build}=${join(root, 'dist')}`],
      ...(process.env.KSTOP_VM_LOGS ? ['-l', join(process.env.KSTOP_VM_LOGS, name)] : []),
    ],
    command: [
      ...(brief === undefined ? [] : ['env', `KSTOP_VM_BRIEF=${brief}`]),
      ...['node_modules/.bin/node', 'node_modules/ava/entrypoints/cli.mjs'],
      ...['--config', 'test/vm/guest.ava.config.js', '--tap'],
      ...titles.map((title) => `--match=${title}`),
      ...files.map((file) => `dist/test-vm/${basename(file, '.ts')}.mjs`),
    ],
    onLine(line) {
      process.stderr.write(`${name}: ${line}\n`);
      last ||= performance.now();
      if (!/^(not )?ok\b/.test(line)) return;
      seconds.push((performance.now() - last) / 1000);
      last = performance.now();
    },
  });
  return {...ended, run: parseTap(ended.stdout), seconds};
}

/** What one kernel's guests told: all tests, and those that failed once more. */
type Told = {parts: Part[]; again: Part | undefined};

/** Titles begin with their file's name: `sched › …`. */
const split = ({title}: TapTest): [string, string] => {
  const at = title.indexOf(' › ');
  return [title.slice(0, at), title.slice(at + 3)];
};

/** All parts of the tests on one kernel. The few that fail run a second time, in a guest by themselves. */
async function runKernel(version: string, kernel: string, build: string): Promise<Told> {
  const parts = shards(filesOn(version));
  const done = await Promise.all(
    parts.map((part, i) =>
      runPart({
        name: parts.length > 1 ? `${version}.${i + 1}` : version,
        version,
        kernel,
        build,
        files: part,
      }),
    ),
  );
  const failed = done.flatMap(({run}) => run.tests.filter(({result}) => result === 'failed')).map(split);
  if (failed.length === 0 || failed.length > MOST_AGAIN || !done.every(hasEnded))
    return {parts: done, again: undefined};
  const names = new Set(failed.map(([file]) => file));
  const again = await runPart({
    name: `${version}.again`,
    version,
    kernel,
    build,
    files: files.filter((file) => names.has(basename(file, '.test.ts'))),
    titles: failed.map(([, title]) => title),
  });
  return {parts: done, again};
}

/** Without the plan the run was cut off: a hang, a panic, a timeout. */
const hasEnded = ({run}: Part): boolean => run.planned === run.tests.length;

/** The build as it is now, with the tests and their loads: a rebuild during these minutes must not reach a guest. */
async function freeze(): Promise<string> {
  buildLoads();
  const build = mkdtempSync(join(tmpdir(), 'kstop-vm.'));
  cpSync(join(root, 'dist'), build, {recursive: true, preserveTimestamps: true});
  await bundleTests(files, join(root, 'dist/test-vm'), join(build, 'test-vm'));
  return build;
}

let frozen: Promise<string> | undefined;
test.after.always(async () => {
  if (frozen) rmSync(await frozen, {recursive: true});
});

const reason = files.length === 0 ? `no test in ${places.join(' ')}` : obstacle();
const found = chosenKernels().map((version) => ({version, ...(reason ? {reason} : fetchKernel(version))}));

/** All guests line up when the first test begins; each kernel's test then waits for its own. */
const guests = lineUp(
  found.flatMap((each) => {
    if ('reason' in each) return [];
    const {version, folder} = each;
    const run = async () => {
      frozen ??= freeze();
      return runKernel(version, folder, await frozen);
    };
    return [[version, run] as const];
  }),
);

for (const kernel of found) {
  if ('reason' in kernel) {
    // AVA skips when a test is declared, not when it runs.
    test.skip(`kernel ${kernel.version}: ${kernel.reason}`, (t) => t.pass());
    continue;
  }

  test.serial(`kernel ${kernel.version}: the tests on real events pass in a guest`, async (t) => {
    t.timeout((bound + bootBound) * SHARDS * found.length * 1000, `the guest with ${kernel.version} hangs`);
    const {parts: done, again} = await guests(kernel.version);
    const sum = (result: TapTest['result']) => done.reduce((n, {run}) => n + count(run, result), 0);
    const ran = filesOn(kernel.version).length;
    t.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped of ${ran} files`);
    const passes = sum('failed') === 0 || (again !== undefined && again.status === 0 && hasEnded(again));
    t.log(`slowest: ${slowest(done).join('; ')}`);
    // What passed is of interest only where all did.
    for (const part of done) report(t, part, passes ? undefined : 'failed');
    if (again) {
      t.log('those that failed, a second time, by themselves:');
      report(t, again);
      t.is(count(again.run, 'failed'), 0, 'tests failed twice in guests');
      ended(t, again);
      t.is(count(again.run, 'passed'), sum('failed'));
    } else t.is(sum('failed'), 0, 'tests failed in the guest');
    for (const part of done) ended(t, part, again !== undefined);
  });
}

/** The tests that took most time, as `SECONDS s TITLE`: the guests are the longest part of a run. */
function slowest(parts: readonly Part[]): string[] {
  const all = parts.flatMap(({run, seconds}) => run.tests.map(({title}, i) => ({title, took: seconds[i] ?? 0})));
  const byFile = Map.groupBy(all, ({title}) => title.split(' › ')[0] ?? '');
  const files = [...byFile].map(([title, tests]) => ({title, took: tests.reduce((sum, {took}) => sum + took, 0)}));
  return [...files, ...all]
    .sort((a, b) => b.took - a.took)
    .slice(0, 40)
    .map(({title, took}) => `${took.toFixed(0)} s ${title}`);
}

/** The results of a part, all or only those that ended so, each with what the test said. */
function report(t: ExecutionContext, {stderr, run, seconds}: Part, only?: TapTest['result']): void {
  t.log(lastLine(stderr));
  run.tests.forEach((test, i) => {
    if (only && test.result !== only) return;
    const took = test.result === 'skipped' ? '' : ` (${seconds[i]?.toFixed(0)} s)`;
    t.log([`${test.result}: ${test.title}${took}`, ...test.lines.map((line) => line.replace(/^# */, '  '))].join('\n'));
  });
}

/** Holds that a run came to its end, and ended well but for tests that `mayFail`. The end of stderr says what happened. */
function ended(t: ExecutionContext, part: Part, mayFail = false): void {
  const what = part.stderr.slice(-4000);
  t.true(hasEnded(part), `the run did not end\n${what}`);
  t.is(part.status, mayFail && count(part.run, 'failed') > 0 ? 1 : 0, what);
  t.true(count(part.run, 'passed') > 0, 'not one test ran in the guest');
}
