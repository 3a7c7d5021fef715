// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often the threads of each process were woken up, new ones started included. Counted where
 * the task is put into a run queue, whoever did it.
 */
#include "counters.h"

/* A process, told from an earlier one of its number by its start. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, struct ks_wakeup_key);
	__type(value, __u64);
} wakeups SEC(".maps");

static __always_inline int count(struct task_struct *task)
{
	struct ks_counters *n = this_cpu();
	struct ks_wakeup_key key = {};
	struct task_struct *leader = task->group_leader;
	__u64 *sum, zero = 0;

	if (n)
		ks_add(&n->runs, 1);
	if (settings.filter_flags && !ks_task_wanted(leader))
		return 0;
	key.start_ns = leader->start_time;
	key.pid = task->tgid;
	sum = bpf_map_lookup_elem(&wakeups, &key);
	if (!sum) {
		bpf_map_update_elem(&wakeups, &key, &zero, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(&wakeups, &key);
	}
	if (sum)
		/* Two CPUs may wake threads of one process at a time. */
		__sync_fetch_and_add(sum, 1);
	return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(sched_wakeup, struct task_struct *task)
{
	return count(task);
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(sched_wakeup_new, struct task_struct *task)
{
	return count(task);
}
