// SPDX-License-Identifier: GPL-2.0-only
/*
 * Block request latency, queue and device time apart, by disk and operation.
 *
 * A completion runs in whatever task an interrupt hit, so the owner is stamped when the request is
 * made (block_io_start, or blk_account_io_start on kernels before 6.5), keyed by the request.
 * Counted as the kernel's own statistics (/proc/diskstats) count: whole requests, no passthrough, a
 * flush sequence once.
 */
#define KS_CPU ks_block_cpu
#include "counters.h"
#include <linux/version.h>

#define STAMPS	  16384
#define HIST_KEYS 512

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STAMPS);
	__type(key, __u64);
	__type(value, struct ks_stamp);
} stamps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, HIST_KEYS);
	__type(key, struct ks_block_key);
	__type(value, struct ks_block_hist);
} hists SEC(".maps");

/* Too large for the stack: what a new histogram starts as. */
const struct ks_block_hist no_hist = {};

/* From a request's flags. */
static __always_inline __u32 op_of(__u32 flags)
{
	switch (flags & 0xff) {
	case 0:
		return KS_OP_READ;
	case 1:
	case 7: /* zone append */
		return KS_OP_WRITE;
	case 2:
		return KS_OP_FLUSH;
	case 3:
	case 5: /* secure erase */
		return KS_OP_DISCARD;
	default:
		return KS_OP_OTHER;
	}
}

/* REQ_OP_DRV_IN/OUT (34, 35): commands of the driver's own, in no statistics. */
static __always_inline bool is_passthrough(__u32 flags)
{
	return (flags & 0xff) >= 34;
}

extern int LINUX_KERNEL_VERSION __kconfig;

/*
 * A step of a flush sequence, whose request ends (and counts) once more. The flag's bit was 4, and
 * is 1 from 6.11 on; only later did the enum that says so get a name to find it by.
 */
static __always_inline bool is_flush_step(struct request *rq)
{
	__u32 bit = LINUX_KERNEL_VERSION >= KERNEL_VERSION(6, 11, 0) ? 1 : 4;

	if (bpf_core_enum_value_exists(enum rqf_flags, __RQF_FLUSH_SEQ))
		bit = bpf_core_enum_value(enum rqf_flags, __RQF_FLUSH_SEQ);
	return rq->rq_flags & (1U << (bit & 31));
}

/*
 * The kernel's own worker writing dirty pages back is nobody's request. The loop driver's workers,
 * which are marked PF_LOCAL_THROTTLE, do write on behalf of their device.
 */
static __always_inline __u32 owner_of(struct task_struct *task, __u32 op)
{
	__u32 flags = BPF_CORE_READ(task, flags);

	if (op == KS_OP_WRITE && (flags & PF_WQ_WORKER) && !(flags & PF_LOCAL_THROTTLE))
		return KS_OWNER_WRITEBACK;
	return KS_OWNER_TASK;
}

/* Writeback belongs to the cgroup that dirtied the pages, where the io controller is on the v2
 * hierarchy. */
static __always_inline __u64 bio_cgroup(struct request *rq, struct cgroup *task_cgroup)
{
	struct cgroup *cgrp = BPF_CORE_READ(rq, bio, bi_blkg, blkcg, css.cgroup);

	if (!cgrp || BPF_CORE_READ(cgrp, root) != BPF_CORE_READ(task_cgroup, root))
		return 0;
	return ks_cgroup_id(cgrp);
}

/* What is read of a request that is being made. */
struct made {
	__u32 flags;
	__u32 bytes;
	__u32 dev;
};

/*
 * Programs with BTF arguments read what these lead to as it is: a helper's call for each field
 * would be a good part of what they cost.
 */
static __always_inline struct gendisk *disk_of(struct request *rq)
{
	struct request___5_14 *old = (void *)rq;

	if (bpf_core_field_exists(old->rq_disk))
		return old->rq_disk;
	return rq->q->disk;
}

static __always_inline __u32 dev_of(struct gendisk *disk)
{
	return disk->major << 20 | disk->first_minor;
}

