/* SPDX-License-Identifier: GPL-2.0-only */
/* What every program shares: settings, the one ring buffer, counters, token bucket, owner,
 * histogram. */
#ifndef KSTOP_COMMON_H
#define KSTOP_COMMON_H

#include "kernel.h"
#include "wire.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

/* Written live by user space, so never const: a load each time, no branch baked in. */
volatile struct ks_settings settings SEC(".data.settings") = {.warn_ns = 1000000};

/* The one ring buffer: user space makes it once and hands the same map to every object. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} events SEC(".maps");

static __always_inline void ks_add(__u64 *cell, __u64 n)
{
	__sync_fetch_and_add(cell, n);
}

/*
 * May an event found now be sent? A bucket of time: each event costs cost_ns of credit, which
 * accrues with the clock up to burst_ns. An event that must leave others their part asks for
 * keep_ns of credit beyond its own.
 */
static __always_inline bool ks_admit(struct ks_counters *n, __u64 now, __u64 keep_ns)
{
	__u64 cost = settings.cost_ns, burst = settings.burst_ns, credit;

	if (!cost)
		return true;
	credit = n->credit_ns;
	/* An interrupt may have been here meanwhile, with a later time. */
	if (now > n->refilled_ns)
		credit += now - n->refilled_ns;
	if (credit > burst)
		credit = burst;
	n->refilled_ns = now;
	if (credit < cost + keep_ns) {
		n->credit_ns = credit;
		ks_add(&n->held, 1);
		return false;
	}
	n->credit_ns = credit - cost;
	return true;
}

static __always_inline void ks_head(struct ks_event *e, __u32 type, __u32 size, __u64 now)
{
	e->type = type;
	e->size = size;
	e->cpu = bpf_get_smp_processor_id();
	e->mono_ns = now;
}

/* Counts a hit and reserves its record, or counts why there's none. The caller fills and submits.
 */
static __always_inline void *ks_reserve_keeping(struct ks_counters *n, __u32 type, const __u32 size,
						__u64 keep_ns)
{
	__u64 now = bpf_ktime_get_ns();
	struct ks_event *e;

	ks_add(&n->hits, 1);
	if (!ks_admit(n, now, keep_ns))
		return NULL;
	e = bpf_ringbuf_reserve(&events, size, 0);
	if (!e) {
		ks_add(&n->lost, 1);
		return NULL;
	}
	__builtin_memset(e, 0, size);
	ks_head(e, type, size, now);
	return e;
}

static __always_inline void *ks_reserve(struct ks_counters *n, __u32 type, const __u32 size)
{
	return ks_reserve_keeping(n, type, size, 0);
}

/*
 * The reader polls; it is woken when the ring's fill passes the mark. A wake-up costs microseconds,
 * so past a window that no two CPUs can jump over together it is left to come by itself.
 */
#define WAKE_WINDOW 16384

static __always_inline __u64 ks_wake_flags(void)
{
	__u64 past = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) - settings.wake_bytes;

	return past < WAKE_WINDOW ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

static __always_inline void ks_submit(struct ks_counters *n, void *record)
{
	__u64 flags = ks_wake_flags();

	ks_add(&n->sent, 1);
	bpf_ringbuf_submit(record, flags);
}

/* For a rare record that somebody waits for: the reader is woken whatever else the ring holds. */
static __always_inline void ks_submit_now(struct ks_counters *n, void *record)
{
	ks_add(&n->sent, 1);
	bpf_ringbuf_submit(record, BPF_RB_FORCE_WAKEUP);
}

/* For a record whose size is known only when it is filled: the hit was counted and admitted. */
static __always_inline void ks_output(struct ks_counters *n, struct ks_event *record, __u32 size)
{
	record->size = size;
	if (bpf_ringbuf_output(&events, record, size, ks_wake_flags()))
		ks_add(&n->lost, 1);
	else
		ks_add(&n->sent, 1);
}

static __always_inline __u64 ks_cgroup_id(struct cgroup *cgrp)
{
	return BPF_CORE_READ(cgrp, kn, id);
}

/* The task as owner of an event: only for outliers, so that probe reads don't matter. */
static __always_inline void ks_own_by_task(struct ks_event *e, struct task_struct *task)
{
	e->pid = BPF_CORE_READ(task, tgid);
	e->tid = BPF_CORE_READ(task, pid);
	e->uid = BPF_CORE_READ(task, cred, uid.val);
	e->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	e->flags = KS_HAS_TASK | KS_HAS_UID | (e->cgroup_id ? KS_HAS_CGROUP : 0);
	BPF_CORE_READ_INTO(&e->comm, task, comm);
}

