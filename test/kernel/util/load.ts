import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {environment, REPO} from './kstop.ts';
import {SLOW, until} from './wait.ts';

const SOURCES = join(REPO, 'test/kernel/load');
const BUILT = join(REPO, 'dist/test/load');

const modified = (path: string): number => statSync(path, {throwIfNoEntry: false})?.mtimeMs ?? 0;

/** Path of a load, compiled from load/NAME.c when the source is newer. */
export function load(name: string, ...libraries: string[]): string {
  const source = join(SOURCES, `${name}.c`);
  const built = join(BUILT, name);
  if (modified(built) > modified(source)) return built;
  mkdirSync(BUILT, {recursive: true});
  const fresh = `${built}.${process.pid}`;
  const flags = ['-O2', '-g', '-Wall', '-Wextra', '-Werror', '-D_GNU_SOURCE', '-std=gnu11', '-pthread'];
  const {status, stderr, error} = spawnSync('clang', [...flags, source, '-o', fresh, ...libraries], {encoding: 'utf8'});
  if (status !== 0) throw new Error(`${name}.c: ${error?.message ?? stderr}`);
  renameSync(fresh, built);
  return built;
}

/** Why a test of 32-bit programs can't run; undefined when it can. A kernel may have them, and the machine below it not. */
export function lacks32Bit(): string | undefined {
  if (process.arch !== 'x64') return 'other 32-bit calls on this architecture';
  return spawnSync(load('compat')).status === 0 ? undefined : 'this machine runs no 32-bit system calls';
}

/** Path of a BPF object, compiled from load/NAME.bpf.c. */
export function bpfObject(name: string): string {
  const source = join(SOURCES, `${name}.bpf.c`);
  const built = join(BUILT, `${name}.bpf.o`);
  if (modified(built) > modified(source)) return built;
  mkdirSync(BUILT, {recursive: true});
  const fresh = `${built}.${process.pid}`;
  const machine = {x64: 'x86', arm64: 'arm64'}[process.arch as string] ?? process.arch;
  const includes = readdirSync('/usr/include').filter((folder) => folder.endsWith('-linux-gnu'));
  const flags = ['-g', '-O2', '-Wall', '-Werror', '-target', 'bpf', '-mcpu=v3', `-D__TARGET_ARCH_${machine}`];
  for (const folder of includes) flags.push('-idirafter', `/usr/include/${folder}`);
  const {status, stderr, error} = spawnSync('clang', [...flags, '-c', source, '-o', fresh], {encoding: 'utf8'});
  if (status !== 0) throw new Error(`${name}.bpf.c: ${error?.message ?? stderr}`);
  renameSync(fresh, built);
  return built;
}

/** Compiles all loads now, so that an emulated CPU need not. What fails here fails again, with its reason, in its test. */
export function buildLoads(): void {
  for (const file of readdirSync(SOURCES).filter((name) => name.endsWith('.c'))) {
    try {
      if (file.endsWith('.bpf.c')) bpfObject(basename(file, '.bpf.c'));
      else
        load(basename(file, '.c'), ...(readFileSync(join(SOURCES, file), 'utf8').includes('<bpf/') ? ['-lbpf'] : []));
    } catch {}
  }
}

/** A process that a test started; it ends with the test at the latest. */
export class Process {
  stdout = '';
  stderr = '';
  ended: {code: number | null; signal: NodeJS.Signals | null} | undefined;
  private taken = 0;

  constructor(
    t: ExecutionContext,
    readonly command: readonly string[],
    env: Record<string, string> = {},
  ) {
    this.child = spawn(command[0], command.slice(1), {env: environment(env), stdio: 'pipe'});
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    // A load that was killed doesn't read any more.
    this.child.stdin?.on('error', () => {});
    this.child.on('error', (error) => {
      this.stderr += error.message;
      this.ended ??= {code: null, signal: null};
    });
    this.child.on('close', (code, signal) => {
      this.ended = {code, signal};
    });
    t.teardown(() => this.kill());
  }

  readonly child: ChildProcess;

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.command[0]} could not be started`);
    return this.child.pid;
  }

  send(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** The next line that it writes to stdout. */
  async line(timeoutMs = 20_000 * SLOW): Promise<string> {
    const name = () => `a line from ${this.command.join(' ')} ${this.stderr}`;
    await until(() => this.stdout.indexOf('\n', this.taken) >= 0 || this.ended, timeoutMs, name);
    const end = this.stdout.indexOf('\n', this.taken);
    if (end < 0) throw new Error(`${this.command.join(' ')} ended: ${JSON.stringify(this.ended)} ${this.stderr}`);
    const line = this.stdout.slice(this.taken, end);
    this.taken = end + 1;
    return line;
  }

  end(timeoutMs = 30_000 * SLOW) {
    return until(
      () => this.ended,
      timeoutMs,
      () => `the end of ${this.command.join(' ')} ${this.stderr}`,
    );
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.ended) return;
    this.child.kill(signal);
    await this.end(10_000 * SLOW);
  }
}

export interface LoadOptions {
  /** Its name as a task (/proc/PID/comm), instead of the load's. */
  as?: string;
  /** A command that ends by running the load: `nice -n -5`, or a shell that enters a cgroup first. */
  through?: readonly string[];
}

/** Starts a load and waits for its "ready". */
export async function startLoad(
  t: ExecutionContext,
  name: string,
  args: readonly (string | number)[],
  {as, through = []}: LoadOptions = {},
): Promise<Process> {
  let path = load(name);
  if (as) {
    const folder = mkdtempSync(join(tmpdir(), 'kstop-load-'));
    t.teardown(() => rmSync(folder, {recursive: true}));
    symlinkSync(path, join(folder, as));
    path = join(folder, as);
  }
  const process = new Process(t, [...through, path, ...args.map(String)]);
  const line = await process.line();
  if (line !== 'ready') throw new Error(`${name} said ${line}`);
  return process;
}

/**
 * A second opinion on what BPF can see at all. Some machines’ kernels run no BPF program while one of their
 * own guarded tasks is current: a switch away from it, or an interrupt on top of it, is seen by none. An ordinary kernel never
 * does so, and there the counts must be equal without any allowance.
 */
export class Unseen {
  private constructor(private readonly process: Process) {}

  static async start(t: ExecutionContext): Promise<Unseen> {
    const process = new Process(t, [load('unseen', '-lbpf'), bpfObject('unseen')]);
    if ((await process.line()) !== 'ready') throw new Error('unseen did not start');
    return new Unseen(process);
  }

  /** Switches that no program saw until now: in all, and to a process. */
  async read(pid = 0): Promise<{total: number; ofPid: number}> {
    this.process.send(String(pid));
    const [total, ofPid] = (await this.process.line()).split(' ').map(Number);
    return {total, ofPid};
  }
}
