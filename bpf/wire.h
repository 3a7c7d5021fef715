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
#define KS_DEVICE_LEN	   16
/* No record is larger. */
#define KS_RECORD_MAX 4352

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
	KS_VFS_SLOW = 5,
	KS_PAGE_FAULT = 7,
	KS_PRESSURE = 9,
	KS_PACKET_DROP = 6,
	KS_LOCKUP = 8,
	KS_SYSCALL_SLOW = 10,
	KS_PROCESS_EXEC = 11,
	KS_PROCESS_EXIT = 12,
	KS_PROCESS_FORK = 13,
	KS_RECLAIM_STALL = 14,
	KS_CGROUP_NAMES = 15, /* no event: it goes before one, and is no hit */
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

/* Switches that a CPU remembers: so many a record carries, or the newest ones if those will do. All
 * powers of two. */
#define KS_SWITCHES	 128
#define KS_SWITCHES_SOME 32
#define KS_SWITCHES_FEW	 8

/* One switch: when (rq clock), to which thread group, under which name of its thread, and from
 * which, which tells a switch that nobody saw. Idle is 0. */
struct ks_switch {
	__u64 at_ns;
	__u32 pid;
	__u32 prev_pid;
	__u64 comm[2]; /* KS_COMM_LEN bytes */
};

/*
 * All durations are differences of rq clocks, never of CLOCK_MONOTONIC. queued_ns (rq clock): since
 * when it waited on this CPU, up to switches[newest]; the older ones lie below that, and from the
 * end of the record on where it holds all. seen: the whole wait was after the probe was attached.
 */
