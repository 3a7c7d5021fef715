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

#define MAX_ROLES   7
#define MAX_CHOICES 6
#define PROGRAMS    2
#define TEXT	    256
#define LOG_BYTES   8192
#define MAX_PROBES  20

/* What a program at a perf event counts, on each CPU that is online: it runs every `period`. */
struct perf_source {
	uint32_t type;
	uint64_t config;
	uint64_t period;
	bool spare_isolated; /* not on CPUs that are kept free of interrupts */
};

/*
 * One program that can play a role, and the method it stands for. lost: what is missing when it is
 * the one in use. maps: those that only such choices need (separated by spaces), and that older
 * kernels may not have. perf: for programs at perf events. with: a second program without which the
 * first one is of no use (an exit with its entry).
 */
struct choice {
	const char *program;
	const char *method;
	const char *lost;
	const char *maps;
	const struct perf_source *perf;
	const char *with;
};

/* A part of a probe: its choices, best first. lost: what is missing without any; NULL makes the
 * role required. */
#define REQUIRED NULL

struct role {
	const char *name;
	const char *lost;
	struct choice choices[MAX_CHOICES];
};

/*
 * The attach chain of a probe: its roles, the main one first. The object file is ID.bpf.o.
 * otherwise: another chain for the whole of the probe, when a required role of this one has no
 * program left.
 */
struct chain {
	const char *id;
	struct role roles[MAX_ROLES];
	const struct chain *otherwise;
};

extern const struct chain chains[];
extern const size_t chain_count;

/* The kernel's own figures of programs. */
struct figures {
	uint64_t missed;
	uint64_t run_ns;
	uint64_t run_count;
};

struct probe {
	const struct chain *chain;
	const struct chain *first; /* that it begins with */
	struct bpf_object *object;
	struct bpf_link
		*links[MAX_ROLES][PROGRAMS];	   /* of each role's program and the one with it */
	struct perf_event_of_cpu *perf[MAX_ROLES]; /* by CPU id; NULL: no perf event */
	/* Index of the choice in use by role; -1: none was left. */
	int chosen[MAX_ROLES];
	char refused[MAX_ROLES][TEXT];
	/* The same as of the load: what could not be attached may be another time. */
	int loaded[MAX_ROLES];
	char loaded_refused[MAX_ROLES][TEXT];
	bool no_modules;	     /* relocate against the kernel's own types alone */
	struct ks_settings settings; /* what a load starts with */
	uint8_t table[KSTOP_TABLE];  /* likewise */
	struct ks_settings *live;    /* mapped .data of the loaded object */
	void *cpus;		     /* mapped per-CPU array */
	size_t cpus_bytes;
	size_t cpu_bytes;
	uint64_t map_bytes;
	struct figures replaced; /* of programs that a reload has put others in the place of */
	enum kstop_state state;
	char method[TEXT];
	char reason[TEXT * 3];
};

#define PRESSURE_READINGS 32

struct pressure_reading {
	uint64_t ns;
	uint64_t stalled_us[KS_PRESSURE_LEVELS]; /* since the system started */
};

