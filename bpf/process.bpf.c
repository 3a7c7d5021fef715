// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that processes begin to run, and how processes end.
 *
 * A process ends with its last thread, whichever that is: its owner is the group, by the name of
 * its first thread. The kernel's own threads are no processes.
 */
#define KS_CPU ks_process_cpu
#include "counters.h"

static __always_inline void count(struct ks_process_cpu *cpu, __u32 what)
{
	ks_add(&cpu->counts[what & (KS_PROCESS_COUNTS - 1)], 1);
}

/* Half the credit is for crashes and containers: a storm of short-lived processes doesn't hide
 * them. */
static __always_inline __u64 ordinary(void)
{
	return settings.burst_ns / 2;
}

/*
 * Is it what a container runs: the first process of its PID namespace, begun from outside of its
 * cgroup? What somebody runs in a container beside is not the first, and a sandbox that a process
 * of the container makes was begun from within.
 */
static __always_inline bool is_main(struct task_struct *leader)
{
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level) & 63;
	int nr = 0;

	bpf_probe_read_kernel(&nr, sizeof(nr),
			      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				      level * bpf_core_type_size(struct upid) +
				      bpf_core_field_offset(struct upid, nr));
	return level && nr == 1 &&
	       BPF_CORE_READ(leader, cgroups, dfl_cgrp) !=
		       BPF_CORE_READ(leader, real_parent, cgroups, dfl_cgrp);
}

struct kernfs_node___old {
	struct kernfs_node *parent;
} __attribute__((preserve_access_index));

struct kernfs_node___new {
	struct kernfs_node *__parent; /* 6.18; until 6.12 without the underscores */
} __attribute__((preserve_access_index));

static __always_inline struct kernfs_node *parent_of(struct kernfs_node *node)
{
	if (bpf_core_field_exists(struct kernfs_node___new, __parent))
		return BPF_CORE_READ((struct kernfs_node___new *)node, __parent);
	return BPF_CORE_READ((struct kernfs_node___old *)node, parent);
}

/*
 * A container that lives for milliseconds takes its cgroup along before the reader can look for it.
 * What doesn't fit is left to that look.
 */
static __always_inline void name_cgroup(struct task_struct *leader)
{
	struct kernfs_node *node = BPF_CORE_READ(leader, cgroups, dfl_cgrp, kn), *above;
	struct ks_cgroup_names *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	bool whole = false;

	if (!record)
		return;
	__builtin_memset(record, 0, sizeof(*record));
	ks_head(&record->e, KS_CGROUP_NAMES, sizeof(*record), 0);
	record->e.cgroup_id = BPF_CORE_READ(node, id);
	for (int i = 0; i < KS_CGROUP_DEPTH; i++) {
		above = parent_of(node);
		whole = !above;
		if (whole || bpf_probe_read_kernel_str(record->names[i], KS_CGROUP_NAME,
						       BPF_CORE_READ(node, name)) == KS_CGROUP_NAME)
			break;
		record->depth = i + 1;
		node = above;
	}
	if (whole)
		bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	else
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
}

/* Which container it is the reader learns from the cgroup, which may be gone a moment after what it
 * runs has ended. */
static __always_inline void submit(struct ks_counters *n, void *event, bool main)
{
	if (main)
		ks_submit_now(n, event);
	else
		ks_submit(n, event);
}

static __always_inline void name_file(struct ks_exec_event *event, const char *file)
{
	if (bpf_probe_read_kernel_str(event->file, sizeof(event->file), file) < KS_FILE_LEN)
		return;
	/* It may just fit. */
	if (bpf_probe_read_kernel(&event->pad, 1, file + KS_FILE_LEN - 1) || (__u8)event->pad)
		event->exec_flags |= KS_EXEC_FILE_CUT;
	event->pad = 0;
}

/* The kernel has just written them: they are in memory, and nobody has changed them yet. */
static __always_inline void take_args(struct ks_exec_event *event, struct task_struct *task)
{
	__u64 from = BPF_CORE_READ(task, mm, arg_start);
	__u64 left = BPF_CORE_READ(task, mm, arg_end) - from;
	__u32 n = left;

	if (left >= KS_ARGS_LEN) {
		event->exec_flags |= KS_EXEC_ARGS_CUT;
		n = KS_ARGS_LEN - 1;
	}
	/* Old verifiers see no bound in what the compiler knows. */
	barrier_var(n);
	n &= KS_ARGS_LEN - 1;
	if (bpf_probe_read_user(event->args, n, (void *)from))
		return;
	event->exec_flags |= KS_EXEC_HAS_ARGS;
	event->args_bytes = n;
}

static __always_inline int executes(struct ks_process_cpu *cpu, struct task_struct *task,
				    const char *file, const bool with_args)
{
	const bool main = is_main(BPF_CORE_READ(task, group_leader));
	struct ks_exec_event *event;

	if (main)
		name_cgroup(task);
	event = ks_reserve_keeping(&cpu->n, KS_PROCESS_EXEC,
				   with_args ? sizeof(*event)
					     : offsetof(struct ks_exec_event, args),
				   main ? 0 : ordinary());
	if (!event)
		return 0;
	ks_own_by_task(&event->e, task);
	event->ppid = BPF_CORE_READ(task, real_parent, tgid);
	if (main)
		event->exec_flags |= KS_EXEC_MAIN;
	name_file(event, file);
	if (with_args)
		take_args(event, task);
	submit(&cpu->n, event, main);
	return 0;
}

