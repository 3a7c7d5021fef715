import {existsSync, mkdirSync, rmdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {read} from './witness.ts';

const TRACING = '/sys/kernel/tracing';
const EVENTS = 'events/vmscan/mm_vmscan_memcg_reclaim';

export interface Reclaim {
  us: number;
  pages: number;
}

/** Why the kernel's own trace can't tell of reclaims; undefined when it can. */
export function lacksReclaimTrace(): string | undefined {
  return existsSync(join(TRACING, `${EVENTS}_begin`)) ? undefined : 'tracefs is not mounted here';
}

/** What the kernel's own trace says of a process's reclaims for its memory cgroup. */
export class ReclaimTrace {
  private readonly folder: string;

  constructor(t: ExecutionContext, pid: number) {
    this.folder = join(TRACING, 'instances', `kstop-test-${process.pid}-${pid}`);
    mkdirSync(this.folder);
    t.teardown(() => rmdirSync(this.folder));
    for (const [file, text] of [
      ['trace_clock', 'mono'],
      ['set_event_pid', String(pid)],
      [`${EVENTS}_begin/enable`, '1'],
      [`${EVENTS}_end/enable`, '1'],
    ])
      writeFileSync(join(this.folder, file), text);
  }

  read(): Reclaim[] {
    const line = /\s([\d.]+): mm_vmscan_memcg_reclaim_(?:begin|end: nr_reclaimed=(\d+))/g;
    const all: Reclaim[] = [];
    let began = Number.NaN;
    for (const [, seconds, pages] of read(join(this.folder, 'trace')).matchAll(line)) {
      const us = Number(seconds) * 1e6;
      if (pages === undefined) began = us;
      else all.push({us: us - began, pages: Number(pages)});
    }
    return all;
  }
}
