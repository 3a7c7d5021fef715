import {cpusOf} from '../../util/cpu-list.ts';
import {count, duration, percent, percentileText} from '../../util/format.ts';
import {isQuiet, many, type Rule, share, short, task, taskOf} from './rule.ts';

const MIN_REPORTS = 10;
const CONCENTRATED = 0.3;
const ONE_CPU = 0.8;
/** Blame that is worth a sentence: microseconds, and of all that the victim waited. */
const MIN_BLAMED_US = 500_000;
const MIN_BLAMED = 0.5;
/** Throttled cgroups that are named. */
const MAX_GROUPS = 3;
/** So many of the waits throttled: there the rest explain little. */
const MOSTLY = 0.5;
const MIN_SLOW = 20;
const MIN_ISOLATED = 3;
const MIN_REAL_TIME = 3;
/** Of all CPUs' time, over a minute and in one sample. */
const STOLEN_PCT = 1;
const STOLEN_MOMENT_PCT = 5;
/** A threshold at which real-time work has long missed its deadline (microseconds). */
const COARSE_US = 1000;

export const waits: Rule = ({sched, facts, header, load1, periods, status}) => {
  if (!sched || status('sched') === 'UNKNOWN') return [];
  const high = sched.p99_us !== undefined && sched.p99_us >= sched.warn_us;
  if (!high && isQuiet(status('sched'))) return [];
  const {worst} = facts.sched;
  const who = worst ? ` (${task(worst.pid, worst.comm)}, behind ${task(worst.prev_pid, worst.prev_comm)})` : '';
  const p99 = sched.p99_us === undefined ? '' : `p99 wait ${percentileText(sched.p99_us)} ${periods.latency}, `;
  const worstUs = worst?.latency_us ?? sched.worst_us;
  const figures = worstUs === undefined ? p99.replace(/, $/, '') : `${p99}worst ${duration(worstUs)}${who}`;
  const cpus = header?.host.cpus;
  const full = cpus !== undefined && load1 !== undefined && load1 > cpus;
  const {reports, throttledReports} = facts.sched;
  if (reports > 0 && throttledReports / reports > MOSTLY)
    return [
      {text: `sched: ${figures}: ${share(throttledReports, reports)} of the reported waits were throttling (cpu.max)`},
    ];
  const cause = full ? `: more runnable tasks than CPUs (load ${load1} on ${many(cpus, 'CPU')})` : '';
  const advice = full
    ? 'sched: give the waiting work more CPUs, or limit or lower the priority of what occupies them (cpu.max, cpu.weight, nice)'
    : 'sched: look for tasks bound to the same CPUs (taskset, cpuset, interrupts): the waits are not explained by load alone';
  return [{text: `sched: ${figures}${cause}`, advice}];
};

/** Waits that nobody on this machine is to blame for. */
export const stolenTime: Rule = ({stolen}) => {
  if (!stolen || (stolen.pct < STOLEN_PCT && stolen.worst_pct < STOLEN_MOMENT_PCT)) return [];
  const {pct, worst_pct} = stolen;
  return [
    {
      text: `sched: the hypervisor ran others for ${percent(pct)} of all CPUs’ time (steal), ${percent(worst_pct)} in the worst sample`,
      advice:
        'sched: waits behind an idle CPU are the hypervisor’s: give this machine more of the host, or fewer neighbours',
    },
  ];
};

export const culprit: Rule = ({facts: {sched}}) => {
  const reports = sched.reports - sched.throttledReports;
  const [one, kind] = [sched.behind.top(), sched.behindName.top()];
  if (!one || !kind || reports < MIN_REPORTS) return [];
  const say = (n: number, whom: string) => [
    {text: `sched: ${share(n, reports)} of ${many(reports, 'reported wait')} were behind ${whom}`},
  ];
  if (one.n / reports >= CONCENTRATED) return say(one.n, taskOf(one.key));
  return kind.n / reports >= CONCENTRATED ? say(kind.n, `tasks named ${kind.key}`) : [];
};

/**
 * Who waited longest because of whom, where one process had most of it. Not one that its own limit held back for longer than
 * others did.
 */
