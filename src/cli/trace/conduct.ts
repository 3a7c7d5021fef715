import type {TraceFace} from '../../outputs/trace/face.ts';
import type {TraceDesk, TraceEvent, TraceOutcome, TraceResult, TraceRun} from '../../types/trace.ts';
import type {Signals} from '../signals.ts';
import type {Item} from './asked.ts';

/** Does something of the face once all that came before is done, whichever trace that spoke of. */
type InTurn = (work: () => Promise<void> | undefined) => Promise<void>;

function inTurns(): InTurn {
  let last: Promise<void> = Promise.resolve();
  return (work) => {
    last = last.then(work);
    return last;
  };
}

/** Hands a trace's events to the face as they come. Resolves with its result; its last events are to be shown before. */
async function follow(run: TraceRun, show: (events: readonly TraceEvent[]) => void): Promise<TraceResult> {
  let shown = 0;
  const more = ({events}: TraceResult): void => {
    const fresh = events.slice(shown);
    shown += fresh.length;
    if (fresh.length > 0) show(fresh);
  };
  const undo = run.onChange(() => more(run.result()));
  const result = await run.done;
  undo();
  more(result);
  return result;
}

export interface Conducted {
  desk: TraceDesk;
  face: TraceFace;
  signals: Signals;
}

/**
 * Runs all traces at once, as far as the desk lets them, and shows them. A signal ends them early, with what there is. The
 * outcomes are in the order of the items.
 * @throws what the face throws, at once: the traces then still run, until the desk is closed
 */
export async function conduct(items: readonly Item[], {desk, face, signals}: Conducted): Promise<TraceOutcome[]> {
  const broken = Promise.withResolvers<never>();
  const inTurn = inTurns();
  await face.begin(items.flatMap((item) => ('plan' in item ? [item.plan] : [])));
  const runs = items.map((item) => ('plan' in item ? desk.start(item.plan) : undefined));
  signals.end(() => {
    for (const run of runs) run?.stop().catch(broken.reject);
  });
  const outcomes = items.map(async (item, i) => {
    const run = runs[i];
    const show = (events: readonly TraceEvent[]): void => {
      inTurn(() => run && face.events?.(events, run.plan.name, run.id)).catch(broken.reject);
    };
    const ended = (each: TraceRun) => (face.events ? follow(each, show) : each.done);
    const outcome = 'outcome' in item ? item.outcome : await ended(run as TraceRun);
    await inTurn(() => face.ended(outcome));
    return outcome;
  });
  return await Promise.race([Promise.all(outcomes), broken.promise]);
}
