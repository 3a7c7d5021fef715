import {type ProbeCounts, readHistRows, readSyscallRows, type SyscallRow} from '../../native/snapshot.ts';
import {syscallOf} from '../../native/syscalls/classes.ts';
import {syscallName} from '../../native/syscalls/names.ts';
import type {FocusSyscall} from '../../types/stream.ts';
import {Deltas, histogramOf} from './deltas.ts';
import {FocusRows} from './focus-rows.ts';
import type {ProbeReader, SampleParts} from './reader.ts';

/** ks_syscall_cpu.hist: of calls, and of what sleeps by design. */
const NAMES = ['syscall', 'syscall_waits'] as const;

/** Histograms of system calls, slow ones by name, and the table of calls of the process that is looked into. */
export class SyscallReader implements ProbeReader {
  private readonly deltas = new Deltas();
  private readonly focus = NAMES.map((name) => new FocusRows(name));
  private readonly calls = new FocusCalls();

  read(view: DataView, _counts: ProbeCounts, into: SampleParts): void {
    const all = readHistRows(view);
    for (const [op, name] of NAMES.entries()) {
      const rows = all.filter((row) => row.op === op);
      for (const row of this.focus[op]?.take(rows, into.focus, () => ({})) ?? []) {
        const histogram = histogramOf(name, {}, this.deltas.next(name, row));
        if (histogram.count > 0) into.histograms.push(histogram);
      }
    }
    const table = readSyscallRows(view);
    for (const {entry, slow} of table) {
      if (slow > 0) into.counters.push({name: 'syscall_slow', labels: {syscall: nameOf(entry)}, value: slow});
    }
    into.focusSyscalls.push(...this.calls.take(table, all.find(({focusPid}) => focusPid !== 0)?.focusPid));
  }
}

function nameOf(entry: number): string {
  const {number, compat} = syscallOf(entry);
  if (number !== undefined) return syscallName(number, compat);
  return compat ? 'other (32-bit)' : 'other';
}

interface Last {
  count: number;
  totalNs: number;
  /** A maximum whose count had not come yet; 0: none. */
  leftNs: number;
}

/** What the calls of one process grew by; its first snapshot is only what later ones are compared with. */
class FocusCalls {
  private readonly last = new Map<number, Last>();
  private pid = 0;

  /** `looked`: whom the other rows are of, if anybody; the table may be empty yet. */
  take(rows: readonly SyscallRow[], looked?: number): FocusSyscall[] {
    const pid = looked ?? rows[0]?.focusPid ?? 0;
    const first = pid !== this.pid;
    this.pid = pid;
    const calls = rows.map((row) => this.next(row, first));
    return first || pid === 0 ? [] : calls.filter(({count}) => count > 0);
  }

  private next({entry, count, totalNs, maxNs}: SyscallRow, first: boolean): FocusSyscall {
    const before = this.last.get(entry) ?? {count: 0, totalNs: 0, leftNs: 0};
    const grown = count - before.count;
    const longest = Math.max(maxNs, before.leftNs);
    this.last.set(entry, {count, totalNs, leftNs: grown === 0 && !first ? longest : 0});
    const {number} = syscallOf(entry);
    return {
      ...(number !== undefined && {syscall: number}),
      syscall_name: nameOf(entry),
      count: grown,
      total_us: (totalNs - before.totalNs) / 1000,
      // Of a call that was counted while the next interval began, the next one tells.
      ...(longest > 0 && {max_us: longest / 1000}),
    };
  }
}
