import type {BioLatencyEvent, KernelEvent} from '../../types/stream.ts';
import {type Part, worse} from './part.ts';
import {Tally} from './tally.ts';

/** Which devices were slow, in which part, and for whom. */
export class BlockFacts implements Part<BlockFacts> {
  worst?: BioLatencyEvent;
  readonly reports = new Tally();
  /** Reported microseconds by device: whole latency of those with both parts known, and the queue's part of it. */
  readonly total = new Tally();
  readonly queue = new Tally();
  /** Reports as `device pid comm`. */
  readonly submitters = new Tally();

  /** Microseconds of reported requests by whose they were, as [device, pid, comm]; and by who else had a part, as [device, pid, comm, pid, comm]. */
  readonly waited = new Tally();
  readonly blamed = new Tally();

  add(event: KernelEvent): void {
    if (!isRequest(event)) return;
    this.reports.add(event.device, 1);
    this.worst = worse(this.worst, event);
    if (event.pid !== undefined) this.submitters.add(`${event.device} ${event.pid} ${event.comm ?? '-'}`, 1);
    this.#blame(event);
    if (event.queue_us === undefined || event.device_us === undefined) return;
    this.total.add(event.device, event.queue_us + event.device_us);
    this.queue.add(event.device, event.queue_us);
  }

  #blame({device, pid, comm, latency_us, culprits}: BioLatencyEvent): void {
    if (pid === undefined || comm === undefined || !culprits) return;
    this.waited.add(JSON.stringify([device, pid, comm]), latency_us);
    for (const culprit of culprits) {
      // That a process has many requests at once is its own affair.
      if (culprit.pid === pid) continue;
      const name = culprit.comm ?? culprit.owner;
      if (name !== undefined)
        this.blamed.add(JSON.stringify([device, pid, comm, culprit.pid ?? null, name]), culprit.wait_us);
    }
  }

  merge(from: BlockFacts): void {
    this.worst = worse(this.worst, from.worst);
    for (const field of ['reports', 'total', 'queue', 'submitters', 'waited', 'blamed'] as const)
      this[field].merge(from[field]);
  }

  /** The queue's share of a device's reported time, 0 to 1; undefined when no report tells both. */
  queueShare(device: string): number | undefined {
    const total = this.total.get(device);
    return total > 0 ? this.queue.get(device) / total : undefined;
  }
}

function isRequest(event: KernelEvent): event is BioLatencyEvent {
  return event.type === 'BIO_LATENCY';
}
