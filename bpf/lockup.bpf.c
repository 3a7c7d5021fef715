// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs and tasks that are stuck: soft lock-ups, hung tasks, RCU stalls.
 *
 * Soft lock-ups are found by a look at each CPU once a second (a cpu-clock event, which an hrtimer
 * raises: also while preemption is off, not while interrupts are). A CPU is locked up when all
 * looks of ten seconds found kernel mode, in one task that wasn't switched away, and the last three
 * found a switch due. The latter tells a lock-up from a long system call on a CPU that nobody else
 * wants: that one gives way as soon as it is asked to.
 *
 * Hung tasks and RCU stalls are the kernel's own findings. What lasts is told again every
 * REPEAT_NS, with its growing duration.
 */
#include "tasks.h"
#include <linux/bpf_perf_event.h>

#define LOCKUP_NS 10000000000ULL
#define REPEAT_NS 30000000000ULL
/* Looks that must have found a switch due: more than a second passes from the first to the last. */
#define DUE_LOOKS 3
/* Fewer in ten seconds, and the whole machine stood still (a paused or migrated guest). */
#define MIN_LOOKS 5

/*
 * TIF_NEED_RESCHED of thread_info.flags, which no type information tells: x86 had 3 and took the
 * generic 4 in 6.18; arm64 has 1, and 4 where it takes the generic bits. The other kernels' meaning
 * of either bit is one that passes within seconds.
 */
#if defined(__TARGET_ARCH_arm64)
#define NEED_RESCHED (1 << 1 | 1 << 4)
#else
#define NEED_RESCHED (1 << 3 | 1 << 4)
#endif

#define PF_VCPU 0x1 /* in a virtual machine's code: no kernel mode */

/* The stretch of looks that a CPU is in; only its own program writes it. */
struct lockup_cpu {
	struct ks_counters n;
	__u64 task;
	__u64 switches;
	__u64 since_ns;
	__u64 told_ns;
	__u32 looks;
	__u32 due;
	__u64 spare[3];
} __attribute__((aligned(64)));

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lockup_cpu);
} cpus SEC(".maps");

/* A hung task that was told, by tid. */
struct told {
	__u64 start_time;
	__u64 at_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct told);
} told_tasks SEC(".maps");

static __always_inline struct lockup_cpu *this_cpu(void)
{
	__u32 id = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&cpus, &id);
}

static __always_inline bool in_user_mode(struct bpf_perf_event_data *ctx)
{
#if defined(__TARGET_ARCH_arm64)
	return (ctx->regs.pstate & 0xf) == 0;
#else
	return (ctx->regs.cs & 3) != 0;
#endif
}

/* Set by the frames that a bpf_get_*stack helper wrote, or its error. */
static __always_inline void set_frames(struct ks_lockup_event *event, long bytes)
{
	event->frames = bytes > 0 ? bytes / sizeof(event->stack[0]) : 0;
}

static __always_inline void set_stuck(struct ks_lockup_event *event, __u64 ns)
{
	event->stuck_ns = ns;
	event->lockup_flags |= KS_LOCKUP_HAS_STUCK;
}

/*
 * The idle task owns nothing. Nor does a task that a stuck interrupt sits on: the stack tells, to
 * whoever can name its frames.
 */
static __always_inline void own_by_current(struct ks_lockup_event *event, struct task_struct *task)
{
	if (BPF_CORE_READ(task, pid))
		ks_own_by_task(&event->e, task);
}

/* One look; the duration of a lock-up that is to be told now, else 0. */
static __always_inline __u64 look(struct lockup_cpu *cpu, struct task_struct *task, __u64 now)
{
	__u64 switches = BPF_CORE_READ(task, nvcsw) + BPF_CORE_READ(task, nivcsw);

	if (cpu->task != (__u64)task || cpu->switches != switches) {
		cpu->task = (__u64)task;
		cpu->switches = switches;
		cpu->since_ns = now;
		cpu->told_ns = 0;
		cpu->looks = cpu->due = 0;
	}
	cpu->looks++;
	cpu->due = BPF_CORE_READ(task, thread_info.flags) & NEED_RESCHED ? cpu->due + 1 : 0;
	if (now - cpu->since_ns < LOCKUP_NS || cpu->looks < MIN_LOOKS || cpu->due < DUE_LOOKS)
		return 0;
	if (cpu->told_ns && now - cpu->told_ns < REPEAT_NS)
		return 0;
	cpu->told_ns = now;
	return now - cpu->since_ns;
}

