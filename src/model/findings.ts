import type {OomKillEvent} from '../types/stream.ts';
import {bytes, count, duration, percent, percentileText} from '../util/format.ts';
import type {Figures, Finding} from './figures.ts';

type Rule = (figures: Figures) => Finding[];

const many = (n: number, one: string) => `${count(n)} ${one}${n === 1 ? '' : 's'}`;
const share = (part: number, whole: number) => percent((100 * part) / whole);

const schedWaits: Rule = ({sched, facts, header, load1, period, status}) => {
  if (!sched || status('sched') === 'UNKNOWN') return [];
  const high = sched.p99_us !== undefined && sched.p99_us >= sched.warn_us;
  if (!high && isQuiet(status('sched'))) return [];
  const worst = facts.worstWait;
  const who = worst ? ` (${task(worst.pid, worst.comm)}, behind ${task(worst.prev_pid, worst.prev_comm)})` : '';
  const p99 = sched.p99_us === undefined ? '' : `p99 wait ${percentileText(sched.p99_us)} ${period}, `;
  const worstUs = worst?.latency_us ?? sched.worst_us;
  const figures = worstUs === undefined ? p99.replace(/, $/, '') : `${p99}worst ${duration(worstUs)}${who}`;
  const cpus = header?.host.cpus;
  const full = cpus !== undefined && load1 !== undefined && load1 > cpus;
  const cause = full ? `: more runnable tasks than CPUs (load ${load1} on ${many(cpus, 'CPU')})` : '';
  const advice = full
    ? 'sched: give the waiting work more CPUs, or limit or lower the priority of what occupies them (cpu.max, cpu.weight, nice)'
    : 'sched: look for tasks bound to the same CPUs (taskset, cpuset, interrupts): the waits are not explained by load alone';
  return [{text: `sched: ${figures}${cause}`, advice}];
};

const schedCulprit: Rule = ({facts}) => {
  const reports = facts.schedReports - facts.throttledReports;
  const [one, kind] = [facts.behind.top(), facts.behindName.top()];
  if (!one || !kind || reports < 10) return [];
  const say = (n: number, whom: string) => [
    {text: `sched: ${share(n, reports)} of ${many(reports, 'reported wait')} were behind ${whom}`},
  ];
  const [pid, ...comm] = one.key.split(' ');
  if (one.n / reports >= 0.3) return say(one.n, task(Number(pid), comm.join(' ')));
  return kind.n / reports >= 0.3 ? say(kind.n, `tasks named ${kind.key}`) : [];
};

const schedOneCpu: Rule = ({sched, header}) => {
  const busiest = sched?.busiestCpu;
  if (!busiest || (header?.host.cpus ?? 0) < 4 || busiest.share < 0.8) return [];
  const text = `sched: CPU ${busiest.cpu} had ${percent(100 * busiest.share)} of the long waits, the others hardly any`;
  return [{text, advice: `sched: see what is bound to CPU ${busiest.cpu} (taskset -p, cpuset, /proc/interrupts)`}];
};

const throttled: Rule = ({facts}) => {
  if (facts.throttledReports === 0) return [];
  const top = facts.throttled.top();
  const where = top ? `, most of them in ${top.key}` : '';
  const text = `sched: ${count(facts.throttledReports)} of ${many(facts.schedReports, 'reported wait')} were CPU bandwidth throttling${where}`;
  return [{text, advice: 'sched: raise cpu.max of the throttled cgroup, or let it run fewer threads'}];
};

const slowDevices: Rule = ({devices, facts, period, status}) =>
  devices
    .filter((each) => each.p99_us !== undefined && (each.p99_us >= each.warn_us || !isQuiet(status('block'))))
    .sort((a, b) => (b.p99_us ?? 0) - (a.p99_us ?? 0))
    .slice(0, 4)
    .flatMap(({device, p99_us = 0, worst_us, warn_us}) => {
      if (p99_us < warn_us && (worst_us ?? 0) < warn_us) return [];
      const queue = facts.queueShare(device);
      const parts = queue === undefined ? '' : `; ${split(queue)} (of the slow requests)`;
      const worst = worst_us === undefined ? '' : `, worst ${duration(worst_us)}`;
      const text = `block: ${device} p99 ${percentileText(p99_us)} ${period}${worst}${parts}`;
      return [{text, advice: diskAdvice(device, queue)}];
    });

function split(queue: number): string {
  return queue > 0.5 ? `${percent(100 * queue)} queue time` : `${percent(100 * (1 - queue))} device time`;
}

