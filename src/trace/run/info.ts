import type {TraceInfo, TracePlan, TraceState} from '../../types/trace.ts';
import {Problem} from '../../util/problem.ts';

/** What is known of a trace beside its plan. */
export interface Course {
  state: TraceState;
  reason?: string;
  /** Seconds that the probes were attached for; absent before it has begun. */
  ranS?: number;
  /** Beside the plan's own. */
  notes: readonly string[];
  warnings: string[];
  hash: string;
}

/** The head of a result. */
export function traceInfo(plan: TracePlan, {state, reason, ranS, notes, warnings, hash}: Course): TraceInfo {
  const {name, description, type, target, duration_s, preset, pid, process_name} = plan;
  const all = [...plan.notes, ...notes];
  return {
    name,
    ...(description !== undefined && {description}),
    type,
    target,
    duration_s,
    ...(ranS !== undefined && {ran_s: ranS}),
    state,
    ...(reason !== undefined && {reason}),
    ...(preset !== undefined && {preset}),
    ...(pid !== undefined && {pid}),
    ...(process_name !== undefined && {process_name}),
    ...(all.length > 0 && {notes: all}),
    ...(warnings.length > 0 && {warnings}),
    script_sha256: hash,
  };
}

/** What went wrong, as one sentence. */
export function reasonOf(error: unknown): string {
  const {message} = error as Error;
  return error instanceof Problem && error.remedy !== undefined ? `${message} (${error.remedy})` : message;
}