struct ks_sched_event {
	struct ks_event e;
	__u64 latency_ns;
	__u64 throttled_ns;
	__u64 queued_ns;
	__u32 prio;
	__u32 cause;
	__u32 prev_pid;
	__u32 prev_tid;
	__u8 prev_comm[KS_COMM_LEN];
	__u32 seen;
	__u32 newest;
	struct ks_switch switches[KS_SWITCHES];
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

/*
 * issue_known: queue_ns and device_ns are valid. sector is in 512-byte units. The header's time is
 * when the request ended.
 */
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
	__u32 dev; /* as in ks_block_key */
	__u32 pad;
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

/* A major page fault. address is of user space; latency_ns is 0 where it wasn't measured. */
struct ks_fault_event {
	struct ks_event e;
	__u64 address;
	__u64 latency_ns;
};

/* Whose memory was short: the host's, or that of a memory cgroup at its limit. */
enum ks_reclaim {
	KS_RECLAIM_DIRECT = 0,
	KS_RECLAIM_MEMCG = 1,
};

#define KS_RECLAIMS 2

/* A task had to free memory before it got its own. order: of the pages it asked for; -1 where that
 * isn't known. */
struct ks_reclaim_event {
	struct ks_event e;
	__u64 latency_ns;
	__u64 reclaimed_bytes;
	__u32 reclaim;
	__s32 order;
};

/* What PSI tells apart: some tasks stalled, or all that could run. */
enum ks_pressure_level {
	KS_PRESSURE_SOME = 0,
	KS_PRESSURE_FULL = 1,
	KS_PRESSURE_LEVELS = 2,
};

/*
 * The host's tasks stalled for memory: made by the library when the level is reached. Of no CPU
 * and no task. Averages over 10 s, in hundredths of a percent; known: a bit for each that was read.
 */
struct ks_pressure_event {
	struct ks_event e;
	__u32 level;
	__u32 known;
	__u32 avg10_centi_pct[2];
};

/* What a drop means; user space gives each reason its class (kstop_table). */
enum ks_drop_class {
	KS_DROP_NORMAL = 0,
	KS_DROP_FAULT = 1,
	KS_DROP_POLICY = 2,
};

/*
 * Index of a reason in the table of classes: the core's own numbers, and one entry for each
 * subsystem that keeps numbers of its own (the upper 16 bits of the reason).
 */
#define KS_DROP_TABLE	   512
#define KS_DROP_SUBSYSTEMS 448

/* What was found in the packet's headers. */
enum ks_drop_flags {
	KS_DROP_HAS_ADDRESSES = 1,
	KS_DROP_HAS_PORTS = 2,
};

/*
 * protocol is the EtherType, ip_protocol IPv4's protocol or IPv6's last next header; numbers in
 * host order. netns 0: not known. reason 0: the kernel gives none.
 */
struct ks_drop_event {
	struct ks_event e;
	__u64 location;
	__u32 reason;
	__u32 drop_class;
	__u32 netns;
	__u32 drop_flags;
	__u8 saddr[16];
	__u8 daddr[16];
	__u16 sport;
	__u16 dport;
	__u16 family;
	__u16 protocol;
	__u32 ip_protocol;
	__u32 pad;
	__u8 device[KS_DEVICE_LEN];
};

enum ks_vfs_op {
	KS_VFS_READ = 0,
	KS_VFS_WRITE = 1,
	KS_VFS_FSYNC = 2,
	KS_VFS_OPEN = 3,
};

#define KS_VFS_OPS 4

/* What a VFS record knows of its file. */
enum ks_vfs_flags {
	KS_VFS_HAS_FILE = 1, /* inode, magic, mode, fs */
	KS_VFS_HAS_SIZE = 2,
	KS_VFS_IS_WAIT = 4,   /* no file: it may sleep by design */
	KS_VFS_PATH_ENDS = 8, /* names reach up to the task's root */
	KS_VFS_PATH_CUT = 16, /* the folders next to the root are missing */
	KS_VFS_DELETED = 32,
};

#define KS_FS_LEN   16
#define KS_PATH_MAX 256
/* How much of a name is copied at once; a power of two less one. */
#define KS_PATH_CHUNK 127

/* names: of the file, of its folder and so on, each with a zero byte behind it. */
struct ks_vfs_event {
	struct ks_event e;
	__u64 latency_ns;
	__u64 inode;
	__u64 size_bytes;
	__u64 magic;
	__u32 op;
	__u32 mode; /* i_mode */
	__u32 vfs_flags;
	__u32 names_bytes;
	__u8 fs[KS_FS_LEN];
	__u8 names[KS_PATH_MAX + KS_PATH_CHUNK + 1];
};

enum ks_syscall_flags {
	KS_SYSCALL_COMPAT = 1,	/* of a 32-bit program, with numbers of its own */
	KS_SYSCALL_IS_WAIT = 2, /* it sleeps by design */
};

/* A slow system call, told when it ends. ret: as the kernel gave it, -errno where it failed. */
struct ks_syscall_event {
	struct ks_event e;
	__u64 latency_ns;
	__s64 ret;
	__s64 number;
	__u32 syscall_flags;
	__u32 pad;
};

/*
 * What a system call is, by the table that user space fills (kstop_table): entries of the host's
 * own numbers, then of 32-bit programs' (KS_SYSCALL_COMPAT_BASE). The last entry of either half is
 * of all numbers that have none.
 */
enum ks_syscall_class {
	KS_SYSCALL_CALL = 0,
	KS_SYSCALL_WAIT = 1,	/* sleeps by design */
	KS_SYSCALL_BY_FD = 2,	/* does so unless its first argument is a file, directory or disk */
	KS_SYSCALL_BY_OPEN = 3, /* does so where what it opened is none (a FIFO) */
	KS_SYSCALL_CLONE = 4,	/* does so with CLONE_VFORK among the flags in its first argument */
	KS_SYSCALL_CLONE3 = 5,	/* likewise, in what its first argument points to */
	KS_SYSCALL_UNTIMED = 6, /* never returns, or isn't known */
};

#define KS_SYSCALL_ENTRIES     1024
#define KS_SYSCALL_COMPAT_BASE 512

/* Frames of a kernel stack that a record holds at most. */
#define KS_STACK_FRAMES 32

enum ks_lockup_kind {
	KS_SOFT_LOCKUP = 0,
	KS_HUNG_TASK = 1,
	KS_RCU_STALL = 2,
};

enum ks_lockup_flags {
	KS_LOCKUP_HAS_STUCK = 1, /* stuck_ns */
	KS_LOCKUP_SELF = 2,	 /* an RCU stall that the stalled CPU itself found */
};

/*
 * The header's cpu is the one that is stuck, or where the hung task last ran; for an RCU stall that
 * another CPU found, the one that found it. stack: the innermost return address first.
 */
struct ks_lockup_event {
	struct ks_event e;
	__u64 stuck_ns;
	__u64 jiffies; /* the kernel's jiffies64 at e.mono_ns */
	__u32 kind;
	__u32 lockup_flags;
	__u32 frames;
	__u32 pad;
	__u64 stack[KS_STACK_FRAMES];
};

#define KS_FILE_LEN 256
/* A power of two. */
#define KS_ARGS_LEN 512

enum ks_exec_flags {
	KS_EXEC_FILE_CUT = 1,
	KS_EXEC_HAS_ARGS = 2, /* args_bytes, args */
	KS_EXEC_ARGS_CUT = 4,
	KS_EXEC_MAIN = 8, /* what a container runs */
};

/*
 * A process runs another program. file: as it was asked for, with a zero behind it. args: each with
 * a zero behind it; without settings.with_args the record ends before them.
 */
struct ks_exec_event {
	struct ks_event e;
	__u32 ppid;
	__u32 exec_flags;
	__u32 args_bytes;
	__u32 pad;
	__u8 file[KS_FILE_LEN];
	__u8 args[KS_ARGS_LEN];
};

enum ks_exit_flags {
	KS_EXIT_HAS_CPU = 1, /* cpu_ns */
	KS_EXIT_HAS_RSS = 2, /* max_rss_bytes */
	KS_EXIT_MAIN = 4,    /* what a container ran */
};

/* A thread group is over. status: as wait() gives it to the parent. */
struct ks_exit_event {
	struct ks_event e;
	__u64 lifetime_ns; /* since the fork */
	__u64 cpu_ns;	   /* as far as the scheduler had accounted it */
	__u64 max_rss_bytes;
	__u32 ppid;
	__u32 status;
	__u32 exit_flags;
	__u32 pad;
};

/* Deeper cgroups and longer names are left out. */
enum ks_cgroup_most {
	KS_CGROUP_DEPTH = 8,
	KS_CGROUP_NAME = 96,
};

/* Names of the cgroup e.cgroup_id (v2) and of those above it but the root, the innermost first. */
struct ks_cgroup_names {
	struct ks_event e;
	__u32 depth;
	__u32 pad;
	__u8 names[KS_CGROUP_DEPTH][KS_CGROUP_NAME];
};

/* The owner is the thread that forked. */
struct ks_fork_event {
	struct ks_event e;
	__u32 child_pid;
	__u32 pad;
	__u8 child_comm[KS_COMM_LEN];
};

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
	__u32 more_rows; /* of a second kind, behind the others */
	__u32 more_bytes;
};

