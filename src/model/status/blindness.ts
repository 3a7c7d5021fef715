import type {ProbeInfo} from '../../types/stream.ts';

/** Probes whose figures no status is made of: while only they are attached, nothing is known of how a subsystem fares. */
const BESIDE: ReadonlySet<string> = new Set(['wakeups', 'container-traffic', 'tasks', 'fork', 'pages']);

/** Why nothing can be said of a subsystem with these probes; undefined when something can. */
export function blindness(probes: readonly Pick<ProbeInfo, 'id' | 'state'>[]): string | undefined {
  const judging = probes.filter(({id}) => !BESIDE.has(id));
  if (judging.some(({state}) => state === 'attached' || state === 'degraded')) return undefined;
  if (judging.some(({state}) => state === 'paused')) return 'paused by the overhead governor';
  return judging.length < probes.length && judging.length > 0
    ? `no probe attached that tells (${judging.map(({id}) => id).join(', ')})`
    : 'no probe attached';
}
