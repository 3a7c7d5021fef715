// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long calls on files take: read, write, fsync, open.
 *
 * Two forms. At the kernel's functions (fexit, kprobe) a call is known by the address of its frame
 * on the kernel's stack: one within another (the fsync of an O_SYNC write, a stacked file system)
 * lies below it and isn't counted again. At the system calls (sys_enter, sys_exit) every call on
 * the host passes by, so the number is tested first.
 */
#define KS_SLOT_BITS	12
#define KS_CALLS_BY_TID 4096
/*
 * place: of the call on the stack. bytes: asked for; of a vectored call where its pieces are told.
 * within: calls met inside this one.
 */
#define KS_CALL_FIELDS                                                                             \
	__u64 place;                                                                               \
	__u64 file;                                                                                \
	__u64 bytes;                                                                               \
	__u32 pieces;                                                                              \
	__u32 within;                                                                              \
	__u8 op;                                                                                   \
	__u8 class;                                                                                \
	__u8 vectored;                                                                             \
	__u8 under_way;                                                                            \
	__u8 pad[4];

#include "calls.h"
#include "registers.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ks_vfs_cpu);
} cpus SEC(".maps");

static __always_inline struct ks_vfs_cpu *this_cpu(void)
{
	__u32 id = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&cpus, &id);
}

/* A call of the user's own making? The kernel's workers (loop, nfsd, io_uring) are left out. */
static __always_inline bool is_wanted(struct task_struct *task)
{
	return !settings.filter_flags || ks_task_wanted(task);
}

/* Calls within one; more are none: its end went by unseen. */
#define MAX_WITHIN 64

/* A call begins. asked: its op, class, file, bytes and pieces. */
static __always_inline void begin(struct ks_vfs_cpu *cpu, void *on_stack, struct ks_call *asked)
{
	__u64 now = bpf_ktime_get_ns(), place;
	struct ks_call *call = ks_call_begins(on_stack, &place, now);

	if (!call) {
		ks_add(&cpu->unstamped, 1);
		return;
	}
	if (call->under_way && place < call->place && call->start_ns >= settings.attach_ns &&
	    call->within < MAX_WITHIN) {
		call->within++;
		return;
	}
	call->place = place;
	call->file = asked->file;
	call->bytes = asked->bytes;
	call->pieces = asked->pieces;
	call->vectored = asked->vectored;
	call->within = 0;
	call->op = asked->op;
	call->class = asked->class;
	call->under_way = 1;
	call->start_ns = now;
}

/* Figures of a CPU: plain where preemption is off, for then nobody else writes them. */
static __always_inline void bump(__u64 *cell, __u64 n, bool alone)
{
	if (alone)
		*cell += n;
	else
		ks_add(cell, n);
}

static __always_inline void tally(struct ks_hist *hist, __u64 ns, bool alone)
{
	__u64 epoch = settings.epoch;
	__u32 half = epoch & 1;

	bump(&hist->cells[ks_cell(ns)], 1, alone);
	bump(&hist->sum_ns, ns, alone);
	if (hist->max_epoch[half] != epoch) {
		hist->max_epoch[half] = epoch;
		hist->max_ns[half] = 0;
	}
	if (ns > hist->max_ns[half])
		hist->max_ns[half] = ns;
}

static __always_inline void count(struct ks_vfs_cpu *cpu, struct ks_call *call, __u64 ns,
				  bool alone)
{
	__u32 slot = call->op + (call->class == KS_CLASS_WAIT ? KS_VFS_OPS : 0);

	tally(&cpu->hist[slot & (2 * KS_VFS_OPS - 1)], ns, alone);
	/* The calls of the process that somebody looks into, once more. */
	if (settings.focus_pid && call->class != KS_CLASS_WAIT &&
	    bpf_get_current_pid_tgid() >> 32 == settings.focus_pid)
		tally(&cpu->focus[slot & (KS_VFS_OPS - 1)], ns, alone);
}

/* A call ends. Its latency when that is to be told, else 0. The caller ends it (under_way) when all
 * is told: another task may take a rested slot at once. */
static __always_inline __u64 finish(struct ks_vfs_cpu *cpu, struct ks_call *call, long result,
				    const bool direct, const bool alone)
{
	struct file *file = NULL;
	__u64 ns;

	/* Begun before a pause, in which another may have begun unseen. */
	if (call->start_ns < settings.attach_ns)
		return 0;
	ns = bpf_ktime_get_ns() - call->start_ns;
	/* What was opened is known from the result alone; a failed open has no file. */
	if (call->op == KS_VFS_OPEN) {
		if (result >= 0)
			file = ks_open_file(direct ? bpf_get_current_task_btf()
						   : (void *)bpf_get_current_task(),
					    result, direct);
		call->file = (__u64)file;
		call->class = ks_class_of(file, direct);
		if (call->class == KS_CLASS_NONE)
			return 0;
	}
	count(cpu, call, ns, alone);
	return ns >= settings.warn_ns ? ns : 0;
}

#define MAX_PIECES 8

struct iovec {
	void *iov_base;
	unsigned long iov_len;
};

/* Bytes that the call asked for; of a vectored one unknown when it has more pieces than are looked
 * at, or pieces of another layout. */
static __always_inline void tell_size(struct ks_vfs_event *event, struct ks_call *call)
{
	struct iovec *vec = (void *)call->bytes, piece;

	if (call->op != KS_VFS_READ && call->op != KS_VFS_WRITE)
		return;
	if (call->vectored &&
	    (call->pieces > MAX_PIECES || is_compat((void *)bpf_get_current_task(), false)))
		return;
	if (!call->vectored)
		event->size_bytes = call->bytes;
	for (__u32 i = 0; call->vectored && i < MAX_PIECES && i < call->pieces; i++) {
		if (bpf_probe_read_user(&piece, sizeof(piece), vec + i))
			return;
		event->size_bytes += piece.iov_len;
	}
	event->vfs_flags |= KS_VFS_HAS_SIZE;
}

/* Not inlined: a page of code, and many programs that hardly ever need it. */
static __noinline int emit(struct ks_vfs_cpu *cpu, struct ks_call *call, struct file *file,
			   __u64 ns)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct ks_vfs_event *event;

	event = ks_reserve(&cpu->n, KS_VFS_SLOW, sizeof(struct ks_vfs_event));
	if (!event)
		return 0;
	ks_own_by_task(&event->e, task);
	event->latency_ns = ns;
	event->op = call->op;
	if (call->class == KS_CLASS_WAIT)
		event->vfs_flags |= KS_VFS_IS_WAIT;
	tell_size(event, call);
	if (file) {
		ks_describe_file(event, file);
		ks_name_file(event, file, task);
	}
	ks_submit(&cpu->n, event);
	return 0;
}

#include "vfs-functions.h"
#include "vfs-syscalls.h"