/* Row of sched (cpu), block (dev, op, disk), vfs and syscall (op: index of hist), fault-latency
 * (op: 0 minor, 1 major) and reclaim (op: enum ks_reclaim, bytes). */
struct ks_hist_row {
	__u64 cells[KS_HIST_CELLS];
	__u64 sum_ns;
	__u64 max_ns;
	__u64 next_max_ns; /* of what came since this snapshot began: its cells may tell of it
			      already */
	__u64 queue_ns;
	__u64 device_ns;
	__u64 split;
	__u64 bytes;
	__u32 cpu;
	__u32 dev;
	__u32 op;
	__u32 focus; /* settings.focus_pid, when the row is of that one alone; else 0 */
	__u8 disk[KS_DISK_LEN];
};

/*
 * What kstop_requests() hands over: this header, then rows. since_ns: requests that ended before
 * may be missing.
 */
struct ks_flights {
	__u64 since_ns;
	__u32 rows;
	__u32 pad;
};

/* A request in flight (end_ns 0, count 1; from_ns: made), or a batch of those that ended on a CPU.
 */
struct ks_flight {
	__u64 from_ns;
	__u64 issue_ns;
	__u64 first_end_ns;
	__u64 end_ns;
	__u64 flight_ns;
	__u64 bytes;
	__u64 cgroup_id;
	__u32 count;
	__u32 dev;
	__u32 op;
	__u32 owner;
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u32 cpu;
	__u32 left_out;
	__u32 pad;
	__u8 comm[KS_COMM_LEN];
};

/* Row of the second kind of syscall: an entry of its table with figures. focus: as above. */
struct ks_syscall_row {
	__u64 slow;
	__u64 count;
	__u64 total_ns;
	__u64 max_ns;
	__u32 entry;
	__u32 focus;
};

/* Row of process. what: enum ks_process_count. */
struct ks_process_row {
	__u64 count;
	__u32 what;
	__u32 pad;
};

