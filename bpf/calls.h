/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a call's start is kept until its end.
 *
 * Task storage costs two helper calls a side, nearly as much as the whole of a call may cost. So a
 * task is known by its kernel stack, whose address is at hand, and has a slot in an array by a hash
 * of it. Two tasks never share a slot: the second one's calls are kept in a hash by thread id,
 * until the first has rested for a second.
 */
#ifndef KSTOP_CALLS_H
#define KSTOP_CALLS_H

#include "common.h"

#define KS_SLOT_REST_NS 1000000000

/*
 * The probe says before: KS_CALL_FIELDS, what it keeps of a call (whole 8 bytes), and how many
 * calls can be kept, KS_SLOT_BITS and KS_CALLS_BY_TID.
 */
struct ks_call {
	__u64 stack; /* whose slot it is */
	__u64 start_ns;
	__u64 scratch;
	KS_CALL_FIELDS
};

struct ks_call_of_tid {
	struct ks_call call;
	__u64 start_time; /* tells a reused tid */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << KS_SLOT_BITS);
	__type(key, __u32);
	__type(value, struct ks_call);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, KS_CALLS_BY_TID);
	__type(key, __u32);
	__type(value, struct ks_call_of_tid);
} calls_by_tid SEC(".maps");

/* Has any call been kept by thread id? */
volatile __u32 ks_spilled;

static __always_inline struct ks_call *ks_call_by_tid(bool make)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct ks_call_of_tid *known, fresh = {};
	__u32 tid = BPF_CORE_READ(task, pid);

	fresh.start_time = BPF_CORE_READ(task, start_time);
	known = bpf_map_lookup_elem(&calls_by_tid, &tid);
	if (known && known->start_time == fresh.start_time)
		return &known->call;
	if (!make)
		return NULL;
	bpf_map_update_elem(&calls_by_tid, &tid, &fresh, BPF_ANY);
	known = bpf_map_lookup_elem(&calls_by_tid, &tid);
	return known ? &known->call : NULL;
}

/*
 * The slot of the stack that place lies on; place becomes a number. Stacks are 16 KiB and aligned
 * so (x86-64; arm64 with 4 KiB pages). The verifier lets the lower half of its own pointers be
 * taken for a number, and the whole only by way of memory.
 */
static __always_inline struct ks_call *ks_slot(void *on_stack, __u64 *place)
{
	struct ks_call *slot;
	__u32 key;

	asm volatile("%0 = %1" : "=w"(key) : "w"((__u32)(__u64)on_stack));
	key = (key >> 14) * 0x9e3779b1U >> (32 - KS_SLOT_BITS);
	slot = bpf_map_lookup_elem(&calls, &key);
	if (slot) {
		*(void *volatile *)&slot->scratch = on_stack;
		*place = *(volatile __u64 *)&slot->scratch;
	}
	return slot;
}

/* Where the current task's call that begins now is to be kept; NULL when there is no memory. */
static __always_inline struct ks_call *ks_call_begins(void *on_stack, __u64 *place, __u64 now)
{
	struct ks_call *call = ks_slot(on_stack, place);

	if (!call || call->stack == *place >> 14)
		return call;
	/* Its owner may have ended unseen while the probe was off. */
	if ((!call->under_way || call->start_ns < settings.attach_ns) &&
	    (__s64)(now - call->start_ns) > KS_SLOT_REST_NS) {
		call->under_way = 0;
		/* First, so that nobody else takes it meanwhile. */
		call->start_ns = now;
		call->stack = *place >> 14;
		return call;
	}
	ks_spilled = 1;
	return ks_call_by_tid(true);
}

/* Where the current task's call was kept, if it was. */
static __always_inline struct ks_call *ks_call_ends(void *on_stack, __u64 *place)
{
	struct ks_call *call = ks_slot(on_stack, place);

	if (!call || call->stack == *place >> 14)
		return call;
	return ks_spilled ? ks_call_by_tid(false) : NULL;
}

#endif