/* Is cgrp the filter's cgroup or below it? 5.15 and older keep ids instead of pointers. */
struct cgroup___new {
	struct cgroup *ancestors[1];
} __attribute__((preserve_access_index));

struct cgroup___old {
	u64 ancestor_ids[1];
} __attribute__((preserve_access_index));

static __always_inline bool ks_below_filter(struct cgroup *cgrp)
{
	__u32 level = settings.filter_level & 0xff;
	struct cgroup *ancestor = NULL;
	__u64 id = 0;

	if (BPF_CORE_READ(cgrp, level) < (int)level)
		return false;
	if (bpf_core_field_exists(struct cgroup___new, ancestors)) {
		bpf_probe_read_kernel(
			&ancestor, sizeof(ancestor),
			(void *)cgrp + bpf_core_field_offset(struct cgroup___new, ancestors) +
				level * sizeof(ancestor));
		id = ks_cgroup_id(ancestor);
	} else {
		bpf_probe_read_kernel(
			&id, sizeof(id),
			(void *)cgrp + bpf_core_field_offset(struct cgroup___old, ancestor_ids) +
				level * sizeof(id));
	}
	return id == settings.filter_cgroup;
}

/* The user's filter: pid is a thread group, comm the 16 bytes as two words. */
static __always_inline bool ks_wanted(__u32 pid, const __u64 *comm, struct cgroup *cgrp)
{
	__u32 flags = settings.filter_flags;

	if ((flags & KS_FILTER_PID) && pid != settings.filter_pid)
		return false;
	if ((flags & KS_FILTER_COMM) &&
	    ((comm[0] & settings.filter_comm_mask[0]) != settings.filter_comm[0] ||
	     (comm[1] & settings.filter_comm_mask[1]) != settings.filter_comm[1]))
		return false;
	if ((flags & KS_FILTER_CGROUP) && !ks_below_filter(cgrp))
		return false;
	return true;
}

static __always_inline bool ks_task_wanted(struct task_struct *task)
{
	__u64 comm[2];

	if (!settings.filter_flags)
		return true;
	BPF_CORE_READ_INTO(&comm, task, comm);
	return ks_wanted(BPF_CORE_READ(task, tgid), comm, BPF_CORE_READ(task, cgroups, dfl_cgrp));
}

/*
 * Cell of a latency: units of 250 ns, so that (1, 2] us has its four cells too. The value is made
 * upper-inclusive by taking one nanosecond off.
 */
static __always_inline __u32 ks_cell(__u64 ns)
{
	__u32 unit, top = 2;
	__u64 units;

	if (ns <= 1000)
		return 0;
	/* Nearly all waits fit 32 bits, where dividing by 125 is a multiplication (exact; Granlund
	 * and Montgomery). */
	if (ns < 1ULL << 32)
		units = (((ns - 1) >> 1) * 0x10624dd3ULL) >> 35;
	else
		units = (ns - 1) / 250;
	if (units >= 1 << 28)
		return KS_HIST_CELLS - 1;
	unit = units;
	if (unit >> 16)
		top += 14, unit >>= 14;
	if (unit >> 10)
		top += 8, unit >>= 8;
	if (unit >> 6)
		top += 4, unit >>= 4;
	if (unit >> 4)
		top += 2, unit >>= 2;
	if (unit >> 3)
		top += 1, unit >>= 1;
	return ((top - 2) * 4 + (unit & 3) + 1) & (KS_HIST_SLOTS - 1);
}

/* Plain increments: for a histogram that only this CPU writes. */
static __always_inline void ks_hist_add(struct ks_hist *hist, __u64 ns)
{
	__u64 epoch = settings.epoch;
	__u32 slot = epoch & 1;

	hist->cells[ks_cell(ns)]++;
	hist->sum_ns += ns;
	if (hist->max_epoch[slot] != epoch) {
		hist->max_epoch[slot] = epoch;
		hist->max_ns[slot] = 0;
	}
	if (ns > hist->max_ns[slot])
		hist->max_ns[slot] = ns;
}

/* For a histogram that a task on its way out of this CPU may be writing too. Of two maxima at once
 * either may stay. */
static __always_inline void ks_hist_add_shared(struct ks_hist *hist, __u64 ns)
{
	__u64 epoch = settings.epoch;
	__u32 slot = epoch & 1;

	ks_add(&hist->cells[ks_cell(ns)], 1);
	ks_add(&hist->sum_ns, ns);
	if (hist->max_epoch[slot] != epoch) {
		hist->max_epoch[slot] = epoch;
		hist->max_ns[slot] = 0;
	}
	if (ns > hist->max_ns[slot])
		hist->max_ns[slot] = ns;
}

#endif
