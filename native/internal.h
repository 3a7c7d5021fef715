/* SPDX-License-Identifier: GPL-2.0-only */
/* What the library's files share. */
#ifndef KSTOP_INTERNAL_H
#define KSTOP_INTERNAL_H

#include "kstop.h"
#include "../bpf/wire.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pthread.h>
#include <stdbool.h>

#define MAX_ROLES   5
#define MAX_CHOICES 6
#define TEXT	    256
#define LOG_BYTES   8192
#define MAX_PROBES  8

/* One program that can play a role, and the method it stands for. lost: what is missing when it is
 * the one in use. */
struct choice {
	const char *program;
	const char *method;
	const char *lost;
};

/* A part of a probe: its choices, best first. lost: what is missing without any; NULL makes the
 * role required. */
struct role {
	const char *name;
	const char *lost;
	struct choice choices[MAX_CHOICES];
};

/* The attach chain of a probe: its roles, the main one first. The object file is ID.bpf.o. */
struct chain {
	const char *id;
	struct role roles[MAX_ROLES];
};

extern const struct chain chains[];
extern const size_t chain_count;

struct probe {
	const struct chain *chain;
	struct bpf_object *object;
	struct bpf_link *links[MAX_ROLES];
	/* Index of the choice in use by role; -1: none was left. */
	int chosen[MAX_ROLES];
	char refused[MAX_ROLES][TEXT];
	bool no_modules;	     /* relocate against the kernel's own types alone */
	struct ks_settings settings; /* what a load starts with */
	struct ks_settings *live;    /* mapped .data of the loaded object */
	void *cpus;		     /* mapped per-CPU array */
	size_t cpus_bytes;
	size_t cpu_bytes;
	uint64_t map_bytes;
	enum kstop_state state;
	char method[TEXT];
	char reason[TEXT * 3];
};

struct kstop {
	char object_dir[4096];
	char skip[TEXT];
	char error[TEXT * 2];
	char log[LOG_BYTES]; /* libbpf's messages of the running call */
	size_t log_used;
	int ring_fd;
	int wake_fd; /* eventfd in the ring's epoll set */
	uint32_t ring_bytes;
	struct ring_buffer *ring;
	int statistics_fd;
	int cgroup2_fd;
	int memory1_fd;
	void *scratch; /* one per-CPU map value */
	size_t scratch_bytes;
	struct probe probes[MAX_PROBES];
	pthread_mutex_t draining;
	/* Of the running drain. */
	uint8_t *out;
	size_t out_size;
	size_t out_used;
	bool left_behind;
};

int fail(struct kstop *k, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));
struct probe *find_probe(struct kstop *k, const char *id);
/* Gives each role the best of its methods that isn't to be skipped. */
void first_choices(struct kstop *k, struct probe *probe);
int load_probe(struct kstop *k, struct probe *probe);
void unload_probe(struct probe *probe);
int attach_probe(struct kstop *k, struct probe *probe);
void describe_probe(struct probe *probe);
/* Makes the ring buffer and what reads it, before probes take what the process may still open. */
int open_ring(struct kstop *k);
void log_begin(struct kstop *k);
void log_end(void);
/* Copies the log's last line about the program into text, without libbpf's prefix and its memlock
 * advice. */
void log_verdict(struct kstop *k, const char *program, int err, char *text, size_t size);
/* Name of the program that made a load fail, copied into name; false when the log names none. */
bool log_culprit(struct kstop *k, char *name, size_t size);
struct bpf_program *role_program(struct probe *probe, size_t role);
/* Highest possible CPU id + 1: per-CPU arrays are indexed by id, and ids may have gaps. */
int cpu_slots(void);
int cgroup_of_path(struct kstop *k, const char *path, __u64 *id, uint32_t *level);

#endif