static __always_inline int executed(struct task_struct *task, struct linux_binprm *bprm)
{
	const char *file = BPF_CORE_READ(bprm, filename);
	struct ks_process_cpu *cpu = cpu_cell();

	if (!cpu)
		return 0;
	ks_add(&cpu->n.runs, 1);
	if (!ks_task_wanted(task))
		return 0;
	count(cpu, KS_EXECUTED);
	return settings.with_args ? executes(cpu, task, file, true)
				  : executes(cpu, task, file, false);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	return executed(task, bprm);
}

SEC("raw_tp/sched_process_exec")
int BPF_PROG(process_exec_raw, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	return executed(task, bprm);
}

/* Groups whose end has been told, by number and start. */
struct group {
	__u64 start_time;
	__u32 tgid;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct group);
	__type(value, __u8);
} ended SEC(".maps");

/*
 * No thread is alive any more: which of the last ones it was that found out isn't said before 6.16,
 * and several may find the same at once. The first one tells.
 */
static __always_inline bool ends_group(struct task_struct *leader)
{
	struct group group = {};
	__u8 told = 1;

	if (BPF_CORE_READ(leader, signal, live.counter) > 0)
		return false;
	group.tgid = BPF_CORE_READ(leader, tgid);
	group.start_time = BPF_CORE_READ(leader, start_time);
	return !bpf_map_update_elem(&ended, &group, &told, BPF_NOEXIST);
}

#define WALK_THREADS 32
#define WALK_TRIES   2

/* Run time of the threads that haven't been released; false when they are too many. */
static __always_inline bool add_threads(struct signal_struct *signal, __u64 *sum)
{
	struct list_head *head = (void *)signal + bpf_core_field_offset(signal->thread_head);
	struct list_head *node = BPF_CORE_READ(head, next);

	for (int i = 0; i < WALK_THREADS; i++) {
		struct task_struct *task =
			(void *)node - bpf_core_field_offset(struct task_struct, thread_node);

		if (node == head)
			return true;
		*sum += BPF_CORE_READ(task, se.sum_exec_runtime);
		node = BPF_CORE_READ(node, next);
	}
	return false;
}

/* Of all threads that it ever had. Those that are being released meanwhile would count twice or not
 * at all. */
static __always_inline void take_cpu_time(struct ks_exit_event *event, struct signal_struct *signal)
{
	for (int i = 0; i < WALK_TRIES; i++) {
		__u64 released = BPF_CORE_READ(signal, sum_sched_runtime), sum = released;

		if (!add_threads(signal, &sum))
			return;
		if (released != BPF_CORE_READ(signal, sum_sched_runtime))
			continue;
		event->cpu_ns = sum;
		/* One that lived for less than a tick may not have been accounted at all. */
		if (sum)
			event->exit_flags |= KS_EXIT_HAS_CPU;
		return;
	}
}

/* As wait() tells it to the parent. */
static __always_inline __u32 status_of(struct task_struct *leader)
{
	struct signal_struct *signal = BPF_CORE_READ(leader, signal);

	return BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT
		       ? BPF_CORE_READ(signal, group_exit_code)
		       : BPF_CORE_READ(leader, exit_code);
}

static __always_inline __u32 what_of(__u32 status)
{
	__u32 signal = status & 0x7f;

	if (signal)
		return signal < KS_ENDED_BADLY ? signal : KS_ENDED_BADLY;
	return status ? KS_ENDED_BADLY : KS_ENDED_WELL;
}

/* SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV */
static __always_inline bool is_crash(__u32 what)
{
	return what < 32 && ((1U << 4 | 1U << 6 | 1U << 7 | 1U << 8 | 1U << 11) >> what & 1);
}

static __always_inline int over(struct ks_process_cpu *cpu, struct task_struct *leader)
{
	struct signal_struct *signal = BPF_CORE_READ(leader, signal);
	__u32 status = status_of(leader), what = what_of(status);
	unsigned long pages = BPF_CORE_READ(signal, maxrss);
	const bool main = is_main(leader);
	struct ks_exit_event *event;

	count(cpu, what);
	if (main)
		name_cgroup(leader);
	event = ks_reserve_keeping(&cpu->n, KS_PROCESS_EXIT, sizeof(*event),
				   main || is_crash(what) ? 0 : ordinary());
	if (!event)
		return 0;
	ks_own_by_task(&event->e, leader);
	event->ppid = BPF_CORE_READ(leader, real_parent, tgid);
	event->status = status;
	event->lifetime_ns = event->e.mono_ns - BPF_CORE_READ(leader, start_time);
	if (pages) {
		event->max_rss_bytes = (__u64)pages << (settings.page_shift & 31);
		event->exit_flags |= KS_EXIT_HAS_RSS;
	}
	if (main)
		event->exit_flags |= KS_EXIT_MAIN;
	take_cpu_time(event, signal);
	submit(&cpu->n, event, main);
	return 0;
}

/*
 * Was it the last thread of its group? From 6.16 on the kernel says so. The argument isn't there
 * before, where not even a load that leads nowhere is allowed: the compiler must not move it.
 */
static __always_inline bool is_last(unsigned long long *ctx, struct task_struct *leader)
{
	if (bpf_core_field_exists(struct trace_event_raw_sched_process_exit, group_dead))
		return (__u8) * (volatile unsigned long long *)&ctx[1];
	return ends_group(leader);
}

static __always_inline int exits(unsigned long long *ctx, struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct ks_process_cpu *cpu = cpu_cell();

	if (!cpu)
		return 0;
	ks_add(&cpu->n.runs, 1);
	if (BPF_CORE_READ(task, flags) & PF_KTHREAD || !ks_task_wanted(leader))
		return 0;
	return is_last(ctx, leader) ? over(cpu, leader) : 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	return exits(ctx, task);
}

SEC("raw_tp/sched_process_exit")
int BPF_PROG(process_exit_raw, struct task_struct *task)
{
	return exits(ctx, task);
}
