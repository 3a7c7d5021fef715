import type {KernelEvent, VfsSlowEvent} from '../../types/stream.ts';
import {type Part, worse} from './part.ts';
import {Tally} from './tally.ts';

/** Which files were slow, in which operation, on which kind of file system. */
export class VfsFacts implements Part<VfsFacts> {
  reports = 0;
  worst?: VfsSlowEvent;
  readonly ops = new Tally();
  readonly fileSystems = new Tally();
  /** By path, or name where the path isn't known. */
  readonly files = new Tally();

  add(event: KernelEvent): void {
    if (!isSlow(event)) return;
    this.reports++;
    this.worst = worse(this.worst, event);
    this.ops.add(event.op, 1);
    if (event.fs !== undefined) this.fileSystems.add(event.fs, 1);
    const file = event.path ?? event.name;
    if (file !== undefined) this.files.add(file, 1);
  }

  merge(from: VfsFacts): void {
    this.reports += from.reports;
    this.worst = worse(this.worst, from.worst);
    for (const field of ['ops', 'fileSystems', 'files'] as const) this[field].merge(from[field]);
  }
}

function isSlow(event: KernelEvent): event is VfsSlowEvent {
  // What sleeps by design is no slow file.
  return event.type === 'VFS_SLOW' && event.severity !== 'info';
}
