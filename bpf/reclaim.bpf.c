// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long tasks are held up because they must free memory before they get their own: the host's
 * (direct reclaim), or that of a memory cgroup at its limit. Each is counted; an event for what
 * takes as long as the threshold. kswapd, which frees memory ahead of time, passes neither point.
 *
 * A task reclaims once at a time: while it does, its own allocations don't wait for memory.
 */
#define KS_CPU ks_reclaim_cpu
#include "counters.h"

struct start {
	__u64 ns;
	__s32 order;
	__u32 reclaim;
};

/* A reclaim takes so long that a search in a hash is nothing beside it. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct start);
} starts SEC(".maps");

/*
 * The arguments stand in the same order as the fields of the trace record: the order of the pages
 * before the flags, and from 7.x on after them. Without the record's type nobody knows.
 */
static __always_inline __s32 order_of(__u64 first, __u64 second)
{
	struct trace_event_raw_mm_vmscan_direct_reclaim_begin_template *record = NULL;

	if (!bpf_core_field_exists(record->order) || !bpf_core_field_exists(record->gfp_flags))
		return -1;
	return bpf_core_field_offset(record->order) < bpf_core_field_offset(record->gfp_flags)
		       ? first
		       : second;
}

static __always_inline int begin(__u32 reclaim, __u64 first, __u64 second)
{
	struct ks_counters *n = this_cpu();
	__u32 tid = bpf_get_current_pid_tgid();
	struct start start = {};

	if (n)
		ks_add(&n->runs, 1);
	if (!ks_task_wanted((void *)bpf_get_current_task()))
		return 0;
	start.ns = bpf_ktime_get_ns();
	start.order = order_of(first, second);
	start.reclaim = reclaim;
	bpf_map_update_elem(&starts, &tid, &start, BPF_ANY);
	return 0;
}

static __always_inline void tell(struct ks_counters *n, const struct start *start, __u64 ns,
				 __u64 bytes)
{
	struct ks_reclaim_event *event = ks_reserve(n, KS_RECLAIM_STALL, sizeof(*event));

	if (!event)
		return;
	ks_own_by_task(&event->e, (void *)bpf_get_current_task());
	event->latency_ns = ns;
	event->reclaimed_bytes = bytes;
	event->reclaim = start->reclaim;
	event->order = start->order;
	ks_submit(n, event);
}

static __always_inline int end(__u32 reclaim, __u64 pages)
{
	__u64 now = bpf_ktime_get_ns(), bytes = pages << (settings.page_shift & 31);
	__u32 tid = bpf_get_current_pid_tgid();
	struct ks_reclaim_cpu *cpu = cpu_cell();
	struct start *kept, start;

	if (!cpu)
		return 0;
	ks_add(&cpu->n.runs, 1);
	kept = bpf_map_lookup_elem(&starts, &tid);
	if (!kept)
		return 0;
	start = *kept;
	bpf_map_delete_elem(&starts, &tid);
	/* Begun before a pause, or another's that had the number and whose end nobody saw. */
	if (start.ns < settings.attach_ns || start.reclaim != reclaim)
		return 0;
	ks_hist_add_shared(&cpu->hist[reclaim], now - start.ns);
	ks_add(&cpu->bytes[reclaim], bytes);
	if (now - start.ns >= settings.warn_ns)
		tell(&cpu->n, &start, now - start.ns, bytes);
	return 0;
}

SEC("tp_btf/mm_vmscan_direct_reclaim_begin")
int direct_begin(__u64 *args)
{
	return begin(KS_RECLAIM_DIRECT, args[0], args[1]);
}

SEC("tp_btf/mm_vmscan_direct_reclaim_end")
int direct_end(__u64 *args)
{
	return end(KS_RECLAIM_DIRECT, args[0]);
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_begin")
int memcg_begin(__u64 *args)
{
	return begin(KS_RECLAIM_MEMCG, args[0], args[1]);
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_end")
int memcg_end(__u64 *args)
{
	return end(KS_RECLAIM_MEMCG, args[0]);
}

SEC("raw_tp/mm_vmscan_direct_reclaim_begin")
int direct_raw_begin(struct bpf_raw_tracepoint_args *ctx)
{
	return begin(KS_RECLAIM_DIRECT, ctx->args[0], ctx->args[1]);
}

SEC("raw_tp/mm_vmscan_direct_reclaim_end")
int direct_raw_end(struct bpf_raw_tracepoint_args *ctx)
{
	return end(KS_RECLAIM_DIRECT, ctx->args[0]);
}

SEC("raw_tp/mm_vmscan_memcg_reclaim_begin")
int memcg_raw_begin(struct bpf_raw_tracepoint_args *ctx)
{
	return begin(KS_RECLAIM_MEMCG, ctx->args[0], ctx->args[1]);
}

SEC("raw_tp/mm_vmscan_memcg_reclaim_end")
int memcg_raw_end(struct bpf_raw_tracepoint_args *ctx)
{
	return end(KS_RECLAIM_MEMCG, ctx->args[0]);
}
