/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every record and layout that crosses from kernel to user space: the only definition.
 * The TypeScript offsets are generated from this header's BTF (native/gen-wire.c).
 * All times are nanoseconds of CLOCK_MONOTONIC unless said; sizes are bytes.
 */
#ifndef KSTOP_WIRE_H
#define KSTOP_WIRE_H

#include <linux/types.h>

#define KS_COMM_LEN	   16
#define KS_DISK_LEN	   32
#define KS_CGROUP_NAME_LEN 64

/*
 * Latency cells: 1 us to 67 s, four cells an octave, upper-inclusive; the last used one is
 * overflow. The array is rounded up to a power of two, so that an index can be masked (old
 * verifiers infer no bound from the arithmetic).
 */
#define KS_HIST_CELLS 106
#define KS_HIST_SLOTS 128

enum ks_event_type {
	KS_SCHED_LATENCY = 1,
	KS_BIO_LATENCY = 2,
	KS_OOM_KILL = 3,
	KS_TCP_RETRANSMIT = 4,
};

/* What the kernel knew of the owner. */
enum ks_event_flags {
	KS_HAS_TASK = 1,   /* pid, tid, comm */
	KS_HAS_CGROUP = 2, /* cgroup_id, of the default (v2) hierarchy */
	KS_HAS_UID = 4,
};

/* Begins every record of the ring buffer. pid is the thread group, tid the thread. */
struct ks_event {
	__u16 type;
	__u16 size;
	__u32 cpu;
	__u64 mono_ns;
	__u64 cgroup_id;
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u32 flags;
	__u8 comm[KS_COMM_LEN];
};

enum ks_sched_cause {
	KS_CAUSE_QUEUE = 0,
	KS_CAUSE_THROTTLED = 1,
	KS_CAUSE_UNKNOWN = 2,
};

/* latency_ns and throttled_ns are differences of rq clocks, never of CLOCK_MONOTONIC. */
struct ks_sched_event {
	struct ks_event e;
	__u64 latency_ns;
	__u64 throttled_ns;
	__u32 prio;
	__u32 cause;
	__u32 prev_pid;
	__u32 prev_tid;
	__u8 prev_comm[KS_COMM_LEN];
};

enum ks_block_op {
	KS_OP_READ = 0,
	KS_OP_WRITE = 1,
	KS_OP_FLUSH = 2,
	KS_OP_DISCARD = 3,
	KS_OP_OTHER = 4,
};

enum ks_block_owner {
	KS_OWNER_UNKNOWN = 0,
	KS_OWNER_TASK = 1,
	KS_OWNER_WRITEBACK = 2,
};

/* issue_known: queue_ns and device_ns are valid. sector is in 512-byte units. */
struct ks_block_event {
	struct ks_event e;
	__u64 latency_ns;
	__u64 queue_ns;
	__u64 device_ns;
	__u64 sector;
	__u32 bytes;
	__u32 op;
	__u32 owner;
	__u32 issue_known;
	__u8 disk[KS_DISK_LEN];
};

/* What an OOM record knows beyond the victim. */
enum ks_oom_flags {
	KS_OOM_HAS_MM = 1,    /* total_vm_bytes, rss_bytes */
	KS_OOM_HAS_MEMCG = 2, /* memcg_id, memcg_v2, memcg_name */
	KS_OOM_HAS_LIMIT = 4,
	KS_OOM_HAS_CONSTRAINT = 8,
	KS_OOM_HAS_TRIGGER = 16,
};

/* The header's owner is the victim; trigger is the task whose allocation failed. */
struct ks_oom_event {
	struct ks_event e;
	__u64 total_vm_bytes;
	__u64 rss_bytes;
	__u64 memcg_id;
	__u64 limit_bytes;
	__u32 oom_flags;
	__s32 oom_score_adj;
	__u32 constraint;
	__u32 memcg_v2;
	__u32 trigger_pid;
	__u32 trigger_tid;
	__u8 trigger_comm[KS_COMM_LEN];
	__u8 memcg_name[KS_CGROUP_NAME_LEN];
};

