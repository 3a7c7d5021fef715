/**
 * What a run costs where it can't be measured on the spot, and what no measurement shows. Measured on an AMD EPYC at
 * 3 GHz under Linux 6.18 (bench/README.md says how each): nanoseconds. A slower machine pays more: wherever the kernel
 * lets kstop measure, what was measured here serves only until the first measurement.
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
  iter: 150,
};

/** With programs at sys_enter and sys_exit every system call leaves the kernel's fast path: the price of each side. */
const SYSCALL_HOOK_NS: Readonly<Record<string, number>> = {'vfs tp_btf': 58};

/** Of the programs, by probe; `probe method` where another method's take another time. */
const RUN_NS: Readonly<Record<string, number>> = {
  sched: 105,
  block: 500,
  vfs: 120,
  'vfs tp_btf': 70,
  oom: 3000,
  faults: 250,
  'fault-latency': 150,
  retransmit: 1500,
  drops: 85,
  'container-traffic': 70,
  lockup: 3000,
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
