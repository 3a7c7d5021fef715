// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long system calls take: a histogram of all, an event for each slow one, and for one process a
 * table of its calls.
 *
 * Every call on the host pays for the pair of programs, so what isn't asked for leaves as soon as
 * its number is known. What sleeps by design (a poll, a nanosleep, a read of a pipe) is kept apart:
 * user space tells each number's class (enum ks_syscall_class).
 */
#define KS_SLOT_BITS	14
#define KS_CALLS_BY_TID 16384
#define KS_CALL_FIELDS                                                                             \
	__s32 number;                                                                              \
	__u8 class;                                                                                \
	__u8 compat;                                                                               \
	__u8 under_way;                                                                            \
	__u8 pad;

#include "calls.h"
#include "registers.h"

#define KS_CPU ks_syscall_cpu
#include "counters.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KS_SYSCALL_ENTRIES);
	__type(key, __u32);
	__type(value, __u32);
} table SEC(".maps");

/* One value, so that it is read in one call. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ks_syscall_tallies);
} tallies SEC(".maps");

#define X32_BIT	    0x40000000
#define CLONE_VFORK 0x4000

/* The table's entry of a number; the last one of its half for numbers beyond the table. */
static __always_inline __u32 entry_of(__s32 number, bool compat)
{
	__u32 entry = number;

#if defined(__TARGET_ARCH_x86)
	if (!compat)
		entry &= ~X32_BIT;
#endif
	if (entry >= KS_SYSCALL_COMPAT_BASE)
		entry = KS_SYSCALL_COMPAT_BASE - 1;
	return entry | (compat ? KS_SYSCALL_COMPAT_BASE : 0);
}

static __always_inline __u32 class_of(__s32 number, bool compat)
{
	__u32 entry = entry_of(number, compat), *class;

	class = bpf_map_lookup_elem(&table, &entry);
	return class ? *class & 7 : KS_SYSCALL_CALL;
}

static __always_inline struct task_struct *this_task(const bool direct)
{
	return direct ? bpf_get_current_task_btf() : (void *)bpf_get_current_task();
}

/* A call's first argument. */
static __always_inline __u64 argument(KS_REGS *regs, bool compat)
{
#if defined(__TARGET_ARCH_x86)
	if (compat)
		return (__u32)BPF_CORE_READ(regs, bx);
	return BPF_CORE_READ(regs, di);
#else
	return BPF_CORE_READ(regs, orig_x0);
#endif
}

static __always_inline bool is_file(struct task_struct *task, __u64 fd, const bool direct)
{
	struct file *file = ks_open_file(task, fd, direct);

	return file && ks_is_file(KS_GET(direct, file, f_inode), direct);
}

static __always_inline bool is_timed(struct task_struct *task, __u32 class, const bool direct)
{
	if (class == KS_SYSCALL_UNTIMED || KS_GET(direct, task, tgid) == (int)settings.self_pid)
		return false;
	if (class == KS_SYSCALL_WAIT && !settings.include_waits && !settings.focus_pid)
		return false;
	return !settings.filter_flags || ks_task_wanted(task);
}

static __always_inline int begin(KS_REGS *regs, __s32 number, const bool direct)
{
	struct task_struct *task = this_task(direct);
	bool compat = is_compat(task, direct);
	__u32 class = class_of(number, compat);
	struct ks_syscall_cpu *cpu = cpu_cell();
	struct ks_call *call;
	__u64 place, now;

	if (!cpu)
		return 0;
	/* Its exit too. */
	cpu->n.runs += 2;
	if (class == KS_SYSCALL_BY_FD)
		class = is_file(task, argument(regs, compat), direct) ? KS_SYSCALL_CALL
								      : KS_SYSCALL_WAIT;
	if (!is_timed(task, class, direct)) {
		/* The stack's last owner, or a skipped exit, may have left a call behind. */
		call = ks_call_ends(regs, &place);
		if (call)
			call->under_way = 0;
		return 0;
	}
	now = bpf_ktime_get_ns();
	call = ks_call_begins(regs, &place, now);
	if (!call) {
		cpu->unstamped++;
		return 0;
	}
	call->number = number;
	call->class = class;
	call->compat = compat;
	call->under_way = 1;
	call->start_ns = now;
	return 0;
}

/* Did a call of these classes sleep by design? Asked of slow ones alone: until they are, they count
 * as calls. The registers are still those that it began with. */
