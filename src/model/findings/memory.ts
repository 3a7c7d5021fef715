import type {OomKillEvent, OomPredictionEvent} from '../../types/stream.ts';
import {bytes, count, duration, percent, span} from '../../util/format.ts';
import type {Finding} from '../figures.ts';
import {scopeName} from '../scope-name.ts';
import {STALLED_PCT} from '../status/memory.ts';
import {many, type Rule, share, task, taskOf} from './rule.ts';

const MIN_FAULTS = 100;
const CONCENTRATED = 0.3;
/** Together, in events: a tenth of a second. */
const LEAST_RECLAIM_US = 100_000;
/** 4 MiB read back from swap: more than a process that wakes after a day. */
const MIN_SWAPPED_IN = 1024;

/** The newest first: the screen shows the first finding beside the status, whose reason is the newest kill too. */
export const oomKills: Rule = ({facts: {memory}}) => {
  const newest = memory.ooms.slice(-3).reverse();
  const shown = newest.map((event) => ({text: `memory: ${oomText(event)}`, advice: oomAdvice(event)}));
  const left = memory.oomKills - shown.length;
  return left > 0 ? [...shown, {text: `memory: ${many(left, 'more OOM kill')} before those`}] : shown;
};

function oomText(event: OomKillEvent): string {
  const rss = event.rss_bytes === undefined ? '' : ` with ${bytes(event.rss_bytes)} resident`;
  const where = event.memcg ? ` in ${scopeName(event.memcg, event.container)}` : '';
  const limit = event.limit_bytes === undefined ? '' : ` (limit ${bytes(event.limit_bytes)})`;
  const trigger =
    event.trigger_pid === undefined || event.trigger_pid === event.victim_pid
      ? ''
      : `, asked for by ${task(event.trigger_pid, event.trigger_comm)}`;
  return `OOM kill of ${task(event.victim_pid, event.victim_comm)}${rss}${where}${limit}${trigger}`;
}

function oomAdvice(event: OomKillEvent): string {
  const {constraint, memcg} = event;
  if (constraint === 'memcg')
    return `memory: raise memory.max of ${scopeName(memcg ?? 'the cgroup', event.container)}, or find what grows in it`;
  return 'memory: the host ran out of memory: limit what grows (memory.max), add memory or swap';
}

/** Scopes shown of each kind. */
const MAX_SCOPES = 3;

/** What will be out of memory, as last told. */
export const predictions: Rule = ({facts: {memory}}) =>
  [...memory.predictions.values()].slice(-MAX_SCOPES).map((event) => ({
    text: `memory: ${foretold(event)}`,
    advice: `memory: find what grows in ${scopeName(event.scope, event.container)}${event.comm === undefined ? '' : ` (${task(event.pid, event.comm)})`} before it is killed, or raise its limit`,
  }));

function foretold(event: OomPredictionEvent): string {
  const {scope, eta_s, eta_low_s, eta_high_s, growth_bytes_per_s, usage_bytes, limit_bytes, pid, comm, growers} = event;
  const seconds = (s: number) => duration(s * 1e6);
  const part = growers?.find((each) => each.pid === pid);
  const most = part ? `${percent(part.share_pct)} of it` : 'most of it';
  const who = comm === undefined ? '' : `, ${most} by ${task(pid, comm)}`;
  const when = `in ${seconds(eta_s)} (${seconds(eta_low_s)} to ${seconds(eta_high_s)})`;
  const size = `${bytes(usage_bytes)} of ${bytes(limit_bytes)}`;
  return `${scopeName(scope, event.container)} was to be out of memory ${when}: ${size}, growing by ${bytes(growth_bytes_per_s)} a second${who}`;
}

/** What has only grown for long: a leak, or a cache without a bound. */
export const leaks: Rule = ({leaks: all}) =>
  all.slice(0, MAX_SCOPES).map((leak) => {
    const {scope, pid, comm, growth_bytes_per_s, growing_s, grown_bytes} = leak;
    const who = scope === undefined ? task(pid, comm) : scopeName(scope, leak.container);
    const grown = `by ${bytes(grown_bytes)}, ${bytes(growth_bytes_per_s)} a second`;
    return {
      text: `memory: ${who} has only grown for ${span(growing_s)}: ${grown}`,
      advice: `memory: see what ${who} keeps: what grows for long without a fall is a leak, or a cache without a bound`,
    };
  });

/** Cgroups whose working set was near their limit. */
export const nearLimits: Rule = ({facts: {memory}}) =>
  [...memory.nearLimits.values()].slice(-MAX_SCOPES).flatMap((event) => {
    const {working_set_bytes: set, limit_bytes: limit} = event;
    const scope = scopeName(event.scope, event.container);
    if (set === undefined || limit === undefined || limit <= 0) return [];
    const text = `memory: ${scope} needs ${bytes(set)} of its limit of ${bytes(limit)} (${share(set, limit)})`;
    return [{text, advice: `memory: raise memory.max of ${scope}, or see what it keeps in memory`}];
  });

/** Pressure of the host, and what it swaps. */
export const pressure: Rule = ({pressure: psi = {}, counts, periods}) => {
  const {some_avg10_pct: some = 0, full_avg10_pct: full = 0} = psi;
  const swappedIn = counts.get('swap_pages in');
  const stalls = some >= STALLED_PCT || full >= STALLED_PCT;
  const swaps = swappedIn >= MIN_SWAPPED_IN;
  if (!stalls && !swaps) return [];
  const parts = [
    stalls ? `tasks stalled for memory ${percent(some)} of 10 s, all of them ${percent(full)}` : '',
    swaps ? `${count(swappedIn)} pages read back from swap ${periods.counts}` : '',
  ];
  const advice = stalls
    ? 'memory: the working sets don’t fit: find what grows (RSS), limit it (memory.high), or add memory'
    : 'memory: what was swapped out is needed again: see who grew (RSS), and whether all of it must run at once';
  return [{text: `memory: ${parts.filter(Boolean).join('; ')}`, advice}];
};

/** Tasks that had to free memory first. */
export const reclaims: Rule = ({facts: {memory}}) => {
  const {count: n, worstUs} = memory.reclaims;
  const sum = memory.reclaimers.total;
  const top = memory.reclaimers.top();
  if (sum < LEAST_RECLAIM_US || !top) return [];
  const of = `${share(top.n, sum)} of it by ${taskOf(top.key)}`;
  const text = `memory: ${many(n, 'long wait')} to free memory, ${duration(sum)} in all, the longest ${duration(worstUs)}; ${of}`;
  const advice =
    memory.reclaimed.top()?.key === 'memcg'
      ? `memory: raise the limit of the cgroup of ${taskOf(top.key)}, or have it keep and write less`
      : 'memory: the host frees memory too late: find what grows, or raise vm.watermark_scale_factor';
  return [{text, advice}];
};

export const majorFaults: Rule = ({facts: {memory}, counts, pressure: psi, periods}) => {
  const reported = memory.faults.total;
  const faults = Math.max(counts.get('page_faults major'), reported);
  const top = memory.faults.top();
  if (faults < MIN_FAULTS || !top || top.n / reported < CONCENTRATED) return [];
  const finding: Finding = {
    text: `memory: ${many(faults, 'major fault')} ${periods.counts}, ${share(top.n, reported)} of the reported ones by ${taskOf(top.key)}`,
  };
  const short = (psi?.some_avg10_pct ?? 0) >= 1 || counts.get('swap_pages in') > 0;
  if (short)
    finding.advice = `memory: ${taskOf(top.key)} reads its memory back from disk: it needs more, or its neighbours less`;
  return [finding];
};
