import type {KernelEvent, SchedLatencyEvent} from '../../types/stream.ts';
import {type Part, worse} from './part.ts';
import {Tally} from './tally.ts';

/** Kernel priorities below this are real-time (MAX_RT_PRIO, include/linux/sched/prio.h). */
const MAX_RT_PRIO = 100;

/** Who waited for a CPU, where, and behind whom. */
export class SchedFacts implements Part<SchedFacts> {
  reports = 0;
  throttledReports = 0;
  /** Waits of real-time tasks. */
  realTimeReports = 0;
  worst?: SchedLatencyEvent;
  /** Reported waits by the task that ran before, as `pid comm`. */
  readonly behind = new Tally();
  /** The same by the name alone: many processes of one kind. */
  readonly behindName = new Tally();
  /** Waits on each CPU that were not throttled, and the names of those who ran there before. */
  readonly cpus = new Tally();
  readonly behindOnCpu = new Tally();
  /** Throttled waits by cgroup (or name, where it isn't known). */
  readonly throttled = new Tally();
  /** Waits of real-time tasks as `pid comm`. */
  readonly realTime = new Tally();

  /** Microseconds of reported waits by who waited, as [pid, comm]; without what was throttled. */
  readonly waited = new Tally();
  /** Microseconds by who waited and behind whom, as [pid, comm, pid, comm]. */
  readonly blamed = new Tally();

  add(event: KernelEvent): void {
    if (!isWait(event)) return;
    this.reports++;
    if (event.cause === 'throttled') {
      this.throttledReports++;
      this.throttled.add(event.cgroup ?? event.comm ?? 'unknown', 1);
      return;
    }
    this.#blame(event);
    this.cpus.add(String(event.cpu), 1);
    if (event.prev_pid > 0) {
      this.behind.add(`${event.prev_pid} ${event.prev_comm}`, 1);
      this.behindName.add(event.prev_comm, 1);
      this.behindOnCpu.add(`${event.cpu} ${event.prev_comm}`, 1);
    }
    if (event.prio < MAX_RT_PRIO) {
      this.realTimeReports++;
      this.realTime.add(`${event.pid ?? '-'} ${event.comm ?? '-'}`, 1);
    }
    this.worst = worse(this.worst, event);
  }

  #blame({pid, comm, latency_us, throttled_us = 0, culprits = []}: SchedLatencyEvent): void {
    if (pid === undefined || comm === undefined) return;
    this.waited.add(JSON.stringify([pid, comm]), Math.max(0, latency_us - throttled_us));
    for (const culprit of culprits)
      this.blamed.add(JSON.stringify([pid, comm, culprit.pid, culprit.comm]), culprit.ran_us);
  }

  merge(from: SchedFacts): void {
    this.reports += from.reports;
    this.throttledReports += from.throttledReports;
    this.realTimeReports += from.realTimeReports;
    this.worst = worse(this.worst, from.worst);
    for (const field of [
      'behind',
      'behindName',
      'cpus',
      'behindOnCpu',
      'throttled',
      'realTime',
      'waited',
      'blamed',
    ] as const)
      this[field].merge(from[field]);
  }
}

function isWait(event: KernelEvent): event is SchedLatencyEvent {
  return event.type === 'SCHED_LATENCY';
}
