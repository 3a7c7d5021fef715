import type {KernelEvent, ProcessExitEvent} from '../../types/stream.ts';
import type {Part} from './part.ts';
import {Tally} from './tally.ts';

/** What a program's own fault ends it by. */
const CRASHES: ReadonlySet<string | undefined> = new Set(['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGILL', 'SIGFPE']);
const MAX_NAMES = 64;

/** What crashed, by name and signal. */
export class ProcessFacts implements Part<ProcessFacts> {
  /** Reported crashes, as `SIGNAL name`. */
  readonly crashes = new Tally(MAX_NAMES);
  last?: ProcessExitEvent;

  add(event: KernelEvent): void {
    if (!isCrash(event)) return;
    this.crashes.add(`${event.signal_name} ${event.comm ?? '-'}`, 1);
    this.last = event;
  }

  merge(from: ProcessFacts): void {
    this.crashes.merge(from.crashes);
    this.last = from.last ?? this.last;
  }
}

export function isCrash(event: KernelEvent): event is ProcessExitEvent {
  return event.type === 'PROCESS_EXIT' && isCrashSignal((event as ProcessExitEvent).signal_name);
}

/** Also the `reason` of the counter `process_exits`. */
export function isCrashSignal(name: string | undefined): boolean {
  return CRASHES.has(name);
}
