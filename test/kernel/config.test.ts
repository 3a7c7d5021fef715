import {chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import type {StreamObject} from '../../src/types/stream.ts';
import {folder} from './util/disk.ts';
import {environment, PROGRAM, runToEnd} from './util/kstop.ts';
import {testOnce} from './util/machine.ts';

const USER = 1;
const OTHER = 2;

/** A config file of somebody, where everybody can read it. */
function config(t: ExecutionContext, text: string, owner: number): string {
  const place = folder(t);
  chmodSync(place, 0o755);
  const path = join(place, 'config.toml');
  writeFileSync(path, text, {mode: 0o644});
  chownSync(path, owner, owner);
  return path;
}

const run = (env: Record<string, string>, ...args: string[]) =>
  runToEnd([...PROGRAM, '--json', '-d', '0.2', ...args], environment(env));

function header(stdout: string) {
  const first: StreamObject = JSON.parse(stdout.split('\n')[0]);
  if (first.kind !== 'header') throw new Error(stdout);
  return first;
}

testOnce('root runs by a file of root, and behind sudo by one of the user; by no one else’s', async (t) => {
  const text = 'sched-warn = 123\n';
  for (const [owner, env] of [
    [0, {}],
    [0, {SUDO_UID: String(USER)}],
    [USER, {SUDO_UID: String(USER)}],
  ] as const) {
    const {code, stdout, stderr} = await run({...env, KSTOP_CONFIG: config(t, text, owner)});
    t.is(code, 0, stderr);
    t.is(header(stdout).thresholds.sched_warn_us, 123);
  }
  for (const env of [{}, {SUDO_UID: String(USER)}, {SUDO_UID: 'x'}] as Record<string, string>[]) {
    const path = config(t, text, OTHER);
    const link = join(folder(t), 'link.toml');
    symlinkSync(path, link);
    for (const name of [path, link]) {
      const {code, stderr} = await run(env, '--config', name);
      t.is(code, 2);
      t.is(
        stderr,
        `kstop: ${name}: it belongs to user ${OTHER}, neither to root nor to you (chown it, or name another file)\n`,
      );
    }
  }
});

testOnce('behind sudo the file in the user’s own place counts, and names no paths', async (t) => {
  const home = folder(t);
  chmodSync(home, 0o755);
  mkdirSync(join(home, 'kstop'));
  const path = join(home, 'kstop/config.toml');
  writeFileSync(path, `output = "${home}/written-as-root"\n`, {mode: 0o644});
  chownSync(path, USER, USER);
  const {code, stderr, stdout} = await run({XDG_CONFIG_HOME: home, SUDO_UID: String(USER)});
  t.is(code, 2);
  t.is(
    stderr,
    `kstop: ${path}:1: output: a path counts only from a file that root owns (give --output on the command line)\n`,
  );
  t.deepEqual(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).kind),
    ['error'],
  );
});

testOnce('a config file changes nothing for a help text, and a refused one is one line', async (t) => {
  const path = config(t, 'sched-wran = 5\n', 0);
  t.is((await runToEnd([...PROGRAM, '--help'], environment({KSTOP_CONFIG: path}))).code, 0);
  const {code, stdout, stderr} = await runToEnd([...PROGRAM, '-d', '0.2'], environment({KSTOP_CONFIG: path}));
  t.is(code, 2);
  t.is(stdout, '');
  t.is(stderr, `kstop: ${path}:1: sched-wran: unknown key (did you mean sched-warn?)\n`);
});

testOnce('a help text that can not be written fails with words', async (t) => {
  for (const what of ['--help', '--version', 'completions bash']) {
    const {code, stderr} = await runToEnd(['sh', '-c', `"$0" "$@" ${what} >/dev/full`, ...PROGRAM]);
    t.is(code, 1, what);
    t.regex(stderr, /^kstop: stdout: the disk is full \([^\n]+\)\n$/);
    const gone = await runToEnd(['sh', '-c', `{ "$0" "$@" ${what}; echo "code $?" >&2; } | true`, ...PROGRAM]);
    t.is(gone.stderr, 'code 0\n', what);
  }
});
