/* SPDX-License-Identifier: GPL-2.0-only */
/* What several programs read of a task that isn't theirs. */
#ifndef KSTOP_TASKS_H
#define KSTOP_TASKS_H

#include "common.h"

/* A CPU's run queue's clock, and less what interrupts took: by the task's own queue. */
static __always_inline struct rq *queue_of(struct task_struct *task)
{
	if (!bpf_core_field_exists(task->se.cfs_rq->rq))
		return NULL;
	return BPF_CORE_READ(task, se.cfs_rq, rq);
}

/*
 * How long ago the task last ran: exec_start is the task clock then of its run queue, which lags
 * behind the queue's clock by the time that interrupts took. 0: unknown. The kernel clears the
 * stamp of who moves to another CPU, and since 6.12 also sleepers move, whose dequeuing is delayed.
 */
static __always_inline __u64 asleep_ns(struct task_struct *task)
{
	struct task_struct *here = (void *)bpf_get_current_task();
	struct rq *rq = queue_of(task);
	__u64 last = BPF_CORE_READ(task, se.exec_start);
	s64 ns;

	if (!rq || !last)
		return 0;
	ns = BPF_CORE_READ(here, se.cfs_rq, rq, clock) - last -
	     (BPF_CORE_READ(rq, clock) - BPF_CORE_READ(rq, clock_task));
	return ns > 0 ? ns : 0;
}

/* File, anonymous and shared pages, as the kernel's counters have them without their per-CPU parts.
 */
static __always_inline __u64 rss_pages(struct mm_struct *mm)
{
	struct mm_struct___6_1 *old = (void *)mm;
	s64 file, anon, shmem;

	if (bpf_core_field_exists(old->rss_stat.count)) {
		file = BPF_CORE_READ(old, rss_stat.count[0].counter);
		anon = BPF_CORE_READ(old, rss_stat.count[1].counter);
		shmem = BPF_CORE_READ(old, rss_stat.count[3].counter);
	} else {
		file = BPF_CORE_READ(mm, rss_stat[0].count);
		anon = BPF_CORE_READ(mm, rss_stat[1].count);
		shmem = BPF_CORE_READ(mm, rss_stat[3].count);
	}
	return (file > 0 ? file : 0) + (anon > 0 ? anon : 0) + (shmem > 0 ? shmem : 0);
}

#endif
