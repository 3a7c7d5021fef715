import type {KernelEvent, ProcessExitEvent} from '../../types/stream.ts';
import {keep} from '../bounded.ts';
import type {Increase} from '../counters.ts';
import {isCrash, isCrashSignal} from '../facts/process.ts';
import {restartText} from '../restarts.ts';
import {OK, type Verdict} from './judge.ts';
import type {RuleContext, StatusRule, Trigger} from './rule.ts';

const MINUTE_MS = 60_000;
/** Crashes a minute that are critical. */
const MANY = 10;

/**
 * A crash warns; so many within a minute are critical, and so is a container that restarts again and again. Crashes are counted
 * by the kernel: events may have been held.
 */
export class ProcessRule implements StatusRule {
  #intervals: {endMs: number; crashes: number}[] = [];
  /** Events since the last sample. */
  #told = 0;
  /** The stream has the kernel's counts. */
  #counted = false;

  event(event: KernelEvent): Trigger | undefined {
    if (!isCrash(event)) return undefined;
    this.#told++;
    return {level: 'WARNING', why: crashText(event)};
  }

  sample({startMs, endMs, increases, facts, restarts}: RuleContext): {verdict: Verdict; triggers: Trigger[]} {
    const crashes = this.#crashes(increases, endMs > startMs);
    const {key} = facts.process.crashes.top() ?? {};
    const triggers: Trigger[] = [];
    if (crashes > 0) {
      keep(this.#intervals, {endMs, crashes});
      if (this.#told === 0) triggers.push({level: 'WARNING', why: many(crashes)});
    }
    this.#told = 0;
    this.#intervals = this.#intervals.filter((each) => each.endMs > endMs - MINUTE_MS);
    const minute = this.#intervals.reduce((sum, each) => sum + each.crashes, 0);
    // Only at new ones: it is the crash that meets the rule, and the judge who holds it.
    if (crashes > 0 && minute >= MANY)
      triggers.push({level: 'CRITICAL', why: `${many(minute)} in a minute${key ? `, most often ${nameOf(key)}` : ''}`});
    const [worst] = restarts.now();
    if (worst) triggers.push({level: 'CRITICAL', why: restartText(worst, 'in ten minutes')});
    return {verdict: OK, triggers};
  }

  /** New ones by the kernel's count. The sample of no length that starts a recording's later part has none. */
  #crashes(increases: readonly Increase[], covers: boolean): number {
    const counts = increases.filter(({name}) => name === 'process_exits');
    if (counts.length > 0) this.#counted = true;
    if (!this.#counted) return this.#told;
    return counts
      .filter(({labels, first}) => isCrashSignal(labels.reason) && (covers || !first))
      .reduce((sum, {by}) => sum + by, 0);
  }
}

const many = (n: number): string => `${n} ${n === 1 ? 'crash' : 'crashes'}`;

/** `nginx by SIGSEGV` of `SIGSEGV nginx`. */
export function nameOf(key: string): string {
  const [signal, ...comm] = key.split(' ');
  return `${comm.join(' ')} by ${signal}`;
}

/** `pid 99 nginx ended by SIGSEGV` */
export function crashText({pid, comm, signal_name}: ProcessExitEvent): string {
  return `pid ${pid ?? '-'} ${comm ?? '-'} ended by ${signal_name}`;
}
