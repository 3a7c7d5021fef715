import {spawn, spawnSync} from 'node:child_process';
import {cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {bundleTests} from './bundle.ts';
import {chosenKernels} from './kernels.ts';
import {count, parseTap} from './tap.ts';

const here = import.meta.dirname;
const root = join(here, '../..');
/** Folders and files of tests, as bin/test has them on the machine itself; KSTOP_VM_TESTS names others. */
const places = (process.env.KSTOP_VM_TESTS ?? 'test/kernel').trim().split(/\s+/);
/** Seconds for all tests in one guest, and for its boot with the second try. */
const bound = 1500;
const bootBound = 240;

type Script = {status: number | null; stdout: string; stderr: string};
const script = (name: string, ...args: string[]): Script =>
  spawnSync(join(here, name), args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 600_000});
const lastLine = (text: string): string => text.trim().split('\n').at(-1)!;

const files = places
  .map((place) => join(root, place))
  .filter((place) => existsSync(place))
  .flatMap((place) => (statSync(place).isDirectory() ? readdirSync(place).map((name) => join(place, name)) : [place]))
  .filter((name) => name.endsWith('.test.ts'))
  .sort();

/** Why no guest can run at all, or undefined. */
function obstacle(): string | undefined {
  if (files.length === 0) {
    return `no test in ${places.join(' ')}`;
  }
  const check = script('boot.sh', '-n');
  return check.status === 0 ? undefined : lastLine(check.stderr);
}

/** Runs the bundled tests in a guest, over a copy of the build. What it prints is passed on to stderr as it comes. */
function runGuest(kernel: string, build: string): Promise<Script> {
  const child = spawn(
    join(here, 'boot.sh'),
    [
      ...['-t', String(bound), '-b', String(bootBound / 2), '-C', root, '-f', `${build}=${join(root, 'dist')}`],
      ...(process.env.KSTOP_VM_LOGS ? ['-l', process.env.KSTOP_VM_LOGS] : []),
      ...[kernel, '--', 'node_modules/.bin/node', 'node_modules/ava/entrypoints/cli.mjs'],
      ...['--config', 'test/vm/guest.ava.config.js', '--tap'],
    ],
    {cwd: root, stdio: ['ignore', 'pipe', 'pipe']},
  );
  return new Promise((resolve, reject) => {
    const output = {stdout: '', stderr: ''};
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8');
      child[name].on('data', (text: string) => {
        output[name] += text;
        process.stderr.write(text);
      });
    }
    child.on('error', reject);
    child.on('close', (status) => resolve({status, ...output}));
  });
}

const reason = obstacle();
for (const version of chosenKernels()) {
  const fetched = reason ? undefined : script('fetch-kernel.sh', version);
  if (fetched?.status !== 0) {
    // AVA skips when a test is declared, not when it runs.
    test.skip(`kernel ${version}: ${reason ?? lastLine(fetched!.stderr).replace('fetch-kernel: ', '')}`, (t) =>
      t.pass());
    continue;
  }

  const kernel = fetched.stdout.trim();
  test.serial(`kernel ${version}: the tests on real events pass in a guest`, async (t) => {
    t.timeout((bound + bootBound + 60) * 1000, `the guest with ${version} hangs`);
    // The build as it is now: a rebuild during these minutes must not reach the guest in halves.
    const build = mkdtempSync(join(tmpdir(), 'kstop-vm.'));
    t.teardown(() => rmSync(build, {recursive: true}));
    cpSync(join(root, 'dist'), build, {recursive: true, preserveTimestamps: true});
    await bundleTests(files, join(root, 'dist/test-vm'), join(build, 'test-vm'));

    const guest = await runGuest(kernel, build);
    const run = parseTap(guest.stdout);
    t.log(
      `${count(run, 'passed')} passed, ${count(run, 'failed')} failed, ${count(run, 'skipped')} skipped of ${files.length} files`,
    );
    t.log(lastLine(guest.stderr));
    for (const {title, result, lines} of run.tests) {
      t.log([`${result}: ${title}`, ...lines.map((line) => line.replace(/^# */, '  '))].join('\n'));
    }

    // Without the plan the run was cut off: a hang, a panic, a timeout. The end of stderr says which.
    const what = guest.stderr.slice(-4000);
    t.is(count(run, 'failed'), 0, 'tests failed in the guest');
    t.is(run.planned, run.tests.length, `the run did not end\n${what}`);
    t.is(guest.status, 0, what);
    t.true(count(run, 'passed') > 0, 'not one test ran in the guest');
  });
}
