import type {TracePlan, TraceResult} from '../../types/trace.ts';
import {type Who, whoAsks} from './who.ts';

/** By which way a trace was asked for. */
export type TraceOrigin = 'cli' | 'tui' | 'mcp';

/** What both entries of a trace tell: that it was, who asked, and of what. */
interface Entry {
  time: string;
  event: 'start' | 'end';
  /** The same in both entries: pid of kstop and number of the trace in it. */
  id: string;
  origin: TraceOrigin;
  who: Who;
  name: string;
  preset?: string;
  type: string;
  target: string;
  pid?: number;
  process_name?: string;
  duration_s: number;
  script_sha256: string;
}

export type StartEntry = Entry & {event: 'start'; bpftrace: string};
export type EndEntry = Entry & {
  event: 'end';
  state: string;
  reason?: string;
  ran_s?: number;
  events: number;
  lost_events: number;
};

function entry(id: number, plan: TracePlan, hash: string, origin: TraceOrigin): Omit<Entry, 'event'> {
  return {
    time: new Date().toISOString(),
    id: `${process.pid}-${id}`,
    origin,
    who: whoAsks(),
    name: plan.name,
    ...(plan.preset !== undefined && {preset: plan.preset}),
    type: plan.type,
    target: plan.target,
    ...(plan.pid !== undefined && {pid: plan.pid}),
    ...(plan.process_name !== undefined && {process_name: plan.process_name}),
    duration_s: plan.duration_s,
    script_sha256: hash,
  };
}

export function startEntry(
  id: number,
  plan: TracePlan,
  hash: string,
  origin: TraceOrigin,
  bpftrace: string,
): StartEntry {
  return {...entry(id, plan, hash, origin), event: 'start', bpftrace};
}

export function endEntry(
  id: number,
  plan: TracePlan,
  hash: string,
  origin: TraceOrigin,
  result: TraceResult,
): EndEntry {
  const {state, reason, ran_s} = result.trace;
  return {
    ...entry(id, plan, hash, origin),
    event: 'end',
    state,
    ...(reason !== undefined && {reason}),
    ...(ran_s !== undefined && {ran_s}),
    events: result.stats.total_events,
    lost_events: result.stats.lost_events,
  };
}
