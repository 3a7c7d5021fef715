// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run-queue latency from one program at sched_switch.
 *
 * The kernel keeps sched_info.last_queued (rq clock) for each queued task and run_delay, the sum of
 * its waits. The wait on this queue is clock - last_queued; a migration ends a wait early by adding
 * it to run_delay and starting again. So each task's total at its last arrival is remembered, and
 * the wait is what the total grew by: to the nanosecond what /proc/PID/schedstat adds up.
 *
 * Since 6.12 a task that goes to sleep may stay on its queue a while (sched_delayed). When such a
 * sleeper is migrated, the kernel sets its last_queued, never clears it, and takes the whole sleep
 * for a wait (in run_delay too). Those migrations are caught, and the next wait, whose start nobody
 * knows, is left out and counted as cut.
 *
 * Each CPU remembers its last switches. A wait past the threshold is told with a copy of them, from
 * which user space sees what each thread group ran meanwhile: those are to blame.
 *
 * The observer leaves itself out: on an idle host its own threads would be a good part of all
 * waits, and the slow part.
 *
 * Two forms of one body: task storage (5.11+), or a hash by tid where storage or BTF arguments
 * can't be had.
 */
#include "common.h"

/* What a task's figures were when it last got a CPU. */
struct arrival {
	__u64 total;	 /* run_delay, this arrival included */
	__u64 throttled; /* its cfs_rq's throttled time */
	__u64 cfs_rq;
	__u64 since;	   /* settings.attach_ns then: older figures have a gap behind them */
	__u64 false_start; /* last_queued isn't when the coming wait begins */
};

struct hashed_arrival {
	struct arrival a;
	__u64 start_time; /* tells a reused tid */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct arrival);
} arrivals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct hashed_arrival);
} arrivals_by_tid SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ks_sched_cpu);
} cpus SEC(".maps");

/* One wait, as both forms find it. */
struct wait {
	__u64 ns;
	__u64 throttled_ns;
	bool throttled_known;
	bool seen; /* it began when the probe was there */
	bool unknown;
};

static __always_inline __u64 throttled_clock(struct cfs_rq *cfs_rq)
{
	struct cfs_rq___5_18 *old = (void *)cfs_rq;

	if (bpf_core_field_exists(cfs_rq->throttled_clock_pelt_time))
		return cfs_rq->throttled_clock_pelt_time;
	if (bpf_core_field_exists(old->throttled_clock_task_time))
		return old->throttled_clock_task_time;
	return 0;
}

static __always_inline __u64 throttled_clock_read(struct cfs_rq *cfs_rq)
{
	struct cfs_rq___5_18 *old = (void *)cfs_rq;

	if (bpf_core_field_exists(cfs_rq->throttled_clock_pelt_time))
		return BPF_CORE_READ(cfs_rq, throttled_clock_pelt_time);
	if (bpf_core_field_exists(old->throttled_clock_task_time))
		return BPF_CORE_READ(old, throttled_clock_task_time);
	return 0;
}

/* Is any group up to the root under CFS bandwidth control (cpu.max)? RUNTIME_INF is all ones. */
static __always_inline bool is_limited(struct cfs_rq *cfs_rq)
{
	struct task_group *tg = BPF_CORE_READ(cfs_rq, tg);

	if (!bpf_core_field_exists(tg->cfs_bandwidth))
		return false;
	for (int i = 0; i < 8 && tg; i++) {
		if (BPF_CORE_READ(tg, cfs_bandwidth.quota) != ~0ULL)
			return true;
		tg = BPF_CORE_READ(tg, parent);
	}
	return false;
}

/*
 * The wait is the growth of the total; remembers it for the next arrival. A task that started after
 * the probe was attached was seen from birth: its first total is all waiting.
 */
static __always_inline void settle(struct arrival *last, __u64 total, __u64 here, __u64 throttled,
				   struct cfs_rq *cfs_rq, __u64 started, struct ks_sched_cpu *cpu,
				   struct wait *wait)
{
	__u64 since = settings.attach_ns;

	if (last->false_start) {
		last->false_start = 0;
		wait->unknown = true;
		cpu->cut++;
	} else if (last->since == since) {
		wait->ns = total - last->total;
		wait->throttled_known = last->cfs_rq == (__u64)cfs_rq;
		wait->seen = true;
	} else if (started >= since) {
		wait->ns = total;
		wait->seen = true;
	} else {
		wait->ns = here;
		cpu->cut++;
	}
	wait->throttled_ns = wait->throttled_known ? throttled - last->throttled : 0;
	last->total = total;
	last->throttled = throttled;
	last->cfs_rq = (__u64)cfs_rq;
	last->since = since;
}