SEC("perf_event")
int cpu_clock(struct bpf_perf_event_data *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct lockup_cpu *cpu = this_cpu();
	struct ks_lockup_event *event;
	__u64 stuck_ns;

	if (!cpu)
		return 0;
	ks_add(&cpu->n.runs, 1);
	if (in_user_mode(ctx) || BPF_CORE_READ(task, flags) & PF_VCPU) {
		cpu->task = 0;
		return 0;
	}
	stuck_ns = look(cpu, task, bpf_ktime_get_ns());
	if (!stuck_ns || !ks_task_wanted(task))
		return 0;
	event = ks_reserve(&cpu->n, KS_LOCKUP, sizeof(*event));
	if (!event)
		return 0;
	own_by_current(event, task);
	event->kind = KS_SOFT_LOCKUP;
	set_stuck(event, stuck_ns);
	set_frames(event, bpf_get_stack(ctx, event->stack, sizeof(event->stack), 0));
	ks_submit(&cpu->n, event);
	return 0;
}

/* A task's CPU moved into thread_info in 5.16. */
struct task_struct___5_15 {
	unsigned int cpu;
} __attribute__((preserve_access_index));

static __always_inline __u32 last_cpu(struct task_struct *task)
{
	struct task_struct___5_15 *old = (void *)task;

	if (bpf_core_field_exists(task->thread_info.cpu))
		return BPF_CORE_READ(task, thread_info.cpu);
	return BPF_CORE_READ(old, cpu);
}

static __always_inline bool told_lately(struct task_struct *task)
{
	struct told now = {BPF_CORE_READ(task, start_time), bpf_ktime_get_ns()};
	__u32 tid = BPF_CORE_READ(task, pid);
	struct told *last = bpf_map_lookup_elem(&told_tasks, &tid);

	if (last && last->start_time == now.start_time && now.at_ns - last->at_ns < REPEAT_NS)
		return true;
	bpf_map_update_elem(&told_tasks, &tid, &now, BPF_ANY);
	return false;
}

static __always_inline struct ks_lockup_event *hung(struct lockup_cpu *cpu,
						    struct task_struct *task)
{
	struct ks_lockup_event *event;
	__u64 ns;

	ks_add(&cpu->n.runs, 1);
	if (!ks_task_wanted(task) || told_lately(task))
		return NULL;
	event = ks_reserve(&cpu->n, KS_LOCKUP, sizeof(*event));
	if (!event)
		return NULL;
	ks_own_by_task(&event->e, task);
	event->e.cpu = last_cpu(task);
	event->kind = KS_HUNG_TASK;
	ns = asleep_ns(task);
	if (ns)
		set_stuck(event, ns);
	return event;
}

SEC("tp_btf/sched_process_hang")
int BPF_PROG(hung_task, struct task_struct *task)
{
	struct lockup_cpu *cpu = this_cpu();
	struct ks_lockup_event *event = cpu ? hung(cpu, task) : NULL;

	if (!event)
		return 0;
	set_frames(event, bpf_get_task_stack(task, event->stack, sizeof(event->stack), 0));
	ks_submit(&cpu->n, event);
	return 0;
}

SEC("tp_btf/sched_process_hang")
int BPF_PROG(hung_task_bare, struct task_struct *task)
{
	struct lockup_cpu *cpu = this_cpu();
	struct ks_lockup_event *event = cpu ? hung(cpu, task) : NULL;

	if (event)
		ks_submit(&cpu->n, event);
	return 0;
}

/* msg: SelfDetected in the stalled CPU's tick, StallDetected and ExpeditedStall elsewhere. */
SEC("tp_btf/rcu_stall_warning")
int BPF_PROG(rcu_stall, const char *flavour, const char *msg)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct lockup_cpu *cpu = this_cpu();
	struct ks_lockup_event *event;
	char how[4] = "";
	bool self;

	if (!cpu)
		return 0;
	ks_add(&cpu->n.runs, 1);
	bpf_probe_read_kernel_str(how, sizeof(how), msg);
	self = how[0] == 'S' && how[1] == 'e';
	if (settings.filter_flags && !(self && ks_task_wanted(task)))
		return 0;
	event = ks_reserve(&cpu->n, KS_LOCKUP, sizeof(*event));
	if (!event)
		return 0;
	event->kind = KS_RCU_STALL;
	event->jiffies = bpf_jiffies64();
	if (self) {
		event->lockup_flags |= KS_LOCKUP_SELF;
		own_by_current(event, task);
		set_frames(event, bpf_get_stack(ctx, event->stack, sizeof(event->stack), 0));
	}
	ks_submit(&cpu->n, event);
	return 0;
}
