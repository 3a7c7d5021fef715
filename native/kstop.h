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

#define KSTOP_ABI 1

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

/* Detaches a probe; its counts stay. */
int kstop_probe_off(struct kstop *k, const char *probe);

/* State of a probe, with method ("tp_btf") and reason (what is lost, or why it is unavailable) as
 * text. */
int kstop_probe_state(struct kstop *k, const char *probe, char *method, size_t method_size,
		      char *reason, size_t reason_size);

/* Changes a live setting of one probe; it holds from the next event on, and for later loads. */
int kstop_set(struct kstop *k, const char *probe, int setting, uint64_t value);

/* Restricts all probes: pid 0, comm NULL or "", cgroup_path NULL or "" stand for any. Call before
 * probes are on. */
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

/* Runs the pass that finds the owners of open sockets. */
int kstop_find_owners(struct kstop *k);

/* Path of a cgroup below its hierarchy's mount ("/kubepods/…"). v2: of the unified hierarchy, else
 * of v1 memory's. */
int kstop_cgroup_path(struct kstop *k, uint64_t id, int v2, char *path, size_t size);

/* Switches the kernel's BPF run-time statistics on or off: they cost every program on the host. */
int kstop_statistics(struct kstop *k, int on);

#endif