/* Memory pressure (pressure.c): switched by the caller's thread, looked at by the drain. */
struct pressure {
	pthread_mutex_t lock;
	int fd; /* of the trigger; -1: off */
	uint32_t window_us;
	uint32_t stall_us[KS_PRESSURE_LEVELS];
	uint64_t said_ns[KS_PRESSURE_LEVELS];
	struct pressure_reading past[PRESSURE_READINGS];
	unsigned count;
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
	struct pressure pressure;
	int log_fd;    /* /dev/kmsg */
	void *scratch; /* one per-CPU map value */
	size_t scratch_bytes;
	struct tasks *tasks; /* what the last pass found */
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

/* choose.c */
bool is_skipped(const struct kstop *k, const char *method);
/* Gives each role the best of its methods that isn't to be skipped. */
void first_choices(struct kstop *k, struct probe *probe);
/* The choice in use; NULL when none was left. */
const struct choice *choice_of(const struct probe *probe, size_t role);
size_t role_count(const struct probe *probe);
/* Gives the role's next choice its turn, remembering why the last one failed. */
void refuse(struct kstop *k, struct probe *probe, size_t role, const char *why);
/* Turns to the probe's next chain, remembering why this one failed; false when there is none. */
bool next_chain(struct kstop *k, struct probe *probe);
/* A required role without a program left makes the probe unavailable. */
bool is_hopeless(struct kstop *k, const struct probe *probe, int err);
bool is_map_wanted(const struct probe *probe, const char *map);
/* The role that a failed load is to blame on, by the program or map that libbpf named; -1: none. */
int role_to_blame(const struct probe *probe, const char *name);

int load_probe(struct kstop *k, struct probe *probe);
/* The same programs once more, over the maps that are there. Failing leaves all as it was. */
int reload_probe(struct kstop *k, struct probe *probe);
void unload_probe(struct probe *probe);
void detach(struct probe *probe);
int attach_probe(struct kstop *k, struct probe *probe);
/* Loads if need be, attaches and describes a probe; returns its new state. Touches nothing of k but
 * error, log and cgroup2_fd. */
int switch_on(struct kstop *k, struct probe *probe);
/* libbpf has just freed some 20 MB of parsed type information, which malloc would keep. */
void give_back_memory(void);
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
/* Why nothing at all can be loaded here, when that is what made the last call fail; else NULL. */
const char *log_host_lacks(struct kstop *k, int err);
struct bpf_program *role_program(struct probe *probe, size_t role);
/* The program with it; NULL for nearly all. */
struct bpf_program *role_companion(struct probe *probe, size_t role);
/* Highest possible CPU id + 1: per-CPU arrays are indexed by id, and ids may have gaps. */
int cpu_slots(void);

/*
 * What the descriptors in the drain's epoll set are marked by. libbpf marks its rings by their
 * index: any larger number will do.
 */
#define WAKE_MARK     1000
#define PRESSURE_MARK 1001
#define MARKS	      2

/* pressure.c: looks at the pressure and writes the records that are due, KS_PRESSURE_LEVELS at
 * most; their bytes. */
size_t pressure_records(struct kstop *k, void *out);

/* Milliseconds until the next look is due in any case; INT_MAX while the pressure isn't watched. */
int pressure_due_ms(struct kstop *k);

/* perf.c: a program at an event of every CPU. */
/* 0 or a negative errno. */
int perf_attach(struct probe *probe, size_t role);
void perf_detach(struct probe *probe, size_t role);
/* Opens the events anew where a CPU has come online since. */
void perf_follow_cpus(struct probe *probe);

/* snapshot.c: adds the figures of the probe's programs. */
void add_figures(struct figures *sum, struct probe *probe);

/* rows.c: what a probe's snapshot holds beyond the counters. Where the next row goes. */
struct sink {
	uint8_t *at;
	size_t left;
	struct ks_snapshot *head;
};

/* NULL once the buffer is full. */
void *next_row(struct sink *sink, size_t bytes);
/* histograms.c: cells and sum are added up; the maxima, taken last, are those of an epoch and the
 * next. */
void copy_hist(struct ks_hist_row *row, const struct ks_hist *hist);
void take_max(struct ks_hist_row *row, const struct ks_hist *hist, uint64_t epoch);
/*
 * The histograms of each CPU, which lie at an offset in its cell, folded over the CPUs: a row each.
 * The maxima are taken last, when programs that began in the old epoch have ended.
 */
int folded_rows(struct probe *probe, size_t offset, size_t count, uint64_t epoch,
		struct sink *sink);
/* The same of the process that is looked into, if one is. */
int focus_rows(struct probe *probe, size_t offset, size_t count, uint64_t epoch, struct sink *sink);
size_t focus_bytes(struct probe *probe, size_t count);
/* tasks.c */
int group_rows(struct kstop *k, struct probe *probe, uint64_t epoch, struct sink *sink);
void free_tasks(struct kstop *k);
/* pages.c: the rows of pages, and the bytes that they take. */
int page_rows(struct kstop *k, struct probe *probe, uint64_t epoch, struct sink *sink);
size_t page_bytes(struct probe *probe);
/* Forgets what was counted. */
void forget_pages(struct probe *probe);
/* iterate.c: the descriptor of a new pass of a probe's iterator; -ENOENT when it isn't attached. */
int begin_pass(struct probe *probe, const char *name);
/* Bytes that the probe's rows take now. */
size_t rows_bytes(struct probe *probe);
/* Writes them and begins a new interval for the maxima; 0 or -ENOSPC, -ENOMEM. */
int add_rows(struct kstop *k, struct probe *probe, struct sink *sink);

/* tables.c: gives a loaded object its probe's table. */
void fill_table(struct probe *probe);

/* The root of the unified hierarchy, as far as it is mounted here; -1: it isn't. */
int cgroup2_root(struct kstop *k);
int cgroup_of_path(struct kstop *k, const char *path, __u64 *id, uint32_t *level);

#endif
