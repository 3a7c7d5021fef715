import type {Outlook} from './scope.ts';

/** How urgent a prediction is. */
export type Urgency = 'warning' | 'critical';

/** Seconds to the kill from which on it is an alarm, and an urgent one. */
export const WARNING_S = 600;
export const CRITICAL_S = 60;
/** Confidence that an alarm needs. */
const LEAST_CONFIDENCE_PCT = 80;
/** The interval's end, as a multiple of the likeliest time: what is less certain isn't alarmed about, unless all of it is near. */
const CERTAIN = 2;
const NEAR_S = 180;
/** Nearer than that nothing is told again: there is no time to do anything. */
const LAST_S = 15;
/** No alarm for so long: the next one is a new trouble. */
const OVER_S = 30;

/** Which of a scope's outlooks are events: the first one, then each halving of the time left, and what becomes urgent. */
export class Alarm {
  #toldS?: number;
  #told?: Urgency;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** The urgency of an event that this outlook deserves; undefined for none. `ms`: monotonic. */
  judge(outlook: Outlook | undefined, ms: number): Urgency | undefined {
    if (!outlook || !deserves(outlook)) {
      if (ms - this.#lastMs > OVER_S * 1000) this.reset();
      return undefined;
    }
    this.#lastMs = ms;
    const urgency = outlook.eta_s < CRITICAL_S ? 'critical' : 'warning';
    const nearer = this.#toldS === undefined || (outlook.eta_s <= this.#toldS / 2 && outlook.eta_s >= LAST_S);
    const graver = urgency === 'critical' && this.#told !== 'critical';
    if (!nearer && !graver) return undefined;
    this.#toldS = outlook.eta_s;
    this.#told = urgency;
    return urgency;
  }

  reset(): void {
    this.#toldS = undefined;
    this.#told = undefined;
  }
}

function deserves({eta_s, eta_high_s, confidence_pct, growing, quickening}: Outlook): boolean {
  return (
    growing &&
    eta_s < WARNING_S &&
    confidence_pct >= LEAST_CONFIDENCE_PCT &&
    // What gets quicker and quicker is late only if it stops doing so.
    (quickening || eta_high_s <= Math.max(CERTAIN * eta_s, NEAR_S))
  );
}