/* Once for each run, after n.runs has counted it: that is the switch's number. */
static __always_inline void note(struct ks_sched_cpu *cpu, __u64 clock, __u32 pid, __u32 prev_pid,
				 const __u64 *comm)
{
	struct ks_switch *slot = &cpu->switches[cpu->n.runs & (KS_SWITCHES - 1)];

	slot->at_ns = clock;
	slot->pid = pid;
	slot->prev_pid = prev_pid;
	slot->comm[0] = comm[0];
	slot->comm[1] = comm[1];
}

/*
 * Copies the newest switches, `half` to twice as many, and returns the record's size; 0 where they
 * don't reach back to the wait's start. Two pieces, because in the ring they may lie apart.
 */
static __always_inline __u32 copy_newest(struct ks_sched_event *event, struct ks_sched_cpu *cpu,
					 const __u32 half)
{
	const __u32 bytes = half * sizeof(struct ks_switch);
	__u32 newest = cpu->n.runs & (KS_SWITCHES - 1);
	__u32 piece = newest & (KS_SWITCHES - half);
	__u32 before = (piece - half) & (KS_SWITCHES - half);

	if (cpu->switches[before].at_ns > event->queued_ns)
		return 0;
	event->newest = half + (newest & (half - 1));
	bpf_probe_read_kernel(event->switches, bytes, &cpu->switches[before]);
	bpf_probe_read_kernel(&event->switches[half], bytes, &cpu->switches[piece]);
	return offsetof(struct ks_sched_event, switches) + 2 * bytes;
}

/*
 * What user space needs to find who ran meanwhile: a few switches nearly always. To walk through
 * them here would be cheap to run, but the verifier would follow each of its ways, for seconds on
 * old kernels.
 */
static __always_inline __u32 copy_switches(struct ks_sched_event *event, struct ks_sched_cpu *cpu)
{
	__u32 size = copy_newest(event, cpu, KS_SWITCHES_FEW / 2);

	if (!size)
		size = copy_newest(event, cpu, KS_SWITCHES_SOME / 2);
	if (size)
		return size;
	event->newest = cpu->n.runs & (KS_SWITCHES - 1);
	bpf_probe_read_kernel(event->switches, sizeof(event->switches), cpu->switches);
	return sizeof(*event);
}

static __always_inline void emit(struct ks_sched_cpu *cpu, struct task_struct *prev,
				 struct task_struct *next, struct cfs_rq *cfs_rq, struct wait *wait)
{
	struct ks_sched_event *event = &cpu->event;
	__u64 now = bpf_ktime_get_ns();

	ks_add(&cpu->n.hits, 1);
	if (!ks_admit(&cpu->n, now, 0))
		return;
	__builtin_memset(event, 0, offsetof(struct ks_sched_event, switches));
	ks_head(&event->e, KS_SCHED_LATENCY, 0, now);
	ks_own_by_task(&event->e, next);
	event->latency_ns = wait->ns;
	event->prio = BPF_CORE_READ(next, prio);
	event->prev_pid = BPF_CORE_READ(prev, tgid);
	event->prev_tid = BPF_CORE_READ(prev, pid);
	BPF_CORE_READ_INTO(&event->prev_comm, prev, comm);
	if (wait->throttled_ns * 2 >= wait->ns)
		event->cause = KS_CAUSE_THROTTLED;
	else if (!wait->throttled_known && event->prio >= 100 && is_limited(cfs_rq))
		event->cause = KS_CAUSE_UNKNOWN;
	event->throttled_ns = wait->throttled_ns < wait->ns ? wait->throttled_ns : wait->ns;
	event->seen = wait->seen;
	event->queued_ns = BPF_CORE_READ(next, sched_info.last_queued);
	ks_output(&cpu->n, &event->e, copy_switches(event, cpu));
}

static __always_inline void record(struct ks_sched_cpu *cpu, struct task_struct *prev,
				   struct task_struct *next, __u32 tgid, struct cfs_rq *cfs_rq,
				   struct wait *wait)
{
	if (wait->unknown)
		return;
	ks_hist_add(&cpu->hist, wait->ns);
	/* No task that is counted has the number 0. */
	if (tgid == settings.focus_pid)
		ks_hist_add(&cpu->focus, wait->ns);
	if (wait->ns >= settings.warn_ns)
		emit(cpu, prev, next, cfs_rq, wait);
}

static __always_inline struct ks_sched_cpu *this_cpu(void)
{
	__u32 id = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&cpus, &id);
}

/* The name in two loads; the programs with BTF arguments need no helper for it. */
static __always_inline void note_direct(struct ks_sched_cpu *cpu, __u64 clock,
					struct task_struct *prev, struct task_struct *next)
{
	__u64 comm[2] = {*(__u64 *)next->comm, *(__u64 *)(next->comm + 8)};

