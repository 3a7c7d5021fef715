// SPDX-License-Identifier: GPL-2.0-only
/* Processes that processes make. Threads are none, nor are the kernel's own. */
#include "counters.h"

static __always_inline int forked(struct task_struct *parent, struct task_struct *child)
{
	struct ks_counters *n = this_cpu();
	struct ks_fork_event *event;

	if (!n)
		return 0;
	ks_add(&n->runs, 1);
	if (BPF_CORE_READ(child, group_leader) != child ||
	    BPF_CORE_READ(child, flags) & PF_KTHREAD || !ks_task_wanted(parent))
		return 0;
	event = ks_reserve(n, KS_PROCESS_FORK, sizeof(*event));
	if (!event)
		return 0;
	ks_own_by_task(&event->e, parent);
	event->child_pid = BPF_CORE_READ(child, tgid);
	BPF_CORE_READ_INTO(&event->child_comm, child, comm);
	ks_submit(n, event);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child)
{
	return forked(parent, child);
}

SEC("raw_tp/sched_process_fork")
int BPF_PROG(process_fork_raw, struct task_struct *parent, struct task_struct *child)
{
	return forked(parent, child);
}
