// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long page faults take, from handle_mm_fault's entry to its return, and an event with the
 * latency for each major one. Counted as the kernel counts a task's min_flt and maj_flt
 * (mm_account_fault): once, however often it was retried, and not when it failed.
 *
 * Every fault on the host pays for it: off unless asked for.
 */
#include "common.h"

/* include/linux/mm_types.h: both sets have kept their values since 5.9. */
#define FAULT_FLAG_RETRY_NOWAIT 0x08
#define FAULT_FLAG_TRIED	0x20
#define VM_FAULT_MAJOR		0x0004
#define VM_FAULT_RETRY		0x0400
#define VM_FAULT_ERROR		0x0873 /* OOM, SIGBUS, HWPOISON (both), SIGSEGV, FALLBACK */

struct vm_area_struct;

/* A fault under way. */
struct stamp {
	__u64 start_ns; /* 0: none */
	__u64 address;
	__u32 flags;
	__u32 retried; /* returned to be called again */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct stamp);
} starts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct stamp);
} starts_by_tid SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ks_fault_cpu);
} cpus SEC(".maps");

static __always_inline struct ks_fault_cpu *this_cpu(void)
{
	__u32 id = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&cpus, &id);
}

/* The second call for a fault goes on where the first one began. */
static __always_inline void begin(struct stamp *stamp, __u64 address, __u32 flags)
{
	bool goes_on = stamp->retried && stamp->address == address &&
		       stamp->start_ns >= settings.attach_ns;

	stamp->retried = 0;
	stamp->flags = flags;
	if (goes_on)
		return;
	stamp->address = address;
	stamp->start_ns = bpf_ktime_get_ns();
}

static __always_inline void tell(struct ks_counters *n, const struct stamp *stamp, __u64 ns)
{
	struct ks_fault_event *event = ks_reserve(n, KS_PAGE_FAULT, sizeof(*event));

	if (!event)
		return;
	ks_own_by_task(&event->e, (void *)bpf_get_current_task());
	event->address = stamp->address;
	event->latency_ns = ns ? ns : 1;
	ks_submit(n, event);
}

static __always_inline void end(struct stamp *stamp, __u32 result)
{
	struct ks_fault_cpu *cpu = this_cpu();
	struct stamp done = *stamp;
	bool major;
	__u64 ns;

	if (cpu)
		ks_add(&cpu->n.runs, 1);
	if (!done.start_ns)
		return;
	if (result & VM_FAULT_RETRY && !(done.flags & FAULT_FLAG_RETRY_NOWAIT)) {
		stamp->retried = 1;
		return;
	}
	stamp->start_ns = stamp->retried = 0;
	/* Begun before a pause, in which others may have come and gone unseen. */
	if (done.start_ns < settings.attach_ns)
		return;
	if (!cpu || result & (VM_FAULT_RETRY | VM_FAULT_ERROR))
		return;
	ns = bpf_ktime_get_ns() - done.start_ns;
	major = result & VM_FAULT_MAJOR || done.flags & FAULT_FLAG_TRIED;
	ks_hist_add_shared(&cpu->hist[major & 1], ns);
	if (major)
		tell(&cpu->n, &done, ns);
}

static __always_inline void count_run(void)
{
	struct ks_fault_cpu *cpu = this_cpu();

	if (cpu)
		ks_add(&cpu->n.runs, 1);
}

static __always_inline void begin_stored(__u64 address, __u32 flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct stamp *stamp;

	count_run();
	if (!ks_task_wanted(task))
		return;
	stamp = bpf_task_storage_get(&starts, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (stamp)
		begin(stamp, address, flags);
}

static __always_inline void begin_hashed(__u64 address, __u32 flags)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct stamp *stamp, fresh = {};

	count_run();
	if (!ks_task_wanted((void *)bpf_get_current_task()))
		return;
	stamp = bpf_map_lookup_elem(&starts_by_tid, &tid);
	if (!stamp) {
		bpf_map_update_elem(&starts_by_tid, &tid, &fresh, BPF_ANY);
		stamp = bpf_map_lookup_elem(&starts_by_tid, &tid);
	}
	if (stamp)
		begin(stamp, address, flags);
}

static __always_inline void end_hashed(__u32 result)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct stamp *stamp = bpf_map_lookup_elem(&starts_by_tid, &tid);

	if (stamp)
		end(stamp, result);
}

SEC("fentry/handle_mm_fault")
int BPF_PROG(fault_fentry_storage, struct vm_area_struct *vma, unsigned long address,
	     unsigned int flags)
{
	begin_stored(address, flags);
	return 0;
}

SEC("fexit/handle_mm_fault")
int BPF_PROG(fault_fexit_storage, struct vm_area_struct *vma, unsigned long address,
	     unsigned int flags, struct pt_regs *regs, unsigned int result)
{
	struct stamp *stamp = bpf_task_storage_get(&starts, bpf_get_current_task_btf(), 0, 0);

	if (stamp)
		end(stamp, result);
	return 0;
}

SEC("fentry/handle_mm_fault")
int BPF_PROG(fault_fentry_hash, struct vm_area_struct *vma, unsigned long address,
	     unsigned int flags)
{
	begin_hashed(address, flags);
	return 0;
}

SEC("fexit/handle_mm_fault")
int BPF_PROG(fault_fexit_hash, struct vm_area_struct *vma, unsigned long address,
	     unsigned int flags, struct pt_regs *regs, unsigned int result)
{
	end_hashed(result);
	return 0;
}

SEC("kprobe/handle_mm_fault")
int BPF_KPROBE(fault_kprobe, struct vm_area_struct *vma, unsigned long address, unsigned int flags)
{
	begin_hashed(address, flags);
	return 0;
}

SEC("kretprobe/handle_mm_fault")
int BPF_KRETPROBE(fault_kretprobe, unsigned int result)
{
	end_hashed(result);
	return 0;
}