/* Ports in host order; IPv4 addresses in the first four bytes. family is AF_INET or AF_INET6. */
struct ks_retransmit_event {
	struct ks_event e;
	__u8 saddr[16];
	__u8 daddr[16];
	__u16 sport;
	__u16 dport;
	__u16 family;
	__u16 state;
	__u32 segments;
	__u32 netns;
};

/*
 * Per probe and CPU, cumulative. hits = sent + held + lost; what the kernel skipped (missed) never
 * reaches the program and is added from the program's own recursion counter.
 */
struct ks_counters {
	__u64 runs; /* program runs: cost accounting */
	__u64 hits; /* outliers found */
	__u64 sent;
	__u64 held; /* by the token bucket */
	__u64 lost; /* ring buffer full */
	__u64 refilled_ns;
	__u64 credit_ns;
	__u64 spare;
};

/*
 * The maximum since the last snapshot: user space advances settings.epoch, then reads the slot that
 * rests. A slot is valid only for the epoch it names, so nobody has to clear it.
 */
struct ks_hist {
	__u64 cells[KS_HIST_SLOTS];
	__u64 sum_ns;
	__u64 spare;
	__u64 max_ns[2];
	__u64 max_epoch[2];
	__u64 spare2[2];
};

struct ks_cpu {
	struct ks_counters n;
} __attribute__((aligned(64)));

struct ks_sched_cpu {
	struct ks_counters n;
	struct ks_hist hist;
	__u64 cut; /* waits whose part before a migration is unknown */
	__u64 spare[7];
} __attribute__((aligned(64)));

/* Key of the block histograms. dev is the kernel's dev_t of the whole disk: major << 20 | minor. */
struct ks_block_key {
	__u32 dev;
	__u32 op;
};

struct ks_block_hist {
	struct ks_hist total;
	__u8 disk[KS_DISK_LEN];
	__u64 queue_ns; /* sum over the requests counted in split */
	__u64 device_ns;
	__u64 split; /* requests whose issue time was known */
	__u64 bytes;
};

enum ks_filter_flags {
	KS_FILTER_PID = 1,
	KS_FILTER_COMM = 2,
	KS_FILTER_CGROUP = 4,
};

/* Live settings: user space writes them into the running programs' .data. */
struct ks_settings {
	__u64 warn_ns;
	__u64 cost_ns; /* of one event in the token bucket; 0 = no limit */
	__u64 burst_ns;
	__u64 attach_ns;     /* tasks that started later were seen from birth */
	__u64 epoch;	     /* counts snapshots; its parity is the slot of ks_hist.max_ns in use */
	__u64 filter_cgroup; /* v2 id, at depth filter_level */
	__u32 filter_level;
	__u32 filter_flags;
	__u32 filter_pid;
	__u32 page_shift;
	__u64 wake_bytes; /* ring fill that wakes the reader */
	__u64 filter_comm[2];
	__u64 filter_comm_mask[2]; /* up to the name's end: older kernels leave a former one behind
				      it */
};

/*
 * A probe's snapshot, as libkstop hands it over: this header, then rows of the probe's kind.
 * Cumulative since the probe was first switched on, but for max_ns, which is since the last
 * snapshot.
 */
struct ks_snapshot {
	__u64 runs;
	__u64 hits;
	__u64 sent;
	__u64 held;
	__u64 lost;
	__u64 missed; /* program runs that the kernel skipped */
	__u64 cut;
	__u64 run_ns; /* by the kernel's BPF statistics, while they are on */
	__u64 run_count;
	__u64 map_bytes;
	__u32 rows;
	__u32 row_bytes;
};

/* Row of sched (cpu) and block (dev, op, disk). */
struct ks_hist_row {
	__u64 cells[KS_HIST_CELLS];
	__u64 sum_ns;
	__u64 max_ns;
	__u64 queue_ns;
	__u64 device_ns;
	__u64 split;
	__u64 bytes;
	__u32 cpu;
	__u32 dev;
	__u32 op;
	__u32 pad;
	__u8 disk[KS_DISK_LEN];
};

/* Row of retransmit. */
struct ks_netns_row {
	__u64 segments;
	__u32 netns;
	__u32 pad;
};

#endif
