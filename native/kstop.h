/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libkstop: loads the eBPF programs, attaches them by the best method that the kernel allows,
 * drains their events and reads their maps. No callbacks, no threads of its own, no allocation in
 * drain and snapshot.
 *
 * Errors: negative errno; kstop_error() then has the sentence. All calls but kstop_drain() belong
 * to one thread; kstop_drain() may run beside them on another; kstop_close() waits for it.
 */
#ifndef KSTOP_H
#define KSTOP_H

#include <stddef.h>
#include <stdint.h>

#define KSTOP_ABI 4

/* Entries of a probe's table. */
#define KSTOP_TABLE 1024

struct kstop;

/* size: sizeof(struct kstop_attr) of the caller. Zero fields take their defaults. */
struct kstop_attr {
	uint32_t size;
	uint32_t ring_bytes;	/* power of two, at least a page; default 4 MiB */
	const char *object_dir; /* folder of the *.bpf.o files */
	const char *skip;	/* methods not to try, comma-separated: "tp_btf,fentry" */
};

enum kstop_state {
	KSTOP_OFF = 0,
	KSTOP_ATTACHED = 1,
	KSTOP_DEGRADED = 2,
	KSTOP_UNAVAILABLE = 3,
};

enum kstop_setting {
	KSTOP_WARN_NS = 1,
	KSTOP_EVENT_COST_NS =
		2, /* token bucket: nanoseconds of credit an event costs; 0 = no limit */
	KSTOP_EVENT_BURST_NS = 3, /* most credit a CPU can save up */
	KSTOP_WAKE_BYTES =
		4, /* ring fill that wakes a drain; 1 = the first record, 0 = a quarter */
	KSTOP_INCLUDE_WAITS = 5, /* vfs, syscall: 1 = also what sleeps by design */
	KSTOP_QUIET = 6,	 /* 1 = no events: another probe sends them, with more in them */
	KSTOP_SELF_PID = 7,	 /* sched, syscall: a thread group (as in the first PID namespace)
				    that isn't counted; 0 = none */
	KSTOP_FOCUS_PID = 8, /* sched, block, vfs, syscall: a thread group that has rows of its own,
				from the next snapshot on; 0 = none; syscall: 0xffffffff = all
				that the filter lets through; pages: the one that is counted, each
				time anew */
	KSTOP_WITH_ARGS = 9, /* process: 1 = command lines in exec events */
};

/* A part of a probe, as it stands since the probe was last on. Texts are empty where there is
 * nothing to say. */
struct kstop_role {
	uint32_t size;	   /* sizeof(struct kstop_role) of the caller */
	uint32_t required; /* without it the probe is unavailable */
	uint32_t attached;
	char name[64];
	char method[64];   /* in use: "tp_btf" */
	char program[64];  /* in use */
	char lost[512];	   /* what is missing by this method, or without any */
	char refused[512]; /* better methods, each with errno and the last word of the verifier */
};

/* The ABI number of the library, for the binding to compare. */
int kstop_abi(void);

/* CLOCK_MONOTONIC and CLOCK_REALTIME in nanoseconds, read together: clocks[0] and clocks[1]. */
int kstop_clocks(uint64_t *clocks);

/* Opens a handle, or returns NULL with the sentence in why. Loads nothing yet. */
struct kstop *kstop_open(const struct kstop_attr *attr, char *why, size_t why_size);

/* Detaches and frees everything; waits for a running drain. NULL is allowed. */
void kstop_close(struct kstop *k);

/* The sentence of the last failed call on this handle (not of kstop_drain). */
const char *kstop_error(struct kstop *k);

/* Highest CPU id that the kernel may ever bring up, plus one: rows of a per-CPU snapshot. */
int kstop_cpus(void);

/* Loads (the first time) and attaches a probe. Returns enum kstop_state; -ENOENT for an unknown
 * probe. */
int kstop_probe_on(struct kstop *k, const char *probe);

/*
 * The same for several at once, named with commas between, on up to four threads: kstop_probe_state
 * tells what became of each. -ENOENT for an unknown probe, -EINVAL for one that is named twice:
 * then none is attached. No other call on this handle may run meanwhile.
 */
