import {count, percent, span} from '../../util/format.ts';
import type {Rule} from './rule.ts';

const RAISE = 'raise its warning threshold to see each event that is above it';

/** Advice only for probes that have a threshold: how many packets are dropped, say, is nobody's choice. */
export const losses: Rule = ({loss, hits, probes}) =>
  Object.entries(loss).flatMap(([probe, {held, lost, missed}]) => {
    if (held + lost + missed === 0) return [];
    const all = hits(probe);
    const parts = [
      held > 0 ? `${count(held)} held by the rate limit` : '',
      lost > 0 ? `${count(lost)} lost to a full buffer` : '',
      missed > 0 ? `${count(missed)} missed by the kernel` : '',
    ].filter(Boolean);
    const of = all === undefined ? '' : ` of ${count(all)}`;
    const text = `${probe}: events not shown${of}: ${parts.join(', ')}; counts and distributions ${missed > 0 ? 'lack the missed ones' : 'are complete'}`;
    const hasThreshold = probes.some(({id, warn_us}) => id === probe && warn_us !== undefined);
    return [{text, ...(hasThreshold && {advice: `${probe}: ${RAISE}`})}];
  });

export const blindSpots: Rule = ({probes}) =>
  probes.flatMap(({id, state, reason}) => {
    if (state !== 'unavailable' && state !== 'degraded') return [];
    const text = `${id}: probe ${state}${reason ? `: ${reason}` : ''}`;
    return [{text, advice: 'kstop: run `kstop doctor` for what is missing here and how to get it'}];
  });

const PAUSED = 'paused by the overhead governor';

/** What a paused probe would have seen, nobody knows. */
export const pauses: Rule = ({pauses: all, probes}) =>
  all.map(({id, times, ms, now}) => {
    const long = `${span(ms / 1000)} in all${times > 1 ? `, ${count(times)} times` : ''}`;
    const reason = now && probes.find((probe) => probe.id === id)?.reason?.replace(`${PAUSED}: `, '');
    const text = `${id}: ${PAUSED} for ${long}${now ? ', and still is' : ''}: nothing was seen then`;
    const advice = 'kstop: allow the probes more (--max-overhead) or leave some out (--probes)';
    return {text: reason ? `${text} (${reason})` : text, advice};
  });

export const ownPriority: Rule = ({ownNice}) =>
  ownNice === undefined
    ? []
    : [
        {
          text: `kstop: its samples came late, other tasks had the CPUs: it went before these meanwhile (nice ${ownNice})`,
        },
      ];

export const ownCost: Rule = ({kernelCpuPct}) => {
  if (kernelCpuPct === undefined || kernelCpuPct <= 1) return [];
  const text = `kstop: its probes cost ${percent(kernelCpuPct)} of all CPUs’ time`;
  return [{text, advice: 'kstop: leave out probes (--probes)'}];
};
