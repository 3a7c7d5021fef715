/* SPDX-License-Identifier: GPL-2.0-only */
/* What all records begin with, and the sizes that they share. */
#ifndef KSTOP_WIRE_BASE_H
#define KSTOP_WIRE_BASE_H

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

#endif
