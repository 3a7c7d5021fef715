// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slow system calls as the task switch alone could tell them: nothing at the calls themselves. A
 * task that gives up its CPU of its own accord and gets one again after the threshold was blocked
 * in the call whose number its registers still hold. How long it was away follows from when it last
 * got a CPU and what it ran there, so that one look at its storage a switch is enough.
 */
#include "../bpf/registers.h"

#define THRESHOLD_NS 10000000

struct ks_counters counters SEC(".data.counters");

struct stay {
	__u64 arrived_ns;
	__u64 ran_ns;
	__u64 voluntary;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct stay);
} stays SEC(".maps");

static __always_inline long number_of(KS_REGS *regs)
{
#if defined(__TARGET_ARCH_x86)
	return BPF_CORE_READ(regs, orig_ax);
#else
	return BPF_CORE_READ(regs, syscallno);
#endif
}

static __always_inline int blocked(struct task_struct *task, long number, __u64 ns)
{
	struct ks_syscall_event *event = ks_reserve(&counters, KS_SYSCALL_SLOW, sizeof(*event));

	if (!event)
		return 0;
	ks_own_by_task(&event->e, task);
	event->latency_ns = ns;
	event->number = number;
	ks_submit(&counters, event);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(blocked_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct stay *stay;
	__u64 now, ns, ran, voluntary;
	bool left;

	/* A kernel thread makes no calls. */
	if (next->flags & PF_KTHREAD)
		return 0;
	stay = bpf_task_storage_get(&stays, next, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!stay)
		return 0;
	now = bpf_ktime_get_ns();
	ran = next->se.sum_exec_runtime;
	voluntary = next->nvcsw;
	left = stay->arrived_ns && voluntary != stay->voluntary;
	ns = now - stay->arrived_ns - (ran - stay->ran_ns);
	stay->arrived_ns = now;
	stay->ran_ns = ran;
	stay->voluntary = voluntary;
	if (left && (__s64)ns >= THRESHOLD_NS) {
		KS_REGS *regs = (void *)bpf_task_pt_regs(next);
		long number = number_of(regs);

		/* Else it was a fault or an interrupt that it slept in. */
		if (number >= 0)
			blocked(next, number, ns);
	}
	return 0;
}
