import {spawn, spawnSync} from 'node:child_process';
import {availableParallelism} from 'node:os';
import {join} from 'node:path';

const here = import.meta.dirname;
export const root = join(here, '../..');

/** What a program left when it ended; `status` is null when a signal ended it. */
export type Ended = {status: number | null; stdout: string; stderr: string};

export const lastLine = (text: string): string => text.trim().split('\n').at(-1)!;

/** Runs a script of this folder to its end: ten minutes at most, for a download. */
export const script = (name: string, ...args: string[]): Ended =>
  spawnSync(join(here, name), args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 600_000});

/** Why no guest can run at all, or undefined. */
export function obstacle(): string | undefined {
  const check = script('boot.sh', '-n');
  return check.status === 0 ? undefined : lastLine(check.stderr);
}

/** The folder of a kernel, or the reason why it can't be had. */
export function fetchKernel(version: string): {folder: string} | {reason: string} {
  const {status, stdout, stderr} = script('fetch-kernel.sh', version);
  return status === 0 ? {folder: stdout.trim()} : {reason: lastLine(stderr).replace('fetch-kernel: ', '')};
}

/** Guests at a time: each takes one CPU of the machine, whatever it has itself. KSTOP_VM_JOBS says otherwise. */
const jobs = Math.max(1, Number(process.env.KSTOP_VM_JOBS) || Math.min(availableParallelism(), 4));
const waiting: (() => void)[] = [];
let running = 0;

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= jobs) await new Promise<void>((go) => waiting.push(go));
  else running++;
  try {
    return await work();
  } finally {
    // The place passes on to who waits.
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

export type GuestRun = {
  /** The kernel's folder. */
  kernel: string;
  /** Options of boot.sh. */
  options: readonly string[];
  command: readonly string[];
  /** Called with each whole line of stdout as it comes. */
  onLine?: (line: string) => void;
};

/** Runs a command in a guest when there is a CPU for it. Its stderr is passed on as it comes. */
export const runGuest = (run: GuestRun): Promise<Ended> => inTurn(() => boot(run));

function boot({kernel, options, command, onLine}: GuestRun): Promise<Ended> {
  const child = spawn(join(here, 'boot.sh'), [...options, kernel, '--', ...command], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    const output = {stdout: '', stderr: ''};
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text;
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) onLine?.(line);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text;
      process.stderr.write(text);
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({status, ...output}));
  });
}

/** Runs by name, all begun when the first is asked for; they take turns. A failure belongs to who asks for that run. */
export function lineUp<T>(
  runs: readonly (readonly [name: string, run: () => Promise<T>])[],
): (name: string) => Promise<T> {
  let begun: Map<string, Promise<T>> | undefined;
  return (name) => {
    begun ??= new Map(runs.map(([each, run]) => [each, run()]));
    for (const each of begun.values()) each.catch(() => {});
    return begun.get(name) ?? Promise.reject(new Error(`no run ${name}`));
  };
}
