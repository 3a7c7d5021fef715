// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts task switches that no BPF program saw. A program that runs at every switch finds as `prev`
 * the task that it saw as `next` on this CPU before; where it doesn't, a switch to `prev` went by
 * unseen.
 */
#include "../../../bpf/kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} running SEC(".maps");

/* By thread group. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u64);
} unseen SEC(".maps");

SEC("tp_btf/sched_switch")
int BPF_PROG(unseen_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__u32 zero = 0, tgid = prev->tgid;
	__u64 *last = bpf_map_lookup_elem(&running, &zero), *count, one = 1;

	if (!last)
		return 0;
	/* A task is not 0; the first switch of a CPU has no past. */
	if (*last && *last != (__u64)prev) {
		count = bpf_map_lookup_elem(&unseen, &tgid);
		if (count)
			__sync_fetch_and_add(count, 1);
		else
			bpf_map_update_elem(&unseen, &tgid, &one, BPF_ANY);
	}
	*last = (__u64)next;
	return 0;
}
