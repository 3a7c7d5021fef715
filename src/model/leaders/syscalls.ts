import type {SlowSyscall, Who} from '../../types/detail.ts';
import type {SyscallSlowEvent, SyscallSum} from '../../types/stream.ts';
import {round} from '../../util/round.ts';
import {whoOf} from './owner.ts';
import type {Entry} from './ranking.ts';

/** The slow calls of one system call. */
export class Syscalls implements Entry<Syscalls> {
  #who: Who = {};
  #name = '';
  #calls = 0;
  #failed = 0;
  #total = 0;
  #worst = 0;

  get weight(): number {
    return this.#total;
  }

  add(event: SyscallSlowEvent): void {
    this.#name = event.syscall_name;
    this.#calls++;
    if (event.errno !== undefined) this.#failed++;
    this.#total += event.latency_us;
    if (event.latency_us < this.#worst) return;
    this.#worst = event.latency_us;
    this.#who = whoOf(event);
  }

  merge(from: Syscalls): void {
    this.#name = from.#name;
    this.#calls += from.#calls;
    this.#failed += from.#failed;
    this.#total += from.#total;
    if (from.#worst < this.#worst) return;
    this.#worst = from.#worst;
    this.#who = from.#who;
  }

  /** As the summary carries it. */
  sum(): SyscallSum {
    const {pid, comm} = this.#who;
    const worst = {...(pid !== undefined && {worst_pid: pid}), ...(comm !== undefined && {worst_comm: comm})};
    const figures = {calls: this.#calls, failed: this.#failed, total_us: round(this.#total, 3), max_us: this.#worst};
    return {syscall_name: this.#name, ...figures, ...worst};
  }

  row(): SlowSyscall {
    const figures = {calls: this.#calls, failed: this.#failed, total_us: this.#total, worst_us: this.#worst};
    return {...this.#who, name: this.#name, ...figures};
  }
}
