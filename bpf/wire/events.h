/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of the ring buffer, by the probe that sends them. */
#ifndef KSTOP_WIRE_EVENTS_H
#define KSTOP_WIRE_EVENTS_H

#include "base.h"

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

#endif
