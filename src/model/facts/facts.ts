import type {KernelEvent} from '../../types/stream.ts';
import {BlockFacts} from './block.ts';
import {LockupFacts} from './lockup.ts';
import {MemoryFacts} from './memory.ts';
import {NetworkFacts} from './network.ts';
import {ProcessFacts} from './process.ts';
import {SchedFacts} from './sched.ts';
import {VfsFacts} from './vfs.ts';

/** What reported events say beyond the counts, for findings: who was worst, behind whom, on which device, to which peer. */
export class Facts {
  readonly sched = new SchedFacts();
  readonly block = new BlockFacts();
  readonly vfs = new VfsFacts();
  readonly memory = new MemoryFacts();
  readonly network = new NetworkFacts();
  readonly lockup = new LockupFacts();
  readonly process = new ProcessFacts();

  add(event: KernelEvent): void {
    const {sched, block, vfs, memory, network, lockup, process} = this;
    for (const part of [sched, block, vfs, memory, network, lockup, process]) part.add(event);
  }

  merge(from: Facts): void {
    this.sched.merge(from.sched);
    this.block.merge(from.block);
    this.vfs.merge(from.vfs);
    this.memory.merge(from.memory);
    this.network.merge(from.network);
    this.lockup.merge(from.lockup);
    this.process.merge(from.process);
  }
}
