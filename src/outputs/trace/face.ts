import type {Stamp} from '../../types/stream.ts';
import {TRACE_LIMITS, type TraceAnswer, type TraceEvent, type TraceOutcome, type TracePlan} from '../../types/trace.ts';
import {count} from '../../util/format.ts';
import {visible} from '../../util/sanitize.ts';
import {jsonLine} from '../json.ts';
import type {Write} from '../sink.ts';
import {answerLines} from './answer-lines.ts';
import {EventLines} from './event-line.ts';
import {titleOf} from './head-line.ts';
import {resultLines} from './report.ts';

/** Who shows traces while they run, and what became of them. Await what it returns before the next call. */
export interface TraceFace {
  begin(plans: readonly TracePlan[]): Promise<void> | undefined;
  /** Events of a run that have come since the last call; absent where nobody wants them before the end. */
  events?(events: readonly TraceEvent[], name: string, run: number): Promise<void> | undefined;
  /** One of them is over, or was refused. */
  ended(outcome: TraceOutcome): Promise<void> | undefined;
  /** All are over. `answer`: where a request asked for them. */
  finish(outcomes: readonly TraceOutcome[], answer?: TraceAnswer): Promise<void> | undefined;
}

/** Text for people: a line an event as it comes, the statistics at the end. */
export class PlainTraces implements TraceFace {
  readonly #write: Write;
  #lines = new EventLines([]);
  #headed = false;
  /** Events by the run's number: several may have one name. */
  readonly #shown = new Map<number, number>();

  constructor(write: Write) {
    this.#write = write;
  }

  begin(plans: readonly TracePlan[]): Promise<void> | undefined {
    if (plans.length === 0) return undefined;
    this.#lines = new EventLines(plans);
    const each = plans.map((plan) => `Tracing ${titleOf(plan)} for ${count(plan.duration_s)} s`);
    const running = TRACE_LIMITS.running;
    return this.#send([
      ...each,
      ...(plans.length > running ? [`${running} at once, the others wait their turn.`] : []),
      'Ctrl-C ends it and shows what there is.',
      '',
    ]);
  }

  events(events: readonly TraceEvent[], name: string, run: number): Promise<void> | undefined {
    const head = this.#headed ? [] : [this.#lines.head()];
    this.#headed = true;
    const shown = (this.#shown.get(run) ?? 0) + events.length;
    this.#shown.set(run, shown);
    return this.#send([
      ...head,
      ...events.map((event) => this.#lines.line(event, name)),
      ...(shown >= TRACE_LIMITS.events
        ? [`${visible(name)}: ${count(shown)} events are shown; what comes now is only counted.`]
        : []),
    ]);
  }

  ended(): undefined {
    return undefined;
  }

  finish(outcomes: readonly TraceOutcome[], answer?: TraceAnswer): Promise<void> | undefined {
    // What never ran has its line on stderr.
    const ran = outcomes.filter(({trace: {state}}) => state !== 'refused' && state !== 'skipped');
    const lines = answer ? answerLines(answer) : ran.flatMap(resultLines);
    return this.#send(this.#headed ? ['', ...lines] : lines);
  }

  #send(lines: readonly string[]): Promise<void> | undefined {
    return lines.length > 0 ? this.#write(`${lines.join('\n')}\n`) : undefined;
  }
}

/** One object a line: each result as its trace ends, or one answer to a whole request. */
export class JsonTraces implements TraceFace {
  readonly #write: Write;
  readonly #now: () => Stamp;
  readonly #single: boolean;

  /** @param single results come in one answer at the end */
  constructor(write: Write, now: () => Stamp, single: boolean) {
    this.#write = write;
    this.#now = now;
    this.#single = single;
  }

  begin(): undefined {
    return undefined;
  }

  ended(outcome: TraceOutcome): Promise<void> | undefined {
    return this.#single ? undefined : this.#write(jsonLine({kind: 'trace', ...this.#now(), ...outcome}));
  }

  finish(_outcomes: readonly TraceOutcome[], answer?: TraceAnswer): Promise<void> | undefined {
    return answer && this.#write(jsonLine({kind: 'trace', ...this.#now(), ...answer}));
  }
}
