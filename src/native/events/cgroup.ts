import {LAYOUT, WIRE} from '../wire.gen.ts';
import type {Records} from './records.ts';

const layout = LAYOUT.cgroup_names;

/** The path of a cgroup whose events follow: it may be gone when they are read. */
export function learnCgroup(r: Records, at: number): void {
  const depth = Math.min(r.u32(at + layout.depth), WIRE.CGROUP_DEPTH);
  const names = Array.from({length: depth}, (_, i) =>
    r.text(at + layout.names + i * WIRE.CGROUP_NAME, WIRE.CGROUP_NAME),
  );
  r.context.learnCgroup?.(r.big(at + LAYOUT.event.cgroup_id), `/${names.reverse().join('/')}`);
}
