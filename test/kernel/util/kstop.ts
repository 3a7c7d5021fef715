import {type ChildProcess, spawn} from 'node:child_process';
import {closeSync, readdirSync, readFileSync} from 'node:fs';
import {setPriority} from 'node:os';
import {join, resolve} from 'node:path';
import type {ExecutionContext} from 'ava';
import type {Counter, Header, Histogram, KnownEvent, Sample, StreamObject, Summary} from '../../../src/types/stream.ts';
import {SLOW, until} from './wait.ts';

export const REPO = resolve(import.meta.dirname, '../../..');
/** The build under test: dist/ of this clone, or another one's. */
export const DIST = process.env.KSTOP_DIST ?? join(REPO, 'dist');
export const NODE = join(REPO, 'node_modules/.bin/node');
export const PROGRAM = [NODE, join(DIST, 'kstop.mjs')] as const;

/** The environment of the test, without what changes the program's ways. */
export function environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const {KSTOP_SKIP_METHODS: _, KSTOP_DEBUG: __, KSTOP_CONFIG: ___, ...rest} = process.env;
  return {...rest, ...more};
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** The event of a type; some types share one. */
export type EventOf<Type extends string, Event = KnownEvent> = Event extends {type: infer Types}
  ? Type extends Types
    ? Event
    : never
  : never;

/** Runs a command to its end. */
export function runToEnd(command: readonly string[], env = environment(), timeoutMs = 20_000 * SLOW): Promise<Ended> {
  const child = spawn(command[0], command.slice(1), {env, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs});
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (data) => out.push(data));
  child.stderr.on('data', (data) => err.push(data));
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (code, signal) =>
      done({code, signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString()}),
    );
  });
}

export interface StartOptions {
  env?: Record<string, string>;
  /** A descriptor that the stream goes to, in place of the pipe that is read here. Closed here once it's passed on. */
  stdout?: number;
  /** A command that ends by becoming kstop: a shell in a mount namespace. */
  through?: readonly string[];
}

/** A running `kstop --json`: its objects as they come. */
export class Kstop {
  readonly objects: StreamObject[] = [];
  /** Lines as they were read, without their newlines. */
  readonly lines: string[] = [];
  /** When each of them was read, on the clock of `mono_ns` (nanoseconds). */
  readonly readNs: bigint[] = [];
  stderr = '';
  ended: {code: number | null; signal: NodeJS.Signals | null} | undefined;
  private rest = Buffer.alloc(0);
  private readonly decoder = new TextDecoder('utf-8', {fatal: true});

  private constructor(readonly child: ChildProcess) {
    child.stdout?.on('data', (data: Buffer) => this.read(data));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    child.on('close', (code, signal) => {
      this.ended = {code, signal};
    });
  }

