import type {TaskFaults} from '../../native/snapshot.ts';
import type {ProcessFaults} from './reader.ts';

/** Rows of a sample (CONTRACT: --top). */
const TOP = 50;

interface Sum {
  pid: number;
  comm: string;
  minor: number;
  major: number;
}

/**
 * Threads' cumulative faults -> what each process had since the last pass. A process that was there at the first pass
 * begins there; one that came later begins with its birth. Those that end between two passes are not seen any more.
 */
export class FaultGrowth {
  private last: Map<string, Sum> | undefined;

  /** The processes that had faults, most first, at most 50. */
  next(threads: readonly TaskFaults[]): ProcessFaults[] {
    const sums = sumUp(threads);
    const before = this.last;
    const grown: ProcessFaults[] = [];
    for (const [key, sum] of sums) {
      const old = before?.get(key);
      // A thread on its way out is in neither of the two for a moment.
      sum.minor = Math.max(sum.minor, old?.minor ?? 0);
      sum.major = Math.max(sum.major, old?.major ?? 0);
      const row = growth(sum, old);
      if (before && row.minor_faults + row.major_faults > 0) grown.push(row);
    }
    this.last = sums;
    return grown.sort((a, b) => weight(b) - weight(a)).slice(0, TOP);
  }

  /** The next pass begins anew: nothing was looked at meanwhile. */
  forget(): void {
    this.last = undefined;
  }
}

const weight = (row: ProcessFaults): number => row.minor_faults + row.major_faults;

function growth(sum: Sum, old: Sum | undefined): ProcessFaults {
  return {
    pid: sum.pid,
    comm: sum.comm,
    minor_faults: sum.minor - (old?.minor ?? 0),
    major_faults: sum.major - (old?.major ?? 0),
  };
}

function sumUp(threads: readonly TaskFaults[]): Map<string, Sum> {
  const sums = new Map<string, Sum>();
  for (const {tgid, startNs, minor, major, comm} of threads) {
    const key = `${tgid} ${startNs}`;
    const sum = sums.get(key) ?? {pid: tgid, comm: '', minor: 0, major: 0};
    sum.minor += minor;
    sum.major += major;
    if (comm !== undefined) sum.comm = comm;
    sums.set(key, sum);
  }
  return sums;
}
