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

/* Here a task and what it points to are read as they are, without a call of a helper: the verifier
 * knows their types, and with ten thousand tasks each call counts. */

/* A task's state was a long named state until 5.14. */
struct task_struct___5_13 {
	long state;
} __attribute__((preserve_access_index));

static __always_inline __u32 state_of(struct task_struct *task)
{
	struct task_struct___5_13 *old = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return task->__state | task->exit_state;
	return old->state | task->exit_state;
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
	if (!bpf_core_field_exists(task->se.cfs_rq->rq))
		return 0;
	rq = task->se.cfs_rq->rq;
	ns = rq->clock - queued;
	return ns > 0 ? ns : 0;
}

/* What is the process's, not the thread's. */
static __always_inline void describe_process(struct ks_task_row *row, struct task_struct *task)
{
	struct signal_struct *signal = task->signal;

	row->minor += signal->min_flt;
	row->major += signal->maj_flt;
	row->voluntary += signal->nvcsw;
	row->involuntary += signal->nivcsw;
	row->cpu_ns += signal->sum_sched_runtime;
	row->ppid = task->real_parent->tgid;
	row->uid = task->cred->uid.val;
	row->cgroup_id = task->cgroups->dfl_cgrp->kn->id;
	BPF_CORE_READ_INTO(&row->comm, task, comm);
}

/* As rss_pages(), without helpers where the verifier can follow. */
static __always_inline __u64 resident_pages(struct mm_struct *mm)
{
	struct mm_struct___6_1 *old = (void *)mm;
	s64 file, anon, shmem;

	if (bpf_core_field_exists(old->rss_stat.count))
		return rss_pages(mm);
	file = mm->rss_stat[0].count;
	anon = mm->rss_stat[1].count;
	shmem = mm->rss_stat[3].count;
	return (file > 0 ? file : 0) + (anon > 0 ? anon : 0) + (shmem > 0 ? shmem : 0);
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
	if (mm && (row.tgid == row.tid || !task->group_leader->mm))
		row.rss_pages = resident_pages(mm);
	bpf_seq_write(seq, &row, sizeof(row));
	return 0;
}
