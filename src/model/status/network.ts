import {rate} from '../../util/format.ts';
import type {Facts} from '../facts/facts.ts';
import type {Drops} from './drops.ts';
import {OK, type Verdict, worseVerdict} from './judge.ts';
import type {Retransmits} from './retransmits.ts';
import type {RuleContext, StatusRule} from './rule.ts';

const WARNING_PER_S = 1;
const CRITICAL_PER_S = 100;
/** Over 1 a second for 10 s means that, not one burst in them: they came in more than half of that time. */
const MOST = 0.5;

/** Retransmitted segments, and packets dropped for a fault. */
export class NetworkRule implements StatusRule {
  readonly #retransmits: Retransmits;
  readonly #drops: Drops;

  constructor(retransmits: Retransmits, drops: Drops) {
    this.#retransmits = retransmits;
    this.#drops = drops;
  }

  sample({endMs, facts}: RuleContext): {verdict: Verdict} {
    return {verdict: worseVerdict(this.#retransmits.verdict(), this.#dropped(endMs, facts))};
  }

  #dropped(nowMs: number, facts: Facts): Verdict {
    const now = this.#drops.perSecondNow();
    const {perSecond, share} = this.#drops.lastTen(nowMs);
    const level = now > CRITICAL_PER_S ? 'CRITICAL' : perSecond > WARNING_PER_S && share > MOST ? 'WARNING' : 'OK';
    if (level === 'OK') return OK;
    const top = this.#drops.topFault();
    const at = top && facts.network.dropLocations.topUnder(top);
    const which = top ? `, most ${top}${at ? ` at ${at.key}` : ''}` : '';
    return {level, why: `${rate(level === 'CRITICAL' ? now : perSecond)} packets dropped${which}`};
  }
}
