import type {KernelEvent, SchedLatencyEvent} from '../../types/stream.ts';
import {monoMs} from '../../util/stamp.ts';
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
  /** Throttled waits by cgroup; '' where it isn't known. */
  readonly throttled = new Tally();
  /** Microseconds that threads were throttled, as [cgroup, pid, comm, tid]: one thread's are never more than the time. */
  readonly heldBack = new Tally();
  /** From when to when those waits were (monotonic milliseconds): the first may have begun before the run. */
  heldFromMs = Number.POSITIVE_INFINITY;
  heldUntilMs = Number.NEGATIVE_INFINITY;
  /** The same by process, as [pid, comm]. */
  readonly limited = new Tally();
  /** Waits of real-time tasks as `pid comm`. */
  readonly realTime = new Tally();

  /** Microseconds of reported waits by who waited, as [pid, comm]; without what was throttled. */
  readonly waited = new Tally();
  /** Microseconds by who waited and behind whom, as [pid, comm, pid, comm]. */
  readonly blamed = new Tally();

  add(event: KernelEvent): void {
    if (!isWait(event)) return;
    this.reports++;
    this.#holdBack(event);
    if (event.cause === 'throttled') {
      this.throttledReports++;
      this.throttled.add(limitedGroup(event), 1);
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

  #holdBack(event: SchedLatencyEvent): void {
    const {pid, comm, tid, cause, latency_us, throttled_us = cause === 'throttled' ? latency_us : 0} = event;
    if (throttled_us === 0) return;
    const untilMs = monoMs(event);
    this.heldFromMs = Math.min(this.heldFromMs, untilMs - latency_us / 1000);
    this.heldUntilMs = Math.max(this.heldUntilMs, untilMs);
    this.heldBack.add(JSON.stringify([limitedGroup(event), pid, comm, tid]), throttled_us);
    this.limited.add(JSON.stringify([pid, comm]), throttled_us);
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
    this.heldFromMs = Math.min(this.heldFromMs, from.heldFromMs);
    this.heldUntilMs = Math.max(this.heldUntilMs, from.heldUntilMs);
    for (const field of [
      'behind',
      'behindName',
      'cpus',
      'behindOnCpu',
      'throttled',
      'heldBack',
      'limited',
      'realTime',
      'waited',
      'blamed',
    ] as const)
      this[field].merge(from[field]);
  }
}

/** The cgroup that may have had the limit: never the root. Under version 1 of cgroups a task's can be another one. */
function limitedGroup({cgroup = ''}: SchedLatencyEvent): string {
  return cgroup === '/' ? '' : cgroup;
}

function isWait(event: KernelEvent): event is SchedLatencyEvent {
  return event.type === 'SCHED_LATENCY';
}