/* Row of drops. beyond: the count of a class whose namespaces and reasons had no room. */
struct ks_drop_row {
	__u64 count;
	__u32 netns;
	__u32 reason;
	__u32 beyond;
	__u32 drop_class;
};

/* Row of container-traffic. */
struct ks_traffic_row {
	__u64 cgroup_id;
	struct ks_traffic n;
};

/* Row of retransmit. */
struct ks_netns_row {
	__u64 segments;
	__u32 netns;
	__u32 pad;
};

/* Bits of a task's state and exit state (include/linux/sched.h), the same since 4.14. */
enum ks_task_state {
	KS_TASK_RUNNING = 0,
	KS_TASK_INTERRUPTIBLE = 0x1,
	KS_TASK_UNINTERRUPTIBLE = 0x2,
	KS_TASK_STOPPED = 0x4,
	KS_TASK_TRACED = 0x8,
	KS_TASK_EXIT_DEAD = 0x10,
	KS_TASK_ZOMBIE = 0x20,
	KS_TASK_PARKED = 0x40,
	KS_TASK_DEAD = 0x80,
	KS_TASK_NOLOAD = 0x400,
};

/*
 * What the task iterator says of a thread: figures since it began; the leader's with those of
 * threads that have ended (but for delay_ns), and what is the process's. start_ns tells threads of
 * one number apart.
 */
struct ks_task_row {
	__u64 start_ns;
	__u64 cpu_ns;
	__u64 delay_ns; /* in run queues */
	__u64 voluntary;
	__u64 involuntary;
	__u64 minor;
	__u64 major;
	__u64 waiting_ns; /* now, for a CPU or uninterruptibly; 0: isn't */
	__u64 rss_pages;
	__u64 cgroup_id;
	__u32 tgid;
	__u32 tid;
	__u32 ppid;
	__u32 uid;
	__u32 state;
	__u32 pad;
	__u8 comm[KS_COMM_LEN];
};

/*
 * Row of tasks: a process, and what its threads have had since the last pass. A process that was
 * there before the first pass it was seen in has no figures yet (known 0).
 */
struct ks_group_row {
	__u64 start_ns;
	__u64 cpu_ns;
	__u64 delay_ns;
	__u64 voluntary;
	__u64 involuntary;
	__u64 minor;
	__u64 major;
	__u64 waiting_ns; /* the longest of its threads' */
	__u64 rss_bytes;
	__s64 rss_growth; /* bytes */
	__u64 cgroup_id;
	__u32 pid;
	__u32 ppid;
	__u32 uid;
	__u32 threads;
	__u32 state; /* of the busiest: one that runs, or waits uninterruptibly, before the leader
		      */
	__u32 known;
	__u32 page_bytes;
	__u32 pad;
	__u8 comm[KS_COMM_LEN];
};

struct ks_wakeup_key {
	__u64 start_ns;
	__u32 pid;
	__u32 pad;
};

/* Row of wakeups: of a process since it was first woken up. */
struct ks_wakeup_row {
	__u64 start_ns;
	__u64 count;
	__u32 pid;
	__u32 pad;
};

/* Of stacks of the probe `pages`: deeper ones lose their outermost functions. */
#define KS_KERNEL_FRAMES 36
#define KS_USER_FRAMES	 12

/* Whose pages, and by which stacks (numbers in their maps); 0: unknown. */
struct ks_pages_key {
	__u64 kernel;
	__u64 user;
	__u32 pid;
	__u32 pad;
};

struct ks_pages {
	__u64 allocations;
	__u64 pages;
};

/* sum: what had no room by its stacks. stacks: those that had none themselves. */
struct ks_pages_lost {
	struct ks_pages sum;
	__u64 stacks;
};

/*
 * Row of pages, of settings.focus_pid since it was set. Addresses innermost first, up to a 0; none:
 * unknown. The first row (lost 1) has what had no room instead, and how many stacks had none.
 */
struct ks_pages_row {
	__u64 allocations;
	__u64 bytes;
	__u64 lost_stacks;
	__u64 kernel_id; /* the same number, the same stack; 0: unknown */
	__u64 user_id;
	__u64 kernel[KS_KERNEL_FRAMES];
	__u64 user[KS_USER_FRAMES];
	__u32 lost;
	__u32 pad;
};

#endif
