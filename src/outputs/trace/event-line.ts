import type {TraceEvent, TracePlan} from '../../types/trace.ts';
import {visibleUpTo} from '../../util/sanitize.ts';
import {LocalClock} from '../../util/stamp.ts';

const COMM = 15;
const PID = 7;
/** Of a function's or a trace's name. */
const MAX_NAME = 48;
/** A message can hold several strings of the kernel's. */
const MAX_MESSAGE = 1000;

/** RFC 3339 of nanoseconds since 1970, decimal. What is no time stays as it is. */
export function timeOf(timestamp: string): string {
  const at = new Date(Number(timestamp.slice(0, -6) || '0'));
  if (Number.isNaN(at.getTime())) return timestamp;
  return at.toISOString().replace('Z', `${timestamp.slice(-6).padStart(6, '0')}Z`);
}

interface Cells {
  clock: string;
  name: string;
  comm: string;
  pid: string;
  hook: string;
  message: string;
}

/**
 * Lines of events as they come: time, name and PID of the process, function, message. Where several traces run at once
 * each line has its trace's name too.
 */
export class EventLines {
  readonly #clock = new LocalClock();
  readonly #several: boolean;
  readonly #hook: number;
  readonly #name: number;

  constructor(plans: readonly TracePlan[]) {
    const widest = (names: string[]) => Math.max(...names.map((name) => visibleUpTo(name, MAX_NAME).length));
    this.#several = plans.length > 1;
    this.#name = widest(['TRACE', ...plans.map(({name}) => name)]);
    this.#hook = widest(['FUNCTION', ...plans.flatMap(({script}) => script.events.map((event) => event.function))]);
  }

  /** What the columns are. */
  head(): string {
    const clock = 'TIME'.padEnd(12);
    return this.#row({clock, name: 'TRACE', comm: 'COMM', pid: 'PID', hook: 'FUNCTION', message: 'MESSAGE'});
  }

  line({timestamp, process_name, pid, function: hook, message}: TraceEvent, name: string): string {
    return this.#row({
      clock: this.#clock.at(timeOf(timestamp)).clock,
      name: visibleUpTo(name, MAX_NAME),
      comm: visibleUpTo(process_name, COMM),
      pid: String(pid),
      hook: visibleUpTo(hook, MAX_NAME),
      message: visibleUpTo(message, MAX_MESSAGE),
    });
  }

  #row({clock, name, comm, pid, hook, message}: Cells): string {
    const trace = this.#several ? `${name.padEnd(this.#name)} ` : '';
    return `${clock} ${trace}${comm.padEnd(COMM)} ${pid.padEnd(PID)} ${hook.padEnd(this.#hook)} ${message}`.trimEnd();
  }
}
