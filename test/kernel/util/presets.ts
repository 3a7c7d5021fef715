import type {ExecutionContext} from 'ava';
import {Hooks} from '../../../src/trace/hooks/hooks.ts';
import {planPreset} from '../../../src/trace/presets/plan.ts';
import {RUN_TIMES} from '../../../src/trace/run/timers.ts';
import type {PresetParameters, TraceDesk, TraceResult} from '../../../src/types/trace.ts';
import {deskOf} from '../../trace/run/stand-in.ts';
import {which} from './machine.ts';
import {running} from './traces.ts';
import {SLOW, sleep} from './wait.ts';

/** bpftrace says that it attaches before it has: of its programs the last ones are attached this much later. */
const ATTACHES_MS = 2500;
/** What the load did may still be under way to bpftrace. */
const ARRIVES_MS = 500;

const ENDING = 20;

export interface Traced extends PresetParameters {
  hooks?: Hooks;
}

const versionOf = (bpftrace: TraceDesk['bpftrace']): string => ('version' in bpftrace ? bpftrace.version : '');

/** What a preset tells while a load runs. */
export async function traced(
  t: ExecutionContext,
  name: string,
  {hooks = new Hooks(), ...parameters}: Traced,
  load: () => Promise<unknown> | unknown,
): Promise<TraceResult> {
  // Emulated, bpftrace compiles for a minute and more where others need the CPU too.
  const {desk} = deskOf(t, which('bpftrace') ?? '', {start: RUN_TIMES.start * SLOW});
  const plan = planPreset(name, {duration_s: 60, ...parameters}, hooks, versionOf(desk.bpftrace));
  if (!('script' in plan)) throw new Error(`${plan.field}: ${plan.why}`);
  const run = desk.start(plan);
  await running(run);
  await sleep(ATTACHES_MS * SLOW);
  await load();
  await sleep(ARRIVES_MS * SLOW);
  const result = await run.stop();
  await desk.close();
  t.is(result.trace.state, 'stopped', result.trace.reason);
  t.deepEqual(result.trace.warnings ?? [], []);
  // What others do at the very end is counted by the kernel, and not printed any more.
  t.true(result.stats.lost_events <= ENDING, `${result.stats.lost_events} events were lost`);
  return result;
}

/** Values of a table's rows that have this in their keys. */
export function rowsOf({tables = []}: TraceResult, title: string, key: Record<string, string>): number[] {
  const rows = tables.find((table) => table.title === title)?.rows ?? [];
  return rows
    .filter((row) => Object.entries(key).every(([name, value]) => row.key[name] === value))
    .map(({value}) => value);
}

export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** How many values a distribution with this in its key holds. */
export function counted({histograms = []}: TraceResult, title: string, key: Record<string, string>): number {
  const found = histograms.filter(
    (one) => one.title === title && Object.entries(key).every(([name, value]) => one.key?.[name] === value),
  );
  return sum(found.flatMap(({buckets}) => buckets.map(({count}) => count)));
}

/** Starts a command once it is told to, so that its process is known before: `go()` runs it and waits for its end. */
export const WAITING = ['sh', '-c', 'read _; exec "$@"', 'sh'] as const;
