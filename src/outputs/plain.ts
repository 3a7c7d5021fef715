import type {Frame} from '../types/frame.ts';
import type {State} from '../types/state.ts';
import type {ErrorObject, ProbeChange, Summary, TraceObject} from '../types/stream.ts';
import {duration} from '../util/format.ts';
import {visible} from '../util/sanitize.ts';
import {LocalClock} from '../util/stamp.ts';
import {eventLine} from './event-line.ts';
import {distributions, opening, summaryLines} from './report.ts';
import type {Write} from './sink.ts';
import {stateOf, titleOf} from './trace/head-line.ts';

export interface PlainOptions {
  write: Write;
  /** Only the summary (and errors). */
  quiet?: boolean;
  /** Distributions before the summary. */
  histogram?: boolean;
}

/** The plain text stream: probe table, a line an event, and at the end distributions and summary. */
export class PlainOutput {
  readonly #write: Write;
  readonly #quiet: boolean;
  readonly #histogram: boolean;
  readonly #clock = new LocalClock();
  #date?: string;

  constructor({write, quiet = false, histogram = true}: PlainOptions) {
    this.#write = write;
    this.#quiet = quiet;
    this.#histogram = histogram;
  }

  /** Give it each frame after the model has taken it; await what it returns before the next. */
  frame(frame: Frame): Promise<void> | undefined {
    const lines: string[] = [];
    if (frame.header && !this.#quiet) {
      const {date, clock} = this.#clock.at(frame.header.time);
      this.#date = date;
      lines.push(...opening(frame.header, `${date} ${clock.slice(0, 8)}`));
    }
    if (!this.#quiet) for (const probe of frame.probes) this.#dated(lines, probe.time, (at) => probeLine(probe, at));
    for (const error of frame.errors) this.#dated(lines, error.time, (at) => errorLine(error, at));
    if (!this.#quiet) for (const event of frame.events) this.#dated(lines, event.time, (at) => eventLine(event, at));
    const traces = this.#quiet ? [] : (frame.traces ?? []);
    for (const trace of traces) this.#dated(lines, trace.time, (at) => traceLines(trace, at));
    return this.#send(lines);
  }

  finish(summary: Summary, state: State): Promise<void> | undefined {
    const tables = this.#histogram ? distributions(state) : [];
    return this.#send([...(this.#quiet ? [] : ['']), ...tables, ...summaryLines(summary, state)]);
  }

  /** A date line comes before the first line of each new day (never for events that are a little late). */
  #dated(lines: string[], time: string, line: (clock: string) => string): void {
    const {date, clock} = this.#clock.at(time);
    if (this.#date === undefined || date > this.#date) {
      if (this.#date !== undefined) lines.push(`--- ${date} ---`);
      this.#date = date;
    }
    lines.push(line(clock));
  }

  #send(lines: string[]): Promise<void> | undefined {
    return lines.length > 0 ? this.#write(`${lines.join('\n')}\n`) : undefined;
  }
}

function probeLine({id, state, method, reason, warn_us, crit_us}: ProbeChange, clock: string): string {
  const parts = [
    `${clock} ${'PROBE'.padEnd(16)} ${visible(id)} ${state}`,
    method ? `method=${visible(method)}` : '',
    warn_us === undefined ? '' : `warn=${duration(warn_us)}`,
    crit_us === undefined ? '' : `crit=${duration(crit_us)}`,
    reason ? `(${visible(reason)})` : '',
  ];
  return parts.filter(Boolean).join(' ');
}

/** A trace's line, or those of a request. */
function traceLines(trace: TraceObject, clock: string): string {
  const outcomes = 'results' in trace ? trace.results : [trace];
  return outcomes.map((each) => `${clock} ${'TRACE'.padEnd(16)} ${titleOf(each.trace)} ${stateOf(each)}`).join('\n');
}

function errorLine({what, why, remedy}: ErrorObject, clock: string): string {
  return `${clock} ${'ERROR'.padEnd(16)} ${visible(what)}: ${visible(why)}${remedy ? ` (${visible(remedy)})` : ''}`;
}