export const blame: Rule = ({facts: {sched}, periods}) => {
  const most = sched.blamed.over(MIN_BLAMED_US).find(({key, n}) => {
    const [pid, comm] = JSON.parse(key) as [number, string];
    const victim = JSON.stringify([pid, comm]);
    const waitedUs = sched.waited.get(victim);
    return n >= MIN_BLAMED * waitedUs && sched.limited.get(victim) < waitedUs;
  });
  if (!most) return [];
  const [pid, comm, byPid, byComm] = JSON.parse(most.key) as [number, string, number, string];
  const waitedUs = sched.waited.get(JSON.stringify([pid, comm]));
  const own = pid === byPid;
  const whom = own ? 'threads of its own' : task(byPid, byComm);
  const part = share(Math.min(most.n, waitedUs), waitedUs);
  return [
    {
      text: `sched: ${task(pid, comm)} waited ${duration(waitedUs)} for a CPU ${periods.counts}, ${part} of it behind ${whom}`,
      advice: own
        ? `sched: ${task(pid, comm)} runs more threads than it has CPUs: give it more (cpuset, taskset), or fewer threads`
        : `sched: give ${task(pid, comm)} more weight than ${task(byPid, byComm)} (cpu.weight, nice), limit that one (cpu.max), or keep the two apart (cpuset, taskset)`,
    },
  ];
};

/** CPUs set aside for one purpose are to have no waits at all. */
export const isolated: Rule = ({header, slowWaits = [], sched, facts}) => {
  const lists = [header?.host.isolated_cpus, header?.host.nohz_full_cpus].filter((list) => list !== undefined);
  const cpus = [...new Set(lists.flatMap((list) => cpusOf(list)))].filter((cpu) => (slowWaits[cpu] ?? 0) > 0);
  const slow = cpus.reduce((sum, cpu) => sum + (slowWaits[cpu] ?? 0), 0);
  if (!sched || slow < MIN_ISOLATED) return [];
  const busiest = cpus.reduce((most, cpu) => ((slowWaits[cpu] ?? 0) > (slowWaits[most] ?? 0) ? cpu : most));
  const behind = facts.sched.behindOnCpu.topUnder(String(busiest));
  const whom = behind ? `, most on CPU ${busiest} behind ${behind.key}` : `, most on CPU ${busiest}`;
  const list = short(lists[0] ?? '');
  return [
    {
      text: `sched: ${many(slow, 'wait')} of ${duration(sched.warn_us)} and more on isolated CPUs (${list})${whom}`,
      advice: `sched: keep other work off the isolated CPUs: isolcpus=managed_irq,domain,${list} with nohz_full and rcu_nocbs alike, interrupts elsewhere (/proc/irq/*/smp_affinity_list, irqbalance), one task a CPU`,
    },
  ];
};

export const oneCpu: Rule = ({slowWaits = [], header}) => {
  const all = slowWaits.reduce((sum, n) => sum + n, 0);
  const most = Math.max(...slowWaits);
  if (all < MIN_SLOW || (header?.host.cpus ?? 0) < 4 || most / all < ONE_CPU) return [];
  const cpu = slowWaits.indexOf(most);
  const text = `sched: CPU ${cpu} had ${share(most, all)} of the long waits, the others hardly any`;
  return [{text, advice: `sched: see what is bound to CPU ${cpu} (taskset -p, cpuset, /proc/interrupts)`}];
};

/** Cgroups that stood still at their own limit, each with the thread that it held back longest. */
export const throttled: Rule = ({facts: {sched}, periods, spanMs}) => {
  const timeUs = 1000 * Math.max(spanMs, sched.heldUntilMs - sched.heldFromMs);
  const groups = new Map<string, {pid?: number; comm?: string; us: number}>();
  for (const {key, n: us} of sched.heldBack.over(0)) {
    const [group, pid, comm] = JSON.parse(key) as [string, number | null, string | null];
    if (!groups.has(group)) groups.set(group, {pid: pid ?? undefined, comm: comm ?? undefined, us});
  }
  return [...groups].slice(0, MAX_GROUPS).flatMap(([group, {pid, comm, us}]) => {
    const waits = sched.throttled.get(group);
    if (waits === 0) return [];
    const where = group ? `${short(group)} was held to its own limit (cpu.max): ` : '';
    const by = group ? '' : ' by its cgroup’s limit (cpu.max)';
    return [
      {
        text: `sched: ${where}${task(pid, comm)} was throttled${by} for ${duration(us)} ${periods.counts}, ${share(Math.min(us, timeUs), timeUs)} of the time (${count(waits)} of ${many(sched.reports, 'reported wait')})`,
        advice: `sched: raise cpu.max of ${group ? short(group) : 'the throttled cgroup'}, or let it run fewer threads`,
      },
    ];
  });
};

/** Real-time tasks that waited past a threshold made for others. */
export const realTime: Rule = ({facts: {sched}, sched: limits}) => {
  const top = sched.realTime.top();
  if (!limits || !top || sched.realTimeReports < MIN_REAL_TIME || limits.warn_us < COARSE_US) return [];
  const part = percent((100 * top.n) / sched.realTimeReports);
  return [
    {
      text: `sched: ${many(sched.realTimeReports, 'reported wait')} were of real-time tasks, ${part} of ${taskOf(top.key)}`,
      advice: 'sched: real-time work wants a finer threshold (--sched-warn 100), and a CPU that it need not share',
    },
  ];
};
