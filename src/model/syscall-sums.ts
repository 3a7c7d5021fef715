import type {FocusSyscall} from '../types/stream.ts';

/** More names than any kernel has system calls: what comes beyond is dropped. */
const MAX_SYSCALLS = 1024;

/** Calls by name, added up. */
export class SyscallSums {
  readonly #byName = new Map<string, FocusSyscall>();

  get list(): FocusSyscall[] {
    return [...this.#byName.values()].map((each) => ({...each}));
  }

  add(call: FocusSyscall): void {
    const into = this.#byName.get(call.syscall_name);
    if (!into) {
      if (this.#byName.size < MAX_SYSCALLS) this.#byName.set(call.syscall_name, {...call});
      return;
    }
    into.count += call.count;
    into.total_us += call.total_us;
    if (call.max_us !== undefined) into.max_us = Math.max(into.max_us ?? 0, call.max_us);
  }
}
