import type {SlowRequests} from '../../types/detail.ts';
import type {BioLatencyEvent} from '../../types/stream.ts';
import {Frequent} from './frequent.ts';
import {called} from './owner.ts';
import type {Entry} from './ranking.ts';

/** The reported requests of one device. */
export class Requests implements Entry<Requests> {
  #device = '';
  #reports = 0;
  /** Those with both parts known, and the sums of these. */
  #parted = 0;
  #queue = 0;
  #onDevice = 0;
  readonly #submitters = new Frequent();

  get weight(): number {
    return this.#reports;
  }

  add(event: BioLatencyEvent): void {
    this.#device = event.device;
    this.#reports++;
    const submitter = called(event) ?? (event.owner === 'writeback' ? 'writeback' : undefined);
    if (submitter) this.#submitters.add(submitter, event.latency_us);
    if (event.queue_us === undefined || event.device_us === undefined) return;
    this.#parted++;
    this.#queue += event.queue_us;
    this.#onDevice += event.device_us;
  }

  merge(from: Requests): void {
    this.#device = from.#device;
    this.#reports += from.#reports;
    this.#parted += from.#parted;
    this.#queue += from.#queue;
    this.#onDevice += from.#onDevice;
    this.#submitters.merge(from.#submitters);
  }

  row(): SlowRequests {
    const mean = (sum: number) => (this.#parted > 0 ? sum / this.#parted : undefined);
    const parts = {queue_us: mean(this.#queue), device_us: mean(this.#onDevice)};
    return {device: this.#device, reports: this.#reports, ...parts, submitter: this.#submitters.top()};
  }
}
