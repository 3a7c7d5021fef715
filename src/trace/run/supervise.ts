import {type ChildProcess, spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {constants} from 'node:os';
import {dirname, join} from 'node:path';
import {Readable, type Writable} from 'node:stream';
import {fileURLToPath} from 'node:url';

/** After its program has ended the supervisor needs a moment; one that hangs (stopped, starved) is killed after this, ms. */
const PATIENCE_MS = 5000;
const REPORT_BYTES = 256;

/** How a supervised program ended. `lost`: the supervisor itself was killed, and the kernel killed the program. */
export type Ending =
  | {how: 'exit'; code: number}
  | {how: 'signal'; signal: string}
  | {how: 'limit'}
  | {how: 'refused'; why: string}
  | {how: 'lost'; why: string};

export interface Supervised {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Of the supervisor. */
  readonly pid: number | undefined;
  /** SIGINT for the program, which ends it in its own way. */
  interrupt(): void;
  /** SIGKILL for the program and all that it started. */
  kill(): void;
  /** After the program and its folder are gone and all output was read. */
  readonly ended: Promise<Ending>;
}

/** Where kstop-supervise is: beside the bundle, in the build folder of a checkout, in the system. */
export function findSupervisor(): string | undefined {
  const here = dirname(fileURLToPath(import.meta.url));
  return [
    join(here, 'kstop-supervise'),
    join(here, '../../../dist/kstop-supervise'),
    '/usr/local/lib/kstop/kstop-supervise',
    '/usr/lib/kstop/kstop-supervise',
  ].find((path) => existsSync(path));
}

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;
}

function errorName(number: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? `error ${number}`;
}

/** Reads the supervisor's last line. */
export function parseReport(report: string): Ending | undefined {
  const [word, number, what] = report.trim().split(' ');
  if (word === 'exit') return {how: 'exit', code: Number(number)};
  if (word === 'signal') return {how: 'signal', signal: signalName(Number(number))};
  if (word === 'limit') return {how: 'limit'};
  if (word === 'error') return {how: 'refused', why: `${what}: ${errorName(Number(number))}`};
  return undefined;
}

/** What a run is started with. */
export interface SuperviseOptions {
  supervisor: string;
  /** The program, by its absolute path, and its arguments. */
  command: readonly string[];
  env: Record<string, string>;
  /** Private folder that the program works in and that is removed with it. */
  folder?: string;
  /** The supervisor's own limit, whole seconds. */
  limitS: number;
}

/**
 * Starts a program under kstop-supervise: it ends with kstop, however that ends, and leaves no folder.
 * Nothing throws; what fails is told by `ended`.
 */
export function supervise({supervisor, command, env, folder, limitS}: SuperviseOptions): Supervised {
  const child = spawn(supervisor, [String(process.pid), folder ?? '-', String(Math.ceil(limitS)), ...command], {
    env,
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  if (!child.stdin) return unstarted(child);
  const control = child.stdin as Writable;
  // A supervisor that is gone takes no orders.
  control.on('error', () => {});
  let patience: NodeJS.Timeout | undefined;
  return {
    stdout: child.stdout as Readable,
    stderr: child.stderr as Readable,
    pid: child.pid,
    interrupt: () => {
      if (control.writable) control.write('i');
    },
    kill: () => {
      control.destroy();
      patience ??= setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    },
    ended: ending(child).finally(() => {
      clearTimeout(patience);
      control.destroy();
    }),
  };
}

function notStarted(error: Error): Ending {
  return {how: 'refused', why: `supervisor: ${(error as NodeJS.ErrnoException).code}`};
}

/** Where no descriptor is left Node makes a child that has no pipes either, and says so afterwards. */
function unstarted(child: ChildProcess): Supervised {
  const nothing = (): void => {};
  return {
    stdout: Readable.from([]),
    stderr: Readable.from([]),
    pid: undefined,
    interrupt: nothing,
    kill: nothing,
    ended: new Promise((done) => child.once('error', (error) => done(notStarted(error)))),
  };
}

function ending(child: ChildProcess): Promise<Ending> {
  let report = '';
  const channel = child.stdio[3] as Readable;
  channel.setEncoding('latin1').on('data', (text: string) => {
    report = (report + text).slice(0, REPORT_BYTES);
  });
  return new Promise((done) => {
    child.once('error', (error) => done(notStarted(error)));
    // Who has escaped from the group could keep the output open.
    child.once('exit', () => setTimeout(() => destroyAll(child), PATIENCE_MS).unref());
    child.once('close', (code, signal) =>
      done(parseReport(report) ?? {how: 'lost', why: signal ? `killed by ${signal}` : `ended with status ${code}`}),
    );
  });
}

function destroyAll(child: ChildProcess): void {
  for (const stream of child.stdio) stream?.destroy();
}
