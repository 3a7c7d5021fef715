import type {TraceState} from '../../types/trace.ts';
import type {Ending} from './supervise.ts';

/** Why kstop ended a trace: its time was over, somebody stopped it, kstop ends, it never began, or it didn't end when told to. */
export type Cause = 'time' | 'user' | 'quit' | 'silent' | 'stuck';

/** What is known when bpftrace has ended. */
export interface Facts {
  ending: Ending;
  /** kstop's wishes, in their order. */
  causes: readonly Cause[];
  attached: boolean;
  /** Maps that were to be printed at the end, and weren't. */
  mapsMissing: boolean;
  /** What bpftrace complained of. */
  complaint?: string;
  /** How long it was waited for, ms. */
  startMs: number;
}

interface Verdict {
  state: TraceState;
  reason?: string;
}

function ended(ending: Ending): string {
  switch (ending.how) {
    case 'exit':
      return `bpftrace ended with status ${ending.code}`;
    case 'signal':
      return `bpftrace was killed by ${ending.signal}`;
    case 'limit':
      return 'bpftrace outlived its limit and was killed';
    case 'refused':
      return `bpftrace can't be started: ${ending.why}`;
    case 'lost':
      return `kstop-supervise ${ending.why}`;
  }
}

/** Whether a trace succeeded. What was collected until then stays in its result either way. */
export function judge({ending, causes, attached, mapsMissing, complaint, startMs}: Facts): Verdict {
  if (causes.includes('silent'))
    return {state: 'failed', reason: complaint ?? `bpftrace didn't attach its probes within ${startMs / 1000} s`};
  if (causes.includes('quit')) return {state: 'stopped', reason: 'kstop ended'};
  const asked: TraceState | undefined = causes.includes('user')
    ? 'stopped'
    : causes.includes('time')
      ? 'done'
      : undefined;
  if (asked && causes.includes('stuck')) {
    const reason = 'bpftrace did not end when told to, and was killed';
    return {state: mapsMissing ? 'failed' : asked, reason};
  }
  // Told to end before it had attached anything: it may end in any way.
  if (asked === 'stopped' && !attached) return {state: 'stopped', reason: 'stopped before the probes were attached'};
  if (ending.how === 'exit' && ending.code === 0 && attached) return {state: asked ?? 'done'};
  if (ending.how === 'exit' && ending.code === 0)
    return {state: 'failed', reason: complaint ?? 'bpftrace ended without attaching a probe'};
  const how = ended(ending);
  return {state: 'failed', reason: ending.how === 'exit' && complaint ? complaint : how};
}
