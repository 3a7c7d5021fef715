/* SPDX-License-Identifier: GPL-2.0-only */
/* What libkstop hands over: snapshots and their rows. */
#ifndef KSTOP_WIRE_ROWS_H
#define KSTOP_WIRE_ROWS_H

#include "maps.h"

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