static __always_inline struct made made_of(struct request *rq)
{
	return (struct made){rq->cmd_flags, rq->__data_len, dev_of(disk_of(rq))};
}

/* The same for a kprobe's argument. */
static __always_inline struct made probed(struct request *rq)
{
	struct request___5_14 *old = (void *)rq;
	struct gendisk *disk;

	if (bpf_core_field_exists(old->rq_disk))
		disk = BPF_CORE_READ(old, rq_disk);
	else
		disk = BPF_CORE_READ(rq, q, disk);
	return (struct made){BPF_CORE_READ(rq, cmd_flags), BPF_CORE_READ(rq, __data_len),
			     BPF_CORE_READ(disk, major) << 20 | BPF_CORE_READ(disk, first_minor)};
}

static __always_inline int start(struct request *rq, struct made made)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct cgroup *cgrp = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	struct ks_counters *n = this_cpu();
	struct ks_stamp stamp = {};
	__u64 key = (__u64)rq;

	if (!n)
		return 0;
	ks_add(&n->runs, 1);
	if (is_passthrough(made.flags))
		return 0;
	stamp.since = settings.attach_ns;
	stamp.start_ns = bpf_ktime_get_ns();
	stamp.bytes = made.bytes;
	stamp.op = op_of(made.flags);
	stamp.dev = made.dev;
	stamp.owner = owner_of(task, stamp.op);
	if (stamp.owner == KS_OWNER_WRITEBACK) {
		stamp.cgroup_id = bio_cgroup(rq, cgrp);
	} else {
		__u64 ids = bpf_get_current_pid_tgid();

		stamp.cgroup_id = ks_cgroup_id(cgrp);
		stamp.pid = ids >> 32;
		stamp.tid = ids;
		stamp.uid = bpf_get_current_uid_gid();
		bpf_get_current_comm(stamp.comm, sizeof(stamp.comm));
	}
	/* Its completion isn't counted either, but it keeps the disk busy for those that are. */
	stamp.left_out = settings.filter_flags && !ks_task_wanted(task);
	bpf_map_update_elem(&stamps, &key, &stamp, BPF_ANY);
	return 0;
}

SEC("tp_btf/block_io_start")
int BPF_PROG(block_io_start, struct request *rq)
{
	return start(rq, made_of(rq));
}

/* Into the scheduler's queue: still in the submitter's context. */
SEC("tp_btf/block_rq_insert")
int BPF_PROG(block_rq_insert, struct request *rq)
{
	return start(rq, made_of(rq));
}

SEC("fentry/blk_account_io_start")
int BPF_PROG(block_account_fentry, struct request *rq)
{
	return start(rq, made_of(rq));
}

SEC("fentry/__blk_account_io_start")
int BPF_PROG(block_account_fentry_inner, struct request *rq)
{
	return start(rq, made_of(rq));
}

SEC("kprobe/blk_account_io_start")
int BPF_KPROBE(block_account_kprobe, struct request *rq)
{
	return start(rq, probed(rq));
}

SEC("kprobe/__blk_account_io_start")
int BPF_KPROBE(block_account_kprobe_inner, struct request *rq)
{
	return start(rq, probed(rq));
}

static __always_inline struct ks_stamp *stamp_of(struct request *rq)
{
	__u64 key = (__u64)rq;
	struct ks_stamp *stamp = bpf_map_lookup_elem(&stamps, &key);

	return stamp && stamp->since == settings.attach_ns ? stamp : NULL;
}

/* Issue time (where the queue keeps no statistics) and the size after merges. */
typedef void (*btf_trace_block_io_start)(void *, struct request *);

/*
 * Without block_io_start (before 6.5) a request that passes no scheduler is first seen here, in the
 * submitter's context unless a kernel worker issues it. With a scheduler, one task may issue
 * another's request.
 */
static __always_inline bool is_submitting(struct request *rq)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return !bpf_core_type_exists(btf_trace_block_io_start) &&
	       op_of(rq->cmd_flags) != KS_OP_FLUSH && !rq->q->elevator &&
	       !(BPF_CORE_READ(task, flags) & PF_WQ_WORKER);
}

