import type {Waiter, Who} from '../../types/detail.ts';
import type {SchedLatencyEvent} from '../../types/stream.ts';
import {Frequent} from './frequent.ts';
import {called, whoOf} from './owner.ts';
import type {Entry} from './ranking.ts';

/** One task's reported waits for a CPU. */
export class Waits implements Entry<Waits> {
  #who: Who = {};
  #waits = 0;
  #total = 0;
  #worst = 0;
  readonly #behind = new Frequent();

  get weight(): number {
    return this.#total;
  }

  add(event: SchedLatencyEvent): void {
    this.#who = whoOf(event);
    this.#waits++;
    this.#total += event.latency_us;
    this.#worst = Math.max(this.#worst, event.latency_us);
    this.#behind.add(behind(event), event.latency_us);
  }

  merge(from: Waits): void {
    this.#who = from.#who;
    this.#waits += from.#waits;
    this.#total += from.#total;
    this.#worst = Math.max(this.#worst, from.#worst);
    this.#behind.merge(from.#behind);
  }

  row(): Waiter {
    const behind = this.#behind.top();
    return {...this.#who, waits: this.#waits, total_us: this.#total, worst_us: this.#worst, behind};
  }
}

function behind({cause, prev_pid, prev_comm}: SchedLatencyEvent): string {
  if (cause === 'throttled') return 'its own limit (cpu.max)';
  return prev_pid === 0 ? 'an idle CPU' : (called({pid: prev_pid, comm: prev_comm}) ?? '-');
}