  /** Starts it, to be killed with the test at the latest; resolves with the header there, that is, the probes attached. */
  static async start(t: ExecutionContext, args: readonly string[], options: StartOptions = {}): Promise<Kstop> {
    // What a test of figures does to the machine may cost what it will.
    const budget = args.includes('--max-overhead') ? [] : ['--max-overhead', '100'];
    const [program, ...words] = [...(options.through ?? []), ...PROGRAM, '--json', ...budget, ...args];
    const child = spawn(program!, words, {
      env: environment(options.env),
      stdio: ['ignore', options.stdout ?? 'pipe', 'pipe'],
    });
    const kstop = new Kstop(child);
    if (options.stdout !== undefined) closeSync(options.stdout);
    t.teardown(async () => {
      if (kstop.ended) return;
      child.kill('SIGKILL');
      await until(() => kstop.ended, 5000 * SLOW, 'kstop to die');
    });
    if (child.stdout) {
      await until(
        () => kstop.ended ?? kstop.objects[0],
        30_000 * SLOW,
        () => `a header from kstop: ${kstop.stderr}`,
      );
    }
    return kstop;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Has all its threads go before others: what a test does to the machine is not to starve it. */
  first(): void {
    for (const tid of readdirSync(`/proc/${this.pid}/task`)) setPriority(Number(tid), -20);
  }

  get header(): Header {
    const [first] = this.objects;
    if (first?.kind !== 'header') throw new Error(`no header: ${this.lines[0]} ${this.stderr}`);
    return first;
  }

  get samples(): Sample[] {
    return this.objects.filter((object) => object.kind === 'sample');
  }

  get summary(): Summary | undefined {
    return this.objects.find((object) => object.kind === 'summary');
  }

  events<Type extends KnownEvent['type']>(type: Type): EventOf<Type>[] {
    return this.objects.filter((object): object is EventOf<Type> => object.kind === 'event' && object.type === type);
  }

  /** Waits for an event of a type that fits. */
  event<Type extends KnownEvent['type']>(
    type: Type,
    fits: (event: EventOf<Type>) => boolean,
    timeoutMs = 10_000 * SLOW,
  ): Promise<EventOf<Type>> {
    return until(() => this.events(type).find(fits), timeoutMs, `an event ${type}`);
  }

  /** Waits for a sample that was begun after now: it holds all that happened until now. Returns its index in `objects`. */
  async sampleFromNow(): Promise<number> {
    const now = process.hrtime.bigint();
    const late = (object: StreamObject) => object.kind === 'sample' && BigInt(object.mono_ns) > now;
    const found = await until(() => this.objects.find(late) ?? this.ended, 15_000 * SLOW, 'the next sample');
    if (!('kind' in found)) throw new Error(`kstop ended: ${this.stderr}`);
    return this.objects.indexOf(found);
  }

  /** Asks it to end; resolves when all of its output is here. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<{code: number | null; signal: NodeJS.Signals | null}> {
    if (!this.ended) this.child.kill(signal);
    const ended = await until(() => this.ended, 20_000 * SLOW, 'kstop to end');
    if (this.rest.length > 0) throw new Error(`the last line has no end: ${this.rest.toString('latin1')}`);
    return ended;
  }

  /** Last value of a counter; undefined when there is none. */
  counter(name: string, labels: Record<string, string>): number | undefined {
    return counterIn(this.samples.at(-1), name, labels);
  }

  /** Takes in what it has written to a file instead (see `stdout`). */
  readFrom(path: string): void {
    this.read(readFileSync(path));
  }

  private read(data: Buffer): void {
    const all = this.rest.length > 0 ? Buffer.concat([this.rest, data]) : data;
    let at = 0;
    for (;;) {
      const end = all.indexOf(10, at);
      if (end < 0) break;
      const line = this.decoder.decode(all.subarray(at, end));
      this.lines.push(line);
      this.readNs.push(process.hrtime.bigint());
      this.objects.push(JSON.parse(line));
      at = end + 1;
    }
    this.rest = Buffer.from(all.subarray(at));
  }
}

export function counterIn(sample: Sample | undefined, name: string, labels: Record<string, string>) {
  const same = (counter: Counter) =>
    counter.name === name && Object.entries(labels).every(([key, value]) => counter.labels[key] === value);
  return sample?.counters.find(same)?.value;
}

/** Sums of the histograms of a name (and labels) over samples. */
export function total(samples: readonly Sample[], name: string, labels: Record<string, string> = {}) {
  const sum = {count: 0, sumNs: 0, maxUs: 0, cells: [] as number[], bounds: [] as number[]};
  const same = (each: Histogram) =>
    each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value);
  for (const each of samples.flatMap(({histograms}) => histograms).filter(same)) {
    sum.count += each.count;
    sum.sumNs += Math.round(each.sum * 1000);
    sum.maxUs = Math.max(sum.maxUs, each.max);
    sum.bounds = each.bounds;
    each.counts.forEach((count, i) => {
      sum.cells[i] = (sum.cells[i] ?? 0) + count;
    });
  }
  return sum;
}

export const samplesOf = (objects: readonly StreamObject[]): Sample[] =>
  objects.filter((object) => object.kind === 'sample');