SEC("tp_btf/block_rq_issue")
int BPF_PROG(block_rq_issue, struct request *rq)
{
	struct ks_counters *n = this_cpu();
	struct ks_stamp *stamp;

	if (!n)
		return 0;
	ks_add(&n->runs, 1);
	stamp = stamp_of(rq);
	if (!stamp && is_submitting(rq)) {
		start(rq, made_of(rq));
		stamp = stamp_of(rq);
	}
	if (!stamp)
		return 0;
	stamp->issue_ns = bpf_ktime_get_ns();
	stamp->bytes = rq->__data_len;
	return 0;
}

/* One finished request. from_ns: issued, or where that isn't known, made. */
struct done {
	__u64 from_ns;
	__u64 end_ns;
	__u64 total_ns;
	__u64 queue_ns;
	__u64 device_ns;
	__u32 bytes;
	__u32 op;
	__u32 dev;
	bool split;
};

static __always_inline void measure(struct request *rq, struct ks_stamp *stamp, struct done *done)
{
	__u64 now = bpf_ktime_get_ns();
	__u64 start = rq->start_time_ns, issue = rq->io_start_time_ns;

	if (!start && stamp)
		start = stamp->start_ns;
	if (!issue && stamp)
		issue = stamp->issue_ns;
	done->bytes = rq->__data_len;
	if (!done->bytes && stamp)
		done->bytes = stamp->bytes;
	done->split = start && issue >= start && now >= issue;
	if (!start || start > now)
		start = issue && issue < now ? issue : now;
	done->total_ns = now - start;
	done->end_ns = now;
	done->from_ns = done->split ? issue : start;
	if (done->split) {
		done->queue_ns = issue - start;
		done->device_ns = now - issue;
	}
}

static __always_inline void count(struct gendisk *disk, struct done *done)
{
	struct ks_block_key key = {.op = done->op};
	struct ks_block_hist *hist;

	key.dev = done->dev;
	hist = bpf_map_lookup_elem(&hists, &key);
	if (!hist) {
		bpf_map_update_elem(&hists, &key, &no_hist, BPF_NOEXIST);
		hist = bpf_map_lookup_elem(&hists, &key);
		if (!hist)
			return;
	}
	if (!hist->disk[0])
		BPF_CORE_READ_STR_INTO(&hist->disk, disk, disk_name);
	ks_hist_add(&hist->total, done->total_ns);
	hist->bytes += done->bytes;
	if (done->split) {
		hist->queue_ns += done->queue_ns;
		hist->device_ns += done->device_ns;
		hist->split++;
	}
}

/* Requests of the process that somebody looks into, in a histogram of their own. */
static __always_inline void count_focus(struct ks_block_cpu *cpu, struct ks_stamp *stamp,
					struct done *done)
{
	if (settings.focus_pid && stamp && stamp->owner == KS_OWNER_TASK &&
	    stamp->pid == settings.focus_pid)
		ks_hist_add_shared(&cpu->focus[done->op & (KS_BLOCK_SLOTS - 1)], done->total_ns);
}

static __always_inline void add_to(struct ks_batch *batch, struct done *done)
{
	batch->count++;
	if (done->from_ns < batch->from_ns)
		batch->from_ns = done->from_ns;
	batch->end_ns = done->end_ns;
	batch->flight_ns += done->end_ns - done->from_ns;
	batch->bytes += done->bytes;
}

static __always_inline void begin_batch(struct ks_block_cpu *cpu, struct ks_stamp *stamp,
					struct done *done)
{
	struct ks_batch *batch = &cpu->batches[++cpu->batch & (KS_BATCHES - 1)];

	/* Whoever reads it meanwhile sees by these two that it is another one. */
	batch->count = 0;
	batch->first_end_ns = done->end_ns;
	barrier();
	batch->from_ns = done->from_ns;
	batch->flight_ns = 0;
	batch->bytes = 0;
	batch->dev = done->dev;
	batch->owner = stamp ? stamp->owner : KS_OWNER_UNKNOWN;
	batch->pid = stamp ? stamp->pid : 0;
	if (stamp)
		__builtin_memcpy(batch->comm, stamp->comm, KS_COMM_LEN);
	else
		__builtin_memset(batch->comm, 0, KS_COMM_LEN);
	barrier();
	add_to(batch, done);
}

