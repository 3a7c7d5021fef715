import type {SubsystemName} from '../types/stream.ts';

/**
 * A probe, described once. Its attach chain is described once too, in native/chains.c, under the same id.
 * `types` are the event types it emits; `warnUs`/`critUs` the default thresholds in microseconds where it has one.
 * `instead`: while it is on it sends the events of that probe, with `adds` in them.
 */
export interface ProbeSpec {
  id: string;
  subsystem: SubsystemName;
  types: string[];
  default: boolean;
  help: string;
  warnUs?: number;
  critUs?: number;
  /** A threshold that nobody can move, in microseconds: what takes as long is an event. */
  fixedUs?: number;
  /** Never paused by the overhead governor: it costs nothing to speak of, and what it finds can't be found later. */
  essential?: true;
  /** Events a second that it may send in all; without it 10,000. */
  eventsPerSecond?: number;
  instead?: {of: string; adds: string};
}

export const PROBES: readonly ProbeSpec[] = [
  {
    id: 'sched',
    subsystem: 'sched',
    types: ['SCHED_LATENCY'],
    default: true,
    help: 'run-queue latency: how long a runnable task waited for a CPU',
    warnUs: 1000,
    critUs: 10_000,
  },
  {
    id: 'wakeups',
    subsystem: 'sched',
    types: [],
    default: false,
    help: 'how often each process is woken up, in the process table',
  },
  {
    id: 'block',
    subsystem: 'block',
    types: ['BIO_LATENCY'],
    default: true,
    help: 'block request latency, queue and device time apart',
    warnUs: 10_000,
    critUs: 100_000,
  },
  {
    id: 'vfs',
    subsystem: 'vfs',
    types: ['VFS_SLOW'],
    default: true,
    help: 'read, write, fsync and open of files, directories and block devices',
    warnUs: 5000,
    critUs: 50_000,
  },
  {
    id: 'oom',
    subsystem: 'memory',
    types: ['OOM_KILL'],
    default: true,
    essential: true,
    help: 'processes killed by the OOM killer',
  },
  {
    id: 'faults',
    subsystem: 'memory',
    types: ['PAGE_FAULT'],
    default: true,
    help: 'major page faults: pages that had to be read from a disk or from swap',
  },
  {
    id: 'fault-latency',
    subsystem: 'memory',
    types: ['PAGE_FAULT'],
    default: false,
    help: 'how long page faults take, minor ones too (each fault on the host pays for it)',
    instead: {of: 'faults', adds: 'latency_us'},
  },
  {
    id: 'pages',
    subsystem: 'memory',
    types: [],
    default: false,
    help: 'where the pages of the process that is looked into come from (each page allocation on the host pays for it)',
  },
  {
    id: 'pressure',
    subsystem: 'memory',
    types: ['MEMORY_PRESSURE'],
    default: true,
    essential: true,
    help: 'tasks stalled because memory is short (PSI), and cgroups whose working set is near their limit',
  },
  {
    id: 'reclaim',
    subsystem: 'memory',
    types: ['RECLAIM_STALL'],
    default: true,
    help: 'how long tasks must free memory before they get their own: the host’s, or their cgroup’s at its limit',
    fixedUs: 10_000,
  },
  {
    id: 'growth',
    subsystem: 'memory',
    types: ['OOM_PREDICTION'],
    default: true,
    essential: true,
    help: 'when the host, or a cgroup with a limit, will be out of memory',
  },
  {
    id: 'retransmit',
    subsystem: 'network',
    types: ['TCP_RETRANSMIT'],
    default: true,
    help: 'TCP segments sent again',
  },
  {
    id: 'drops',
    subsystem: 'network',
    types: ['PACKET_DROP'],
    default: true,
    help: 'dropped packets by reason: faults and policies one by one, all of them counted',
    // A firewall at work can drop more than anybody reads.
    eventsPerSecond: 1000,
  },
  {
    id: 'traffic',
    subsystem: 'network',
    types: [],
    default: true,
    essential: true,
    help: "interfaces and protocols of kstop's own network namespace, and the CPUs' receive backlog",
  },
  {
    id: 'container-traffic',
    subsystem: 'network',
    types: [],
    default: false,
    help: 'bytes and packets by cgroup of the socket',
  },
  {
    id: 'syscall',
    subsystem: 'syscall',
    types: ['SYSCALL_SLOW'],
    default: false,
    help: 'slow system calls but those that sleep by design (each call on the host pays for it)',
    warnUs: 10_000,
    critUs: 100_000,
  },
  {
    id: 'process',
    subsystem: 'process',
    types: ['PROCESS_EXEC', 'PROCESS_EXIT'],
    default: true,
    help: 'programs that are run, and how processes end',
    // A build host runs more programs than anybody reads. Crashes have half of it to themselves.
    eventsPerSecond: 2000,
  },
  {
    id: 'fork',
    subsystem: 'process',
    types: ['PROCESS_FORK'],
    default: false,
    help: 'processes that processes make',
    eventsPerSecond: 2000,
  },
  {
    id: 'tasks',
    subsystem: 'process',
    types: [],
    default: true,
    help: 'the process table: CPU time, run-queue delay, switches, faults and memory of each',
  },
  {
    id: 'lockup',
    subsystem: 'lockup',
    types: ['SOFT_LOCKUP', 'HUNG_TASK', 'RCU_STALL'],
    default: true,
    essential: true,
    help: 'CPUs stuck in the kernel, tasks that hang, RCU stalls',
  },
];

/** Bounds of a warning threshold in microseconds: 1 µs to the histogram's end. */
export const THRESHOLD_MIN_US = 1;
export const THRESHOLD_MAX_US = 60_000_000;

export function findProbe(id: string): ProbeSpec | undefined {
  return PROBES.find((probe) => probe.id === id);
}

/** The probe that an event came from; undefined for types of other versions. */
export function probeOf(event: {type: string}): ProbeSpec | undefined {
  const all = PROBES.filter(({types}) => types.includes(event.type));
  return all.find(({instead}) => instead && instead.adds in event) ?? all.find(({instead}) => !instead);
}
