/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of abi-test share. */
#ifndef ABI_H
#define ABI_H

#include "kstop.h"
#include "../../bpf/wire.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROBE_COUNT 9
extern const char *const PROBES[PROBE_COUNT];
/* The smallest buffer that a drain takes: two of the largest records. */
#define SMALLEST (2 * KS_RECORD_MAX)

/* The folder of the kernel programs. */
extern const char *objects;

/* BPF programs, maps and links that this process holds: by their ids. */
struct held {
	int kind;
	unsigned id;
};

/* One test of the TAP stream; returns whether it passed. */
bool ok(bool passed, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A test that can't be run here. */
void skip(const char *why);
/* A handle, methods to skip in it; without one the run ends. */
struct kstop *open_with(const char *skip);
bool is_on(int state);
int open_files(void);
/* Programs, maps and links of this process. */
size_t hold(struct held *held, size_t room);
size_t alive(const struct held *held, size_t count);
/* Waits for the kernel to free them. */
bool all_gone(const struct held *held, size_t count);

/* abi-events.c */
void play(int rounds);
int records(const uint8_t *buffer, int bytes);
struct ks_snapshot counts(struct kstop *k, const char *probe);
long drain_all(struct kstop *k, size_t size);

void test_open(void);
void test_clocks(void);
void test_names(struct kstop *k);
void test_state_buffers(struct kstop *k);
void test_log(struct kstop *k);
void test_filter(struct kstop *k);
void test_cgroup_path(struct kstop *k);
void test_tables(struct kstop *k);
void test_objects(void);
void test_skip(void);
void test_roles(void);
void test_drain(struct kstop *k);
void test_full_ring(void);
void test_snapshot(struct kstop *k);
void test_at_once(struct kstop *k);
void test_loaded_at_once(void);
void test_toggle(struct kstop *k);
void test_pressure(struct kstop *k);
void test_refused_again(struct kstop *k);
void test_part_again(struct kstop *k);
void test_nothing_stays(void);
void test_threads(void);
void test_close_during_drain(void);

#endif
