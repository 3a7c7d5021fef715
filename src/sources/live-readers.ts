import type {Engine} from '../native/engine.ts';
import {ROWS} from '../util/limits.ts';
import type {CgroupPaths} from './cgroup-paths.ts';
import type {ContainerNames} from './container-names.ts';
import type {ContainerTasks} from './containers/tasks.ts';
import type {DropSetup} from './drop-setup.ts';
import type {PageCount} from './focus/pages.ts';
import type {LiveProbes} from './live-probes.ts';
import {inOwnPidNamespace} from './pid-namespace.ts';
import {BlockReader} from './readers/block.ts';
import {ContainerTrafficReader} from './readers/container-traffic.ts';
import {DropReader} from './readers/drops.ts';
import {FaultLatencyReader} from './readers/fault-latency.ts';
import {FaultsReader} from './readers/faults.ts';
import {ProcessReader} from './readers/process.ts';
import type {ProbeReader} from './readers/reader.ts';
import {ReclaimReader} from './readers/reclaim.ts';
import type {RetransmitReader} from './readers/retransmit.ts';
import {SchedReader} from './readers/sched.ts';
import {SyscallReader} from './readers/syscall.ts';
import {TasksReader} from './readers/tasks.ts';
import {VfsReader} from './readers/vfs.ts';
import {WakeupsReader} from './readers/wakeups.ts';

/** What readers need of the source that they read for. */
export interface ReaderParts {
  engine: Engine;
  probes: LiveProbes;
  cgroups: CgroupPaths;
  containers: ContainerNames;
  containerTasks: ContainerTasks;
  drops: DropSetup;
  retransmits: RetransmitReader;
  pages: PageCount;
  /** Is only a part of the host looked at? */
  filtered: boolean;
  /** Process rows of a sample; 50 without it. */
  top?: number;
}

/** The reader of each probe's snapshots, by its id. */
export function liveReaders(parts: ReaderParts): Readonly<Record<string, ProbeReader>> {
  const {engine, probes, cgroups, containers} = parts;
  const cgroupPath = (id: bigint) => cgroups.get(id, true);
  const wakeups = new WakeupsReader(() => probes.isOn('wakeups'));
  return {
    sched: new SchedReader(),
    block: new BlockReader({
      read: () => (probes.isOn('block') ? engine.requests(false) : undefined),
      nowNs: () => Number(engine.clocks()[0]),
      leastNs: () => (probes.thresholds.block_warn_us ?? 0) * 1000,
      cgroupPath,
    }),
    vfs: new VfsReader(),
    syscall: new SyscallReader(),
    process: new ProcessReader(),
    retransmit: parts.retransmits,
    drops: new DropReader(() => parts.drops.reasons),
    'container-traffic': new ContainerTrafficReader(cgroupPath),
    wakeups,
    tasks: new TasksReader({
      top: parts.top ?? ROWS,
      wakeups: (pid) => wakeups.of(pid),
      sameNumbers: !inOwnPidNamespace(),
      container: (cgroup) => containers.ofCgroup(cgroup),
      cgroups: (tasks) => parts.containerTasks.take(tasks),
    }),
    faults: new FaultsReader(() => !parts.filtered && probes.isOn('faults')),
    'fault-latency': new FaultLatencyReader(),
    reclaim: new ReclaimReader(),
    pages: parts.pages,
  };
}
