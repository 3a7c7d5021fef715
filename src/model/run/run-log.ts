import type {
  KernelEvent,
  ProcessExitEvent,
  ProcessRow,
  Sample,
  Summary,
  SyscallSlowEvent,
  TaskState,
} from '../../types/stream.ts';
import {Blamed} from '../leaders/blame.ts';
import {Syscalls} from '../leaders/syscalls.ts';
import {Heaviest} from './heaviest.ts';
import {ProcessTotal} from './process-sums.ts';

/** Rows of a sample that are looked at: no more than are kept. */
const MAX_PROCESSES = 128;
/** Rows of each list. */
const MAX_ROWS = 10;
/** A process that had less of the run than this is of no matter. */
const MIN_SHARE = 0.005;

const LEFTOVERS: readonly (TaskState | undefined)[] = ['zombie', 'dead'];

/** Who had most over the whole run: processes, who waited because of whom, slow system calls. Bounded, however long it is. */
export class RunLog {
  readonly #processes = new Heaviest(() => new ProcessTotal());
  readonly #blame = new Heaviest(() => new Blamed());
  readonly #syscalls = new Heaviest(() => new Syscalls());
  #ended = 0;

  event(event: KernelEvent): void {
    if (event.type === 'SYSCALL_SLOW') this.#syscall(event as SyscallSlowEvent);
    else if (event.type === 'PROCESS_EXIT') this.#exit(event as ProcessExitEvent);
  }

  /** The busiest rows of a sample come first. */
  sample({processes = []}: Sample): void {
    for (const row of processes.slice(0, MAX_PROCESSES)) this.#process(row);
  }

  /** Takes in the blame of an interval, by victim and culprit. */
  blame(interval: ReadonlyMap<string, Blamed>): void {
    for (const [key, each] of interval) this.#blame.at(key).merge(each);
  }

  /** The lists of the summary, those that have rows. `open`: blame that is not taken in yet. */
  lists(ranMs: number, open: ReadonlyMap<string, Blamed>): Pick<Summary, 'processes' | 'blame' | 'syscalls'> {
    const busy = this.#processes.top().filter(({weight}) => weight > 0 && weight >= MIN_SHARE * ranMs);
    const processes = busy.slice(0, MAX_ROWS).map((each) => each.row());
    const blame = this.#blame.top(open).slice(0, MAX_ROWS);
    const syscalls = this.#syscalls.top().slice(0, MAX_ROWS);
    return {
      ...(processes.length > 0 && {processes}),
      ...(blame.length > 0 && {blame: blame.map((each) => each.sum())}),
      ...(syscalls.length > 0 && {syscalls: syscalls.map((each) => each.sum())}),
    };
  }

  /** What sleeps by design is no slow call. */
  #syscall(event: SyscallSlowEvent): void {
    if (event.severity !== 'info') this.#syscalls.at(event.syscall_name).add(event);
  }

  /** Under two names a process is two, as for blame: a number that is given anew mostly comes with another name. */
  #process(row: ProcessRow): void {
    const key = keyOf(row);
    if (this.#processes.get(key)?.ended && !LEFTOVERS.includes(row.state))
      this.#processes.rename(key, `${key} ended ${++this.#ended}`);
    this.#processes.at(key).add(row);
  }

  #exit(event: ProcessExitEvent): void {
    const total = this.#processes.get(keyOf(event));
    if (total) total.ended = true;
  }
}

function keyOf({pid, comm}: {pid?: number; comm?: string}): string {
  return JSON.stringify([pid, comm]);
}
