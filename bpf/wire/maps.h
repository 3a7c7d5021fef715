/* SPDX-License-Identifier: GPL-2.0-only */
/* What maps hold while programs run: counts, histograms, settings. */
#ifndef KSTOP_WIRE_MAPS_H
#define KSTOP_WIRE_MAPS_H

#include "events.h"

/* What a process probe counts: ends by signal number, and these. */
enum ks_process_count {
	KS_ENDED_WELL = 0, /* exit code 0 */
	KS_ENDED_BADLY = 126,
	KS_EXECUTED = 127,
};

/* A power of two: wait() has seven bits for a signal. */
#define KS_PROCESS_COUNTS 128

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

/* switches: the one numbered n.runs is the newest. */
struct ks_sched_cpu {
	struct ks_counters n;
	struct ks_hist hist;
	__u64 cut; /* waits whose part before a migration is unknown */
	__u64 spare[7];
	struct ks_hist focus; /* of settings.focus_pid alone */
	struct ks_switch switches[KS_SWITCHES];
	struct ks_sched_event event; /* the one being made */
} __attribute__((aligned(64)));

/* A power of two, so that enum ks_block_op can be masked. */
#define KS_BLOCK_SLOTS 8

/* A request from when it was made until it ends. */
struct ks_stamp {
	__u64 since; /* settings.attach_ns then: a stamp from before a pause is another request's */
	__u64 start_ns;
	__u64 issue_ns; /* 0: not yet */
	__u64 cgroup_id;
	__u32 bytes;
	__u32 op;
	__u32 dev;
	__u32 owner;
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u32 left_out; /* by the filter */
	__u8 comm[KS_COMM_LEN];
};

/*
 * Requests of one owner to one disk that ended on one CPU soon after each other. Each was with the
 * disk from when it was issued (from_ns: the earliest; where that isn't known, made) until it
 * ended; flight_ns sums these times up.
 */
struct ks_batch {
	__u64 from_ns;
	__u64 first_end_ns;
	__u64 end_ns;
	__u64 flight_ns;
	__u64 bytes;
	__u32 count; /* 0: being written */
	__u32 dev;
	__u32 owner;
	__u32 pid;
	__u8 comm[KS_COMM_LEN];
};

/* Batches that a CPU remembers, and how long one lasts. */
#define KS_BATCHES  128
#define KS_BATCH_NS (4 << 20)

/* focus: by op, of requests of settings.focus_pid. batches: the one numbered `batch` is the newest.
 */
struct ks_block_cpu {
	struct ks_counters n;
	struct ks_hist focus[KS_BLOCK_SLOTS];
	__u64 batch;
	__u64 spare[7];
	struct ks_batch batches[KS_BATCHES];
} __attribute__((aligned(64)));

/* The first namespaces in which packets are dropped have places of their own for each reason. */
#define KS_DROP_PLACES_BITS 4
#define KS_DROP_PLACES	    (1 << KS_DROP_PLACES_BITS)
#define KS_DROP_REASONS	    256
/* The next ones have places too, which the CPUs share. */
#define KS_DROP_SHARED_BITS 8
#define KS_DROP_SHARED	    (1 << KS_DROP_SHARED_BITS)

/* beyond: drops by class whose namespace and reason had room neither in a place nor in the map. */
struct ks_drop_cpu {
	struct ks_counters n;
	__u64 beyond[4];
	__u64 spare[4];
	__u64 placed[KS_DROP_PLACES * KS_DROP_REASONS];
} __attribute__((aligned(64)));

/* The namespaces (inode numbers) that have places, on each CPU and shared ones; 0: still free. */
struct ks_drop_places {
	__u64 netns[KS_DROP_PLACES];
	__u64 shared[KS_DROP_SHARED];
};

/* A shared place. */
struct ks_drop_counts {
	__u64 reasons[KS_DROP_REASONS];
};

/* Key of the drop counts. netns is an inode number, 0 when the packet doesn't tell. */
struct ks_drop_key {
	__u32 netns;
	__u32 reason;
};

/* Bytes and packets of a cgroup's sockets, as the IP layer sees them. */
struct ks_traffic {
	__u64 rx_bytes;
	__u64 rx_packets;
	__u64 tx_bytes;
	__u64 tx_packets;
};

/* hist by op: of files, then of what may sleep by design (filled with settings.include_waits). */
struct ks_vfs_cpu {
	struct ks_counters n;
	__u64 unstamped; /* calls without memory for their start time */
	__u64 spare[7];
	struct ks_hist hist[2 * KS_VFS_OPS];
	struct ks_hist focus[KS_VFS_OPS]; /* of files, of settings.focus_pid alone */
} __attribute__((aligned(64)));

/* hist: of calls, then of what sleeps by design (with settings.include_waits). */
struct ks_syscall_cpu {
	struct ks_counters n;
	__u64 unstamped; /* calls without memory for their start time */
	__u64 spare[7];
	struct ks_hist hist[2];
	struct ks_hist focus[2]; /* of settings.focus_pid alone */
} __attribute__((aligned(64)));

/* By entry of the table. count, total_ns and the maxima (as in ks_hist): of settings.focus_pid
 * alone, waits too. */
struct ks_syscall_tally {
	__u64 slow; /* events */
	__u64 count;
	__u64 total_ns;
	__u64 max_ns[2];
	__u64 max_epoch[2];
	__u64 spare;
};

struct ks_syscall_tallies {
	struct ks_syscall_tally of[KS_SYSCALL_ENTRIES];
};

/* By enum ks_process_count. */
struct ks_process_cpu {
	struct ks_counters n;
	__u64 counts[KS_PROCESS_COUNTS];
} __attribute__((aligned(64)));

/* hist: of minor faults and of major ones. */
struct ks_fault_cpu {
	struct ks_counters n;
	struct ks_hist hist[2];
} __attribute__((aligned(64)));

/* By enum ks_reclaim. */
struct ks_reclaim_cpu {
	struct ks_counters n;
	struct ks_hist hist[KS_RECLAIMS];
	__u64 bytes[KS_RECLAIMS];
	__u64 spare[6];
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

/* syscall: all that the filter lets through is looked into. No process has this number. */
#define KS_FOCUS_ALL 0xffffffff

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
	__u32 include_waits;	   /* vfs, syscall: also what sleeps by design */
	__u32 quiet;		   /* another probe sends these events, with more in them */
	__u32 self_pid;	 /* sched, syscall: the thread group that measures, which is left out */
	__u32 focus_pid; /* a thread group with histograms of its own; 0 = none, or KS_FOCUS_ALL */
	__u32 with_args; /* process: command lines too */
	__u32 spare;
};

#endif
