import type {SlowFile, Who} from '../../types/detail.ts';
import type {VfsOp, VfsSlowEvent} from '../../types/stream.ts';
import {whoOf} from './owner.ts';
import type {Entry} from './ranking.ts';

/** The slow calls of one kind on one file. */
export class SlowCalls implements Entry<SlowCalls> {
  #who: Who = {};
  #file = '';
  #op: VfsOp = 'read';
  #fs?: string;
  #calls = 0;
  #total = 0;
  #worst = 0;

  /** What tells files apart. */
  static key(event: VfsSlowEvent): string {
    return `${event.op} ${fileOf(event)}`;
  }

  get weight(): number {
    return this.#total;
  }

  add(event: VfsSlowEvent): void {
    this.#calls++;
    this.#total += event.latency_us;
    if (event.latency_us < this.#worst) return;
    this.#worst = event.latency_us;
    this.#who = whoOf(event);
    [this.#file, this.#op, this.#fs] = [fileOf(event), event.op, event.fs];
  }

  merge(from: SlowCalls): void {
    this.#calls += from.#calls;
    this.#total += from.#total;
    if (from.#worst < this.#worst) return;
    this.#worst = from.#worst;
    this.#who = from.#who;
    [this.#file, this.#op, this.#fs] = [from.#file, from.#op, from.#fs];
  }

  row(): SlowFile {
    const figures = {calls: this.#calls, total_us: this.#total, worst_us: this.#worst};
    return {...this.#who, file: this.#file, op: this.#op, fs: this.#fs, ...figures};
  }
}

function fileOf({path, name, inode}: VfsSlowEvent): string {
  return path ?? name ?? (inode === undefined ? '-' : `inode ${inode}`);
}