function diskAdvice(device: string, queue: number | undefined): string {
  if (queue !== undefined && queue > 0.8) {
    return `block: ${device} is given more than it takes: see who submits (io.stat), limits (io.max, wbt) and its scheduler`;
  }
  if (queue !== undefined && queue < 0.2)
    return `block: ${device} itself is slow: check its health, its load and its backend`;
  return `block: see who uses ${device} (io.stat of the cgroups) and whether the device is healthy`;
}

const oomKills: Rule = ({facts}) => {
  const shown = facts.ooms.slice(-3).map((event) => ({text: `memory: ${oomText(event)}`, advice: oomAdvice(event)}));
  const left = facts.oomKills - shown.length;
  return left > 0 ? [{text: `memory: ${many(left, 'more OOM kill')} before those`}, ...shown] : shown;
};

function oomText(event: OomKillEvent): string {
  const rss = event.rss_bytes === undefined ? '' : ` with ${bytes(event.rss_bytes)} resident`;
  const where = event.memcg ? ` in ${event.memcg}` : '';
  const limit = event.limit_bytes === undefined ? '' : ` (limit ${bytes(event.limit_bytes)})`;
  const trigger =
    event.trigger_pid === undefined || event.trigger_pid === event.victim_pid
      ? ''
      : `, asked for by ${task(event.trigger_pid, event.trigger_comm)}`;
  return `OOM kill of ${task(event.victim_pid, event.victim_comm)}${rss}${where}${limit}${trigger}`;
}

function oomAdvice({constraint, memcg}: OomKillEvent): string {
  if (constraint === 'memcg') return `memory: raise memory.max of ${memcg ?? 'the cgroup'}, or find what grows in it`;
  return 'memory: the host ran out of memory: limit what grows (memory.max), add memory or swap';
}

const retransmits: Rule = ({network, facts, period, status}) => {
  const high = network !== undefined && network.pct > 1;
  if (!high && isQuiet(status('network'))) return [];
  const ratio = network
    ? `${percent(network.pct)} of ${count(network.sent)} TCP segments sent again ${period}`
    : 'TCP segments sent again';
  const total = facts.peers.total;
  const top = facts.peers.top();
  const concentrated = top && total >= 5 && top.n / total >= 0.5;
  const peer = concentrated ? `; ${count(top.n)} of ${count(total)} reported ones to ${top.key}` : '';
  const unanswered = facts.tcpStates.get('SYN_SENT') > total / 2;
  const advice = unanswered
    ? 'network: most were connection attempts: the peer or a firewall does not answer'
    : concentrated
      ? `network: check the path to ${top.key} (ip route get, mtr, interface errors)`
      : 'network: many peers: check this host’s interfaces and their queues (ip -s link, tc -s qdisc)';
  return [{text: `network: ${ratio}${peer}`, advice}];
};

const losses: Rule = ({loss, hits}) =>
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
    return [{text, advice: `${probe}: raise its warning threshold to see each event that is above it`}];
  });

const blindSpots: Rule = ({probes}) =>
  probes
    .filter((probe) => probe.state === 'unavailable' || probe.state === 'degraded' || probe.state === 'paused')
    .map(({id, state, reason}) => ({text: `${id}: probe ${state}${reason ? `: ${reason}` : ''}`}));

const ownCost: Rule = ({kernelCpuPct}) =>
  kernelCpuPct !== undefined && kernelCpuPct > 1
    ? [
        {
          text: `kstop: its probes cost ${percent(kernelCpuPct)} of all CPUs’ time`,
          advice: 'kstop: leave out probes (--probes)',
        },
      ]
    : [];

/** Every rule, in the order in which findings are shown. */
const RULES: readonly Rule[] = [
  oomKills,
  schedWaits,
  schedCulprit,
  schedOneCpu,
  throttled,
  slowDevices,
  retransmits,
  losses,
  blindSpots,
  ownCost,
];

function isQuiet(status: string): boolean {
  return status === 'OK' || status === 'UNKNOWN';
}

function task(pid: number | undefined, comm: string | undefined): string {
  if (pid === 0) return 'an idle CPU';
  return `pid ${pid ?? '-'} ${comm ?? '-'}`;
}

/** Findings and recommendations from the figures, each once. Names in them come from the kernel as they are. */
export function conclude(figures: Figures): {findings: string[]; recommendations: string[]} {
  const all = RULES.flatMap((rule) => rule(figures));
  const advice = all.flatMap((finding) => (finding.advice ? [finding.advice] : []));
  return {findings: all.map((finding) => finding.text), recommendations: [...new Set(advice)]};
}
