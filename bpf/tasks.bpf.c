// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process table: what the kernel has accounted to each thread, read once an interval.
 *
 * A row for each thread; user space sums them up by process. What threads that ended had counted
 * lies with the process (signal_struct) and is added to the leader's row, but for their run-queue
 * delay, which the kernel doesn't keep.
 */
#include "counters.h"
#include "tasks.h"

/* A task's state was a long named state until 5.14. */
struct task_struct___5_13 {
	long state;
} __attribute__((preserve_access_index));

static __always_inline __u32 state_of(struct task_struct *task)
{
	struct task_struct___5_13 *old = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return task->__state | task->exit_state;
	return BPF_CORE_READ(old, state) | task->exit_state;
}

/*
 * How long a task has been waiting now: for a CPU since the kernel put it into a run queue, or for
 * whatever an uninterruptible sleep is about since it last ran. 0: it isn't, or unknown.
 */
static __always_inline __u64 waiting_ns(struct task_struct *task, __u32 state)
{
	__u64 queued = task->sched_info.last_queued;
	struct rq *rq;
	s64 ns;

	if ((state & KS_TASK_UNINTERRUPTIBLE) && !(state & KS_TASK_NOLOAD))
		return asleep_ns(task);
	if (state || !queued || task->on_cpu)
		return 0;
	rq = queue_of(task);
	if (!rq)
		return 0;
	ns = BPF_CORE_READ(rq, clock) - queued;
	return ns > 0 ? ns : 0;
}

/* What is the process's, not the thread's. */
static __always_inline void describe_process(struct ks_task_row *row, struct task_struct *task)
{
	struct signal_struct *signal = task->signal;

	row->minor += BPF_CORE_READ(signal, min_flt);
	row->major += BPF_CORE_READ(signal, maj_flt);
	row->voluntary += BPF_CORE_READ(signal, nvcsw);
	row->involuntary += BPF_CORE_READ(signal, nivcsw);
	row->cpu_ns += BPF_CORE_READ(signal, sum_sched_runtime);
	row->ppid = BPF_CORE_READ(task, real_parent, tgid);
	row->uid = BPF_CORE_READ(task, cred, uid.val);
	row->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	BPF_CORE_READ_INTO(&row->comm, task, comm);
}

SEC("iter/task")
int list_tasks(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	struct ks_counters *n = this_cpu();
	struct ks_task_row row = {};
	struct mm_struct *mm;

	if (!n || !task)
		return 0;
	ks_add(&n->runs, 1);
	/* A process is chosen as a whole: by its leader's name. */
	if (settings.filter_flags && !ks_task_wanted(BPF_CORE_READ(task, group_leader)))
		return 0;
	row.tgid = task->tgid;
	row.tid = task->pid;
	row.start_ns = task->start_time;
	row.cpu_ns = task->se.sum_exec_runtime;
	row.delay_ns = task->sched_info.run_delay;
	row.voluntary = task->nvcsw;
	row.involuntary = task->nivcsw;
	row.minor = task->min_flt;
	row.major = task->maj_flt;
	row.state = state_of(task);
	row.waiting_ns = waiting_ns(task, row.state);
	mm = task->mm;
	if (row.tgid == row.tid)
		describe_process(&row, task);
	/* A leader that ended before its threads has no memory left. */
	if (mm && (row.tgid == row.tid || !BPF_CORE_READ(task, group_leader, mm)))
		row.rss_pages = rss_pages(mm);
	bpf_seq_write(seq, &row, sizeof(row));
	return 0;
}
