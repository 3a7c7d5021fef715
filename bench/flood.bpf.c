// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fills a running kstop's ring buffer with real scheduler records, through the very functions that
 * the probes use: reserve, fill, submit, count.
 */
#include "../bpf/common.h"

struct ks_counters counters SEC(".data.counters");

/* Nearly every wait's record: that of one behind a single culprit. */
#define WAIT_BYTES offsetof(struct ks_sched_event, switches[KS_SWITCHES_FEW])
#define NEWEST	   (KS_SWITCHES_FEW / 2)

struct flood {
	__u64 records;
};

static long send_one(__u32 i, void *unused)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct ks_sched_event *event = ks_reserve(&counters, KS_SCHED_LATENCY, WAIT_BYTES);

	if (!event)
		return 0;
	ks_own_by_task(&event->e, task);
	event->latency_ns = 1500000 + (i & 0xffff);
	event->prio = 120;
	event->prev_pid = 1 + (i & 0xfff);
	event->prev_tid = event->prev_pid;
	__builtin_memcpy(event->prev_comm, event->e.comm, sizeof(event->prev_comm));
	event->seen = 1;
	event->newest = NEWEST;
	event->switches[NEWEST].at_ns = event->latency_ns;
	event->switches[NEWEST].prev_pid = event->prev_pid;
	event->switches[NEWEST - 1].pid = event->prev_pid;
	__builtin_memcpy(event->switches[NEWEST - 1].comm, event->e.comm, sizeof(event->e.comm));
	ks_submit(&counters, event);
	return 0;
}

SEC("syscall")
int flood(struct flood *args)
{
	bpf_loop(args->records, send_one, NULL, 0);
	return 0;
}
