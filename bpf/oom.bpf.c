// SPDX-License-Identifier: GPL-2.0-only
/*
 * OOM kills: victim, trigger, memory cgroup and its limit.
 *
 * mark_victim fires for each victim, also a second time for a process that is dying already: a
 * victim counts once. Where oom_kill_process can be hooked, its oom_control tells constraint and
 * memcg; else the memcg is inferred: the nearest one above the victim that is at its limit.
 */
#include "counters.h"
#include "tasks.h"

#define MEMCG_DEPTH 12
/* memcg charges in batches of 64 pages (MEMCG_CHARGE_BATCH): a cgroup this near its limit is full.
 */
#define FULL_WITHIN_PAGES 64

/* A process killed already, by thread group and start. */
struct victim {
	__u64 start_time;
	__u32 tgid;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct victim);
	__type(value, __u64);
} victims SEC(".maps");

/* The kill under way, by the tid that runs it. One kill may take a whole group (memory.oom.group).
 */
struct kill {
	__u64 began_ns;
	__u64 memcg;
	__u32 constraint;
	__u32 pad;
};

/* A task's next kill comes later than this, the victims of one kill sooner. */
#define KILL_LASTS_NS 1000000000ULL

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct kill);
} kills SEC(".maps");

static __always_inline int kill_begins(struct oom_control *oc)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct kill kill = {};

	kill.began_ns = bpf_ktime_get_ns();
	kill.memcg = (__u64)BPF_CORE_READ(oc, memcg);
	kill.constraint = BPF_CORE_READ(oc, constraint);
	bpf_map_update_elem(&kills, &tid, &kill, BPF_ANY);
	return 0;
}

SEC("fentry/oom_kill_process")
int BPF_PROG(oom_kill_fentry, struct oom_control *oc)
{
	return kill_begins(oc);
}

SEC("kprobe/oom_kill_process")
int BPF_KPROBE(oom_kill_kprobe, struct oom_control *oc)
{
	return kill_begins(oc);
}

static __always_inline struct mem_cgroup *memcg_of(struct task_struct *task)
{
	struct css_set *css_set = BPF_CORE_READ(task, cgroups);
	struct cgroup_subsys_state *css = NULL;

	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		return NULL;
	bpf_probe_read_kernel(&css, sizeof(css),
			      (void *)css_set + bpf_core_field_offset(css_set->subsys) +
				      bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id) *
					      sizeof(css));
	/* struct mem_cgroup begins with its css (mem_cgroup_from_css relies on css being a member).
	 */
	return css ? (void *)css - bpf_core_field_offset(struct mem_cgroup, css) : NULL;
}

struct cgroup_subsys_state___parent {
	struct cgroup_subsys_state *parent;
} __attribute__((preserve_access_index));

static __always_inline struct mem_cgroup *memcg_parent(struct mem_cgroup *memcg)
{
	struct cgroup_subsys_state___parent *css =
		(void *)memcg + bpf_core_field_offset(struct mem_cgroup, css);
	struct cgroup_subsys_state *parent = BPF_CORE_READ(css, parent);

	return parent ? (void *)parent - bpf_core_field_offset(struct mem_cgroup, css) : NULL;
}

/* PAGE_COUNTER_MAX on 64-bit is LONG_MAX in pages: no limit. */
static __always_inline bool is_limit(unsigned long pages)
{
	return pages < (~0UL >> 1) >> (settings.page_shift & 31);
}

static __always_inline __u64 bytes_of(__u64 pages)
{
	return pages << (settings.page_shift & 31);
}

static __always_inline bool is_full(struct mem_cgroup *memcg)
{
	unsigned long max = BPF_CORE_READ(memcg, memory.max);

	return is_limit(max) &&
	       (__u64)BPF_CORE_READ(memcg, memory.usage.counter) + FULL_WITHIN_PAGES >= max;
}

/* The nearest cgroup at its limit, the victim's own first. */
static __always_inline struct mem_cgroup *full_memcg(struct mem_cgroup *memcg)
{
	for (int i = 0; i < MEMCG_DEPTH && memcg; i++) {
		if (is_full(memcg))
			return memcg;
		memcg = memcg_parent(memcg);
	}
	return NULL;
}

static __always_inline void describe_memcg(struct ks_oom_event *event, struct mem_cgroup *memcg,
					   struct task_struct *victim)
{
	struct cgroup *cgrp = BPF_CORE_READ(memcg, css.cgroup);
	unsigned long max = BPF_CORE_READ(memcg, memory.max);