int kstop_probes_on(struct kstop *k, const char *probes);

/* Detaches a probe; its counts stay. */
int kstop_probe_off(struct kstop *k, const char *probe);

/* State of a probe, with method ("tp_btf") and reason (what is lost, or why it is unavailable) as
 * text. */
int kstop_probe_state(struct kstop *k, const char *probe, char *method, size_t method_size,
		      char *reason, size_t reason_size);

/* Describes part number `role` of a probe; -ERANGE past the last one. */
int kstop_probe_role(struct kstop *k, const char *probe, uint32_t role, struct kstop_role *out);

/* Changes a live setting of one probe; it holds from the next event on, and for later loads. */
int kstop_set(struct kstop *k, const char *probe, int setting, uint64_t value);

/*
 * Sets an entry of a probe's table of small numbers (drops: the class of each reason;
 * syscall: that of each system call); it holds
 * from the next event on, and for later loads.
 */
int kstop_table(struct kstop *k, const char *probe, uint32_t index, uint8_t value);

/*
 * Writes the enumerators of kernel enumerations (names separated by commas; those that the running
 * kernel lacks are left out) as lines "NAME VALUE" and a final zero; returns the bytes before it.
 */
int kstop_enums(struct kstop *k, const char *names, char *buffer, size_t size);

/* Restricts all probes: pid 0, comm NULL or "", cgroup_path NULL or "" stand for any. Call before
 * probes are on, and again for a cgroup that may have been made anew; failing changes nothing. */
int kstop_filter(struct kstop *k, uint32_t pid, const char *comm, const char *cgroup_path);

/*
 * Copies whole events (struct ks_event and its kin, wire.h) into buffer and returns the bytes.
 * Waits up to timeout_ms for the ring buffer to fill (KSTOP_WAKE_BYTES), unless the last call had
 * to leave events behind.
 */
int kstop_drain(struct kstop *k, void *buffer, size_t size, int timeout_ms);

/* Ends a drain's wait at once, or the next one's. May be called from any thread. */
int kstop_wake(struct kstop *k);

/*
 * Writes struct ks_snapshot and, with rows, the probe's rows; returns the bytes, or -ENOSPC when
 * size is too small. Rows begin a new interval for the maxima.
 */
int kstop_snapshot(struct kstop *k, const char *probe, int rows, void *buffer, size_t size);

/*
 * Events when the host's tasks have stalled for memory during some_us (full_us: all of them at
 * once) of the last window_us microseconds, at most one of each a window. window_us 0 ends it.
 */
int kstop_pressure(struct kstop *k, uint32_t some_us, uint32_t full_us, uint32_t window_us);

/* Opens /dev/kmsg, or goes to its end: what is logged from now on will be read. */
int kstop_log_open(struct kstop *k);

/*
 * Copies the kernel's own log records (/dev/kmsg's text, each ended by a zero byte; what user space
 * wrote is left out) and returns the bytes; 0 = no more now. size: more than 8 KiB. gaps: how often
 * records had been overwritten before they were read.
 */
int kstop_log_read(struct kstop *k, void *buffer, size_t size, uint32_t *gaps);

/*
 * Writes struct ks_flights and its rows: the requests in flight, and with `ended` the batches of
 * those that ended lately. Returns the bytes; -ENOSPC when size is too small, -ENOENT when the
 * probe `block` has never been on.
 */
int kstop_requests(struct kstop *k, int ended, void *buffer, size_t size);

/* Runs the pass that finds the owners of open sockets. */
int kstop_find_owners(struct kstop *k);

/* Path of a cgroup below its hierarchy's mount ("/kubepods/…"). v2: of the unified hierarchy, else
 * of v1 memory's. */
int kstop_cgroup_path(struct kstop *k, uint64_t id, int v2, char *path, size_t size);

/* Switches the kernel's BPF run-time statistics on or off: they cost every program on the host. */
int kstop_statistics(struct kstop *k, int on);

#endif