	note(cpu, clock, next->tgid, prev->tgid, comm);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch_storage, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct ks_sched_cpu *cpu = this_cpu();
	struct cfs_rq *cfs_rq = next->se.cfs_rq;
	__u64 queued, here, total, clock;
	struct arrival *last;
	struct wait wait = {};

	if (!cpu)
		return 0;
	cpu->n.runs++;
	clock = cfs_rq->rq->clock;
	note_direct(cpu, clock, prev, next);
	queued = next->sched_info.last_queued;
	if (!next->pid || !queued || (__u32)next->tgid == settings.self_pid ||
	    !ks_task_wanted(next))
		return 0;
	here = clock - queued;
	total = next->sched_info.run_delay + here;
	last = bpf_task_storage_get(&arrivals, next, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (last) {
		settle(last, total, here, throttled_clock(cfs_rq), cfs_rq, next->start_time, cpu,
		       &wait);
	} else {
		wait.ns = here;
		cpu->cut++;
	}
	record(cpu, prev, next, next->tgid, cfs_rq, &wait);
	return 0;
}

static __always_inline int sched_switch_hashed(struct task_struct *prev, struct task_struct *next,
					       bool direct)
{
	struct cfs_rq *cfs_rq = BPF_CORE_READ(next, se.cfs_rq);
	__u32 tid = BPF_CORE_READ(next, pid), tgid = BPF_CORE_READ(next, tgid);
	struct ks_sched_cpu *cpu = this_cpu();
	struct hashed_arrival *last, fresh = {};
	__u64 queued, here, total, started, clock, comm[2];
	struct wait wait = {};

	if (!cpu)
		return 0;
	cpu->n.runs++;
	clock = BPF_CORE_READ(cfs_rq, rq, clock);
	if (direct) {
		note_direct(cpu, clock, prev, next);
	} else {
		BPF_CORE_READ_INTO(&comm, next, comm);
		note(cpu, clock, tgid, BPF_CORE_READ(prev, tgid), comm);
	}
	queued = BPF_CORE_READ(next, sched_info.last_queued);
	if (!tid || !queued || tgid == settings.self_pid || !ks_task_wanted(next))
		return 0;
	here = clock - queued;
	total = BPF_CORE_READ(next, sched_info.run_delay) + here;
	started = BPF_CORE_READ(next, start_time);
	last = bpf_map_lookup_elem(&arrivals_by_tid, &tid);
	if (!last || last->start_time != started) {
		fresh.start_time = started;
		bpf_map_update_elem(&arrivals_by_tid, &tid, &fresh, BPF_ANY);
		last = bpf_map_lookup_elem(&arrivals_by_tid, &tid);
	}
	if (last) {
		/* One that has run before and isn't remembered was pushed out of the hash. */
		if (BPF_CORE_READ(next, sched_info.pcount))
			started = 0;
		settle(&last->a, total, here, throttled_clock_read(cfs_rq), cfs_rq, started, cpu,
		       &wait);
	} else {
		wait.ns = here;
		cpu->cut++;
	}
	record(cpu, prev, next, tgid, cfs_rq, &wait);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch_hash, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	return sched_switch_hashed(prev, next, true);
}

SEC("raw_tp/sched_switch")
int BPF_PROG(sched_switch_raw, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	return sched_switch_hashed(prev, next, false);
}

static __always_inline bool is_delayed(struct task_struct *task)
{
	return bpf_core_field_exists(task->se.sched_delayed) &&
	       BPF_CORE_READ(task, se.sched_delayed);
}

SEC("tp_btf/sched_migrate_task")
int BPF_PROG(sched_migrate_storage, struct task_struct *task)
{
	struct arrival *last;

	if (!bpf_core_field_exists(task->se.sched_delayed) || !task->se.sched_delayed)
		return 0;
	last = bpf_task_storage_get(&arrivals, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (last)
		last->false_start = 1;
	return 0;
}

static __always_inline int sched_migrate_hashed(struct task_struct *task)
{
	struct hashed_arrival *last;
	__u32 tid;

	if (!is_delayed(task))
		return 0;
	tid = BPF_CORE_READ(task, pid);
	last = bpf_map_lookup_elem(&arrivals_by_tid, &tid);
	if (last)
		last->a.false_start = 1;
	return 0;
}

SEC("tp_btf/sched_migrate_task")
int BPF_PROG(sched_migrate_hash, struct task_struct *task)
{
	return sched_migrate_hashed(task);
}

SEC("raw_tp/sched_migrate_task")
int BPF_PROG(sched_migrate_raw, struct task_struct *task)
{
	return sched_migrate_hashed(task);
}