static __noinline bool was_wait(__u32 class, KS_REGS *regs, bool compat, long result)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 flags = argument(regs, compat);

	if (class == KS_SYSCALL_BY_OPEN)
		return result >= 0 && !is_file(task, result, false);
	if (class == KS_SYSCALL_CLONE3 && bpf_probe_read_user(&flags, sizeof(flags), (void *)flags))
		return false;
	return flags & CLONE_VFORK;
}

static __always_inline struct ks_syscall_tally *tally_of(struct ks_call *call)
{
	__u32 zero = 0, entry = entry_of(call->number, call->compat);
	struct ks_syscall_tallies *all = bpf_map_lookup_elem(&tallies, &zero);

	return all ? &all->of[entry & (KS_SYSCALL_ENTRIES - 1)] : NULL;
}

/* What the filter leaves out was not stamped. */
static __always_inline bool is_focused(void)
{
	__u32 focus = settings.focus_pid;

	return focus && (focus == KS_FOCUS_ALL || bpf_get_current_pid_tgid() >> 32 == focus);
}

/* The calls of the process that somebody looks into, or of all that the filter lets through. */
static __noinline int count_focus(struct ks_syscall_cpu *cpu, struct ks_call *call, bool wait,
				  __u64 ns)
{
	struct ks_syscall_tally *tally = tally_of(call);
	__u64 epoch = settings.epoch;
	__u32 half = epoch & 1;

	if (!wait || settings.include_waits)
		ks_hist_add(&cpu->focus[wait & 1], ns);
	if (!tally)
		return 0;
	ks_add(&tally->count, 1);
	ks_add(&tally->total_ns, ns);
	if (tally->max_epoch[half] != epoch) {
		tally->max_epoch[half] = epoch;
		tally->max_ns[half] = 0;
	}
	if (ns > tally->max_ns[half])
		tally->max_ns[half] = ns;
	return 0;
}

static __noinline int emit(struct ks_syscall_cpu *cpu, struct ks_call *call, bool wait, long result,
			   __u64 ns)
{
	struct ks_syscall_tally *tally = tally_of(call);
	struct ks_syscall_event *event;

	if (tally)
		ks_add(&tally->slow, 1);
	event = ks_reserve(&cpu->n, KS_SYSCALL_SLOW, sizeof(struct ks_syscall_event));
	if (!event)
		return 0;
	ks_own_by_task(&event->e, (void *)bpf_get_current_task());
	event->latency_ns = ns;
	event->ret = result;
	event->number = call->number;
	event->syscall_flags =
		(call->compat ? KS_SYSCALL_COMPAT : 0) | (wait ? KS_SYSCALL_IS_WAIT : 0);
	ks_submit(&cpu->n, event);
	return 0;
}

static __always_inline int end(KS_REGS *regs, long result)
{
	struct ks_call *call, done;
	struct ks_syscall_cpu *cpu;
	__u64 place, ns;
	bool wait;

	call = ks_call_ends(regs, &place);
	if (!call || !call->under_way)
		return 0;
	/* Another task may take a rested slot at once. */
	done = *call;
	call->under_way = 0;
	cpu = cpu_cell();
	/* Begun before a pause, in which another may have begun unseen. */
	if (!cpu || done.start_ns < settings.attach_ns)
		return 0;
	ns = bpf_ktime_get_ns() - done.start_ns;
	wait = done.class == KS_SYSCALL_WAIT;
	if (done.class > KS_SYSCALL_BY_FD && ns >= settings.warn_ns)
		wait = was_wait(done.class, regs, done.compat, result);
	if (is_focused())
		count_focus(cpu, &done, wait, ns);
	if (wait && !settings.include_waits)
		return 0;
	ks_hist_add(&cpu->hist[wait & 1], ns);
	if (ns >= settings.warn_ns)
		emit(cpu, &done, wait, result, ns);
	return 0;
}

#define SYSCALL_PAIR(name, method, direct)                                                         \
	SEC(method "/sys_enter")                                                                   \
	int BPF_PROG(name##_enter, KS_REGS *regs, long number)                                     \
	{                                                                                          \
		return begin(regs, number, direct);                                                \
	}                                                                                          \
	SEC(method "/sys_exit")                                                                    \
	int BPF_PROG(name##_exit, KS_REGS *regs, long result)                                      \
	{                                                                                          \
		return end(regs, result);                                                          \
	}

/* direct: casts can be had (6.2+). */
SYSCALL_PAIR(syscall_cast, "tp_btf", true)
SYSCALL_PAIR(syscall_read, "tp_btf", false)
SYSCALL_PAIR(syscall_raw, "raw_tp", false)
