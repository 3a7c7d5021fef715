// SPDX-License-Identifier: GPL-2.0-only
/*
 * Major page faults: the page had to be read from a disk or from swap, and the task waited for it.
 *
 * The kernel's own software event fires where it adds to the task's maj_flt (mm_account_fault), in
 * the task's own context, once however often a fault was retried; a minor fault never comes here.
 * Faults of get_user_pages (direct I/O, ptrace) are in maj_flt alone: the kernel gives them no
 * event.
 *
 * Minor faults come from the kernel's own counts: a task iterator reads them once an interval.
 */
#include "counters.h"
#include <linux/bpf_perf_event.h>

SEC("perf_event")
int major_fault(struct bpf_perf_event_data *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct ks_counters *n = this_cpu();
	struct ks_fault_event *event;

	if (!n)
		return 0;
	ks_add(&n->runs, 1);
	if (settings.quiet || !ks_task_wanted(task))
		return 0;
	event = ks_reserve(n, KS_PAGE_FAULT, sizeof(*event));
	if (!event)
		return 0;
	ks_own_by_task(&event->e, task);
	event->address = ctx->addr;
	ks_submit(n, event);
	return 0;
}

/* A row for each thread. What threads that ended had counted lies with the process: the leader's
 * row has it. */
SEC("iter/task")
int count_faults(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	struct ks_counters *n = this_cpu();
	struct ks_fault_row row = {};

	if (!n || !task)
		return 0;
	ks_add(&n->runs, 1);
	if (!ks_task_wanted(task))
		return 0;
	row.tgid = task->tgid;
	row.tid = task->pid;
	row.start_ns = BPF_CORE_READ(task, group_leader, start_time);
	row.minor = task->min_flt;
	row.major = task->maj_flt;
	if (row.tgid == row.tid) {
		row.minor += BPF_CORE_READ(task, signal, min_flt);
		row.major += BPF_CORE_READ(task, signal, maj_flt);
		BPF_CORE_READ_INTO(&row.comm, task, comm);
	}
	bpf_seq_write(seq, &row, sizeof(row));
	return 0;
}
