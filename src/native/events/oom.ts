import type {OomKillEvent} from '../../types/stream.ts';
import {LAYOUT, WIRE} from '../wire.gen.ts';
import type {Records} from './records.ts';

const CONSTRAINTS = ['none', 'cpuset', 'memory_policy', 'memcg'] as const;
const layout = LAYOUT.oom_event;

export function oomKill(r: Records, at: number): OomKillEvent {
  const flags = r.u32(at + layout.oom_flags);
  const base = r.base(at, 'OOM_KILL', 'memory', 'critical');
  return {
    ...base,
    victim_pid: base.pid ?? r.u32(at + LAYOUT.event.tid),
    victim_comm: base.comm ?? '',
    ...(flags & WIRE.OOM_HAS_MM && {
      total_vm_bytes: r.u64(at + layout.total_vm_bytes),
      rss_bytes: r.u64(at + layout.rss_bytes),
      oom_score_adj: r.view.getInt32(at + layout.oom_score_adj, true),
    }),
    ...(flags & WIRE.OOM_HAS_CONSTRAINT && {constraint: CONSTRAINTS[r.u32(at + layout.constraint)]}),
    ...(flags & WIRE.OOM_HAS_MEMCG && {memcg: memcg(r, at)}),
    ...(flags & WIRE.OOM_HAS_LIMIT && {limit_bytes: r.u64(at + layout.limit_bytes)}),
    ...(flags & WIRE.OOM_HAS_TRIGGER && {
      trigger_pid: r.u32(at + layout.trigger_pid),
      trigger_comm: r.comm(at + layout.trigger_comm),
    }),
  };
}

/** The path; when the cgroup is gone already, the last part of its name, as the kernel copied it. */
function memcg(r: Records, at: number): string {
  const path = r.context.cgroupPath(r.big(at + layout.memcg_id), r.u32(at + layout.memcg_v2) !== 0);
  return path ?? (r.text(at + layout.memcg_name, 64) || '/');
}
