/**
 * What a run costs where it can't be measured on the spot, and what no measurement shows: nanoseconds on an AMD EPYC
 * under Linux 6.18, the machine of bench/README.md. A slower one pays more: wherever the kernel lets kstop measure, a
 * program's time from here serves only until the first measurement.
 */

/** Of the hook itself, which the kernel's run time leaves out (raw_tp 5, kprobe 17 …: cilium/ebpf), by attach method. */
const HOOK_NS: Readonly<Record<string, number>> = {
  tp_btf: 5,
  raw_tp: 5,
  tracepoint: 12,
  fentry: 6,
  fexit: 7,
  kprobe: 30,
  perf_event: 100,
  cgroup_skb: 20,
  iter: 0, // its reading is counted as kstop's own
};

/** With programs at sys_enter and sys_exit every system call leaves the kernel's fast path: the price of each side. */
const SYSCALL_HOOK_NS: Readonly<Record<string, number>> = {
  'vfs tp_btf': 58,
  'syscall tp_btf': 58,
  'syscall raw_tp': 58,
};

/**
 * Of the programs, by probe; `probe method` where another method's take another time. By bench/run-costs.ts, each probe
 * alone with its own worst case; what that machine's kernel refuses (fexit, kprobe) or nothing there provokes often
 * (oom, retransmit) is on the high side of its like.
 */
const RUN_NS: Readonly<Record<string, number>> = {
  sched: 120,
  block: 600,
  vfs: 120,
  'vfs tp_btf': 90,
  oom: 3000,
  faults: 650,
  'fault-latency': 150,
  pages: 130, // of others' allocations; one that is counted takes some 7,000
  reclaim: 400,
  retransmit: 1500,
  drops: 90,
  'container-traffic': 110,
  tasks: 300,
  wakeups: 90,
  lockup: 3000,
  process: 1500,
  fork: 1500,
  syscall: 120,
};
/** Of a probe that nobody has measured. */
const UNKNOWN_RUN_NS = 500;

/** What the statistics add to each run while they are on, at most (they read the clock twice). */
export const STATISTICS_NS = 40;

/** Nanoseconds that a probe's hook costs at each run. */
export function hookNs(probe: string, method: string): number {
  return SYSCALL_HOOK_NS[`${probe} ${method}`] ?? HOOK_NS[method] ?? 0;
}

/** Nanoseconds that a probe's programs take for a run, until they are measured. */
export function calibratedNs(probe: string, method: string): number {
  return RUN_NS[`${probe} ${method}`] ?? RUN_NS[probe] ?? UNKNOWN_RUN_NS;
}