	event->oom_flags |= KS_OOM_HAS_MEMCG;
	event->memcg_id = ks_cgroup_id(cgrp);
	event->memcg_v2 =
		BPF_CORE_READ(cgrp, root) == BPF_CORE_READ(victim, cgroups, dfl_cgrp, root);
	bpf_probe_read_kernel_str(event->memcg_name, sizeof(event->memcg_name),
				  BPF_CORE_READ(cgrp, kn, name));
	if (is_limit(max)) {
		event->oom_flags |= KS_OOM_HAS_LIMIT;
		event->limit_bytes = bytes_of(max);
	}
}

/* Whose limit it was: what the kernel says, else what the page counters show. */
static __always_inline void find_cause(struct ks_oom_event *event, struct task_struct *victim)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct kill *kill = bpf_map_lookup_elem(&kills, &tid);
	struct mem_cgroup *memcg = memcg_of(victim), *full;

	if (kill && bpf_ktime_get_ns() - kill->began_ns < KILL_LASTS_NS) {
		event->oom_flags |= KS_OOM_HAS_CONSTRAINT;
		event->constraint = kill->constraint;
		if (kill->memcg)
			memcg = (void *)kill->memcg;
	} else if ((full = full_memcg(memcg))) {
		event->oom_flags |= KS_OOM_HAS_CONSTRAINT;
		event->constraint = CONSTRAINT_MEMCG;
		memcg = full;
	}
	if (memcg)
		describe_memcg(event, memcg, victim);
}

/* As the kernel's own report sums it: file, anonymous and shared pages (not swap entries: index 2).
 */
static __always_inline void measure_mm(struct ks_oom_event *event, struct task_struct *victim)
{
	struct mm_struct *mm = BPF_CORE_READ(victim, mm);

	if (!mm)
		return;
	event->oom_flags |= KS_OOM_HAS_MM;
	event->total_vm_bytes = bytes_of(BPF_CORE_READ(mm, total_vm));
	event->rss_bytes = bytes_of(rss_pages(mm));
}

static __always_inline bool seen_before(struct task_struct *task)
{
	struct victim victim = {};
	__u64 now = bpf_ktime_get_ns();

	victim.tgid = BPF_CORE_READ(task, tgid);
	victim.start_time = BPF_CORE_READ(task, group_leader, start_time);
	return bpf_map_update_elem(&victims, &victim, &now, BPF_NOEXIST) != 0;
}

static __always_inline int killed(struct task_struct *victim)
{
	struct task_struct *trigger = (void *)bpf_get_current_task();
	struct ks_counters *n = this_cpu();
	struct ks_oom_event *event;

	if (!n)
		return 0;
	ks_add(&n->runs, 1);
	if (seen_before(victim) || !ks_task_wanted(victim))
		return 0;
	event = ks_reserve(n, KS_OOM_KILL, sizeof(*event));
	if (!event)
		return 0;
	ks_own_by_task(&event->e, victim);
	event->oom_score_adj = BPF_CORE_READ(victim, signal, oom_score_adj);
	measure_mm(event, victim);
	find_cause(event, victim);
	event->oom_flags |= KS_OOM_HAS_TRIGGER;
	event->trigger_pid = BPF_CORE_READ(trigger, tgid);
	event->trigger_tid = BPF_CORE_READ(trigger, pid);
	BPF_CORE_READ_INTO(&event->trigger_comm, trigger, comm);
	ks_submit_now(n, event);
	return 0;
}

/* 6.8+ passes the task. */
SEC("tp_btf/mark_victim")
int BPF_PROG(mark_victim_task, struct task_struct *victim)
{
	return killed(victim);
}

/*
 * Before 6.8 only the victim's thread id is passed: its figures are known when it is the running
 * task (the rule in a memory cgroup), else only the id.
 */
SEC("tp_btf/mark_victim")
int BPF_PROG(mark_victim_pid, int tid)
{
	struct task_struct *trigger = (void *)bpf_get_current_task();
	struct ks_counters *n = this_cpu();
	struct ks_oom_event *event;

	if (BPF_CORE_READ(trigger, pid) == tid)
		return killed(trigger);
	if (!n)
		return 0;
	ks_add(&n->runs, 1);
	/* Of such a victim only the process id can be compared: it is marked by its main thread. */
	if (settings.filter_flags &&
	    (settings.filter_flags != KS_FILTER_PID || settings.filter_pid != (__u32)tid))
		return 0;
	event = ks_reserve(n, KS_OOM_KILL, sizeof(*event));
	if (!event)
		return 0;
	event->e.tid = tid;
	event->oom_flags = KS_OOM_HAS_TRIGGER;
	event->trigger_pid = BPF_CORE_READ(trigger, tgid);
	event->trigger_tid = BPF_CORE_READ(trigger, pid);
	BPF_CORE_READ_INTO(&event->trigger_comm, trigger, comm);
	ks_submit_now(n, event);
	return 0;
}