/*
 * Remembers a finished request, for the slow ones that were in flight beside it. Owners that take
 * turns on a CPU find their batches among its newest. An interrupt within may lose one of two.
 */
static __always_inline void remember(struct ks_block_cpu *cpu, struct ks_stamp *stamp,
				     struct done *done)
{
	__u32 owner = stamp ? stamp->owner : KS_OWNER_UNKNOWN, pid = stamp ? stamp->pid : 0;

	for (int back = 0; back < 4; back++) {
		struct ks_batch *batch = &cpu->batches[(cpu->batch - back) & (KS_BATCHES - 1)];

		if (batch->pid == pid && batch->dev == done->dev && batch->owner == owner &&
		    done->end_ns - batch->first_end_ns < KS_BATCH_NS) {
			add_to(batch, done);
			return;
		}
	}
	begin_batch(cpu, stamp, done);
}

static __always_inline void emit(struct ks_counters *n, struct request *rq, struct gendisk *disk,
				 struct ks_stamp *stamp, struct done *done)
{
	struct ks_block_event *event = ks_reserve(n, KS_BIO_LATENCY, sizeof(struct ks_block_event));

	if (!event)
		return;
	event->e.mono_ns = done->end_ns;
	if (stamp) {
		event->owner = stamp->owner;
		event->e.cgroup_id = stamp->cgroup_id;
		if (stamp->cgroup_id)
			event->e.flags |= KS_HAS_CGROUP;
		if (stamp->owner == KS_OWNER_TASK) {
			event->e.flags |= KS_HAS_TASK | KS_HAS_UID;
			event->e.pid = stamp->pid;
			event->e.tid = stamp->tid;
			event->e.uid = stamp->uid;
			__builtin_memcpy(event->e.comm, stamp->comm, KS_COMM_LEN);
		}
	}
	event->latency_ns = done->total_ns;
	event->queue_ns = done->queue_ns;
	event->device_ns = done->device_ns;
	event->issue_known = done->split;
	event->sector = rq->__sector;
	event->bytes = done->bytes;
	event->op = done->op;
	event->dev = done->dev;
	BPF_CORE_READ_STR_INTO(&event->disk, disk, disk_name);
	ks_submit(n, event);
}

/* A request that became part of another one ends without a completion. */
SEC("tp_btf/block_rq_merge")
int BPF_PROG(block_rq_merge, struct request *rq)
{
	struct ks_counters *n = this_cpu();
	__u64 key = (__u64)rq;

	if (n)
		ks_add(&n->runs, 1);
	bpf_map_delete_elem(&stamps, &key);
	return 0;
}

SEC("tp_btf/block_rq_complete")
int BPF_PROG(block_rq_complete, struct request *rq, int error, unsigned int nr_bytes)
{
	struct ks_block_cpu *cpu = cpu_cell();
	__u64 key = (__u64)rq;
	struct gendisk *disk;
	struct ks_stamp *stamp;
	struct done done = {};

	if (!cpu)
		return 0;
	ks_add(&cpu->n.runs, 1);
	if (is_passthrough(rq->cmd_flags) || nr_bytes < rq->__data_len)
		return 0;
	done.op = op_of(rq->cmd_flags);
	if (done.op != KS_OP_FLUSH && is_flush_step(rq))
		return 0;
	stamp = stamp_of(rq);
	disk = disk_of(rq);
	done.dev = dev_of(disk);
	measure(rq, stamp, &done);
	remember(cpu, stamp, &done);
	if (settings.filter_flags && (!stamp || stamp->left_out))
		goto out;
	count(disk, &done);
	count_focus(cpu, stamp, &done);
	if (done.total_ns >= settings.warn_ns)
		emit(&cpu->n, rq, disk, stamp, &done);
out:
	if (stamp)
		bpf_map_delete_elem(&stamps, &key);
	return 0;
}
