import type {CgroupTasks} from '../../native/processes.ts';
import type {ContainerRow} from '../../types/stream.ts';
import {round} from '../../util/round.ts';

/** What the process table says of cgroups, for the rows of those that they are in or below. */
export class ContainerTasks {
  private cgroups: readonly CgroupTasks[] = [];
  private isKnown = false;

  /** `path`: of a cgroup of the unified hierarchy. */
  constructor(private readonly path: (id: bigint) => string | undefined) {}

  /** Of a pass; undefined: there was none. */
  take(cgroups: readonly CgroupTasks[] | undefined): void {
    this.isKnown = cgroups !== undefined;
    this.cgroups = cgroups ?? [];
  }

  /** The sums of these cgroups' processes, by path; none where there was no pass. */
  of(paths: readonly string[]): Map<string, Partial<ContainerRow>> {
    if (!this.isKnown) return new Map();
    const sums = new Map(paths.map((path) => [path, {processes: 0, threads: 0, delayNs: 0, isKnown: true}]));
    for (const {cgroup, ...tasks} of this.cgroups) {
      const path = this.path(cgroup) ?? '';
      for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
        const sum = sums.get(path.slice(0, end));
        if (!sum) continue;
        sum.processes += tasks.processes;
        sum.threads += tasks.threads;
        sum.delayNs += tasks.delayNs;
        sum.isKnown &&= tasks.isKnown;
      }
    }
    return new Map([...sums].map(([path, sum]) => [path, figures(sum)]));
  }
}

function figures({processes, threads, delayNs, isKnown}: Omit<CgroupTasks, 'cgroup'>): Partial<ContainerRow> {
  return {processes, threads, ...(isKnown && {run_delay_ms: round(delayNs / 1e6, 3)})};
}
