// SPDX-License-Identifier: GPL-2.0-only
/*
 * Major page faults: the page had to be read from a disk or from swap, and the task waited for it.
 *
 * The kernel's own software event fires where it adds to the task's maj_flt (mm_account_fault), in
 * the task's own context, once however often a fault was retried; a minor fault never comes here.
 * Faults of get_user_pages (direct I/O, ptrace) are in maj_flt alone: the kernel gives them no
 * event.
 *
 * How many a process had, minor ones too, is in the process table (tasks.bpf.c).
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
