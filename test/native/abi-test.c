// SPDX-License-Identifier: GPL-2.0-only
/*
 * abi-test OBJECTS: the C library from a caller's side, with wrong arguments, small buffers and two
 * threads. Prints TAP. Built with sanitizers (native/Makefile), which end it at the first error.
 */
#include "kstop.h"
#include "../../bpf/wire.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const PROBES[] = {"sched", "block", "oom", "retransmit"};
#define PROBE_COUNT (sizeof(PROBES) / sizeof(PROBES[0]))
/* The smallest buffer that a drain takes: two of the largest records. */
#define SMALLEST (2 * sizeof(struct ks_oom_event))

static const char *objects;
static int tests, failures;

__attribute__((format(printf, 2, 3))) static bool ok(bool passed, const char *format, ...)
{
	va_list args;

	printf("%sok %d - ", passed ? "" : "not ", ++tests);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	failures += !passed;
	return passed;
}

static struct kstop *open_with(const char *skip)
{
	struct kstop_attr attr = {.size = sizeof(attr), .object_dir = objects, .skip = skip};
	char why[256] = "";
	struct kstop *k = kstop_open(&attr, why, sizeof(why));

	if (!k) {
		printf("Bail out! kstop_open: %s\n", why);
		exit(1);
	}
	return k;
}

static bool is_on(int state)
{
	return state == KSTOP_ATTACHED || state == KSTOP_DEGRADED;
}

static int open_files(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = -3; /* ".", ".." and the folder's own */

	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/* BPF programs, maps and links that this process holds: by their ids. */
struct held {
	int kind;
	unsigned id;
};

static const char *const KINDS[] = {"prog_id:", "map_id:", "link_id:"};

static size_t hold(struct held *held, size_t room)
{
	DIR *folder = opendir("/proc/self/fdinfo");
	struct dirent *entry;
	size_t count = 0;

	while ((entry = readdir(folder))) {
		char path[300], line[128];
		FILE *file;

		snprintf(path, sizeof(path), "/proc/self/fdinfo/%s", entry->d_name);
		file = entry->d_name[0] == '.' ? NULL : fopen(path, "re");
		while (file && fgets(line, sizeof(line), file))
			for (int kind = 0; kind < 3; kind++)
				if (!strncmp(line, KINDS[kind], strlen(KINDS[kind])) &&
				    count < room)
					held[count++] = (struct held){
						kind, atoi(line + strlen(KINDS[kind]))};
		if (file)
			fclose(file);
	}
	closedir(folder);
	return count;
}

static bool exists(struct held held)
{
	int fd = held.kind == 0	  ? bpf_prog_get_fd_by_id(held.id)
		 : held.kind == 1 ? bpf_map_get_fd_by_id(held.id)
				  : bpf_link_get_fd_by_id(held.id);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static size_t alive(const struct held *held, size_t count)
{
	size_t left = 0;

	for (size_t i = 0; i < count; i++)
		left += exists(held[i]);
	return left;
}

/* The kernel frees them a grace period after the last descriptor went. */
static bool all_gone(const struct held *held, size_t count)
{
	for (int i = 0; i < 100 && alive(held, count); i++)
		usleep(100000);
	return alive(held, count) == 0;
}

/* --- without privileges ------------------------------------------------------------------------
 */

static void refuses(const char *what, const struct kstop_attr *attr)
{
	char why[64] = "";
	struct kstop *k;

	errno = 0;
	k = kstop_open(attr, why, sizeof(why));
	ok(!k && errno == EINVAL && why[0], "open refuses %s: %s", what, why);
	kstop_close(k);
}

static void test_open(void)
{
	struct kstop_attr attr = {.size = sizeof(attr), .object_dir = objects};
	struct kstop_attr wrong = attr;
	char why[4] = "abc", none[1] = "x";

	ok(kstop_abi() == KSTOP_ABI, "the ABI number is the header's");
	ok(kstop_cpus() >= 1, "there are CPUs: %d", kstop_cpus());
	refuses("no attributes", NULL);
	wrong.size = 0;
	refuses("attributes without a size", &wrong);
	wrong.size = sizeof(attr) + 8;
	refuses("attributes of another version", &wrong);
	wrong = attr;
	wrong.object_dir = NULL;
	refuses("no folder of objects", &wrong);
	wrong = attr;
	wrong.ring_bytes = 3 << 20;
	refuses("a ring that is no power of two", &wrong);
	wrong.ring_bytes = 512;
	refuses("a ring below a page", &wrong);
	wrong.ring_bytes = 1;
	ok(!kstop_open(&wrong, why, sizeof(why)) && strlen(why) == 3, "a short reason is cut: %s",
	   why);
	ok(!kstop_open(&wrong, none, sizeof(none)) && !none[0], "room for one byte of reason");
	ok(!kstop_open(&wrong, NULL, 0), "no room for a reason");
	kstop_close(NULL);
	ok(true, "closing nothing is allowed");
}

static void test_clocks(void)
{
	uint64_t first[2], second[2];

	kstop_clocks(first);
	kstop_clocks(second);
	ok(second[0] >= first[0] && first[1] > 1600000000ULL * 1000000000, "clocks go on");
}

/* --- wrong use of a handle ---------------------------------------------------------------------
 */

static void test_names(struct kstop *k)
{
	char text[64];
	uint8_t buffer[512];

	ok(kstop_probe_on(k, "nothing") == -ENOENT && kstop_error(k)[0], "on: an unknown probe: %s",
	   kstop_error(k));
	ok(kstop_probe_on(k, NULL) == -ENOENT && kstop_probe_on(k, "") == -ENOENT, "on: no name");
	ok(kstop_probe_on(k, "sched ") == -ENOENT && kstop_probe_on(k, "../sched") == -ENOENT,
	   "on: nearly a name");
	ok(kstop_probe_off(k, "nothing") == -ENOENT, "off: an unknown probe");
	ok(kstop_probe_state(k, "nothing", text, 64, text, 64) == -ENOENT,
	   "state: an unknown probe");
	ok(kstop_set(k, "nothing", KSTOP_WARN_NS, 1) == -ENOENT, "set: an unknown probe");
	ok(kstop_set(k, "sched", 99, 1) == -EINVAL && kstop_error(k)[0], "set: an unknown setting");
	ok(kstop_snapshot(k, "nothing", 0, buffer, sizeof(buffer)) == -ENOENT,
	   "snapshot: an unknown probe");
	ok(kstop_find_owners(k) < 0, "owners without the probe: %s", kstop_error(k));
	ok(kstop_probe_off(k, "sched") == KSTOP_OFF, "off: what never was on");
}

static void test_state_buffers(struct kstop *k)
{
	char method[8], reason[8];

	kstop_probe_on(k, "sched");
	memset(method, 'x', sizeof(method));
	memset(reason, 'x', sizeof(reason));
	ok(is_on(kstop_probe_state(k, "sched", method, 3, reason, 1)) && strlen(method) == 2 &&
		   method[3] == 'x' && !reason[0] && reason[1] == 'x',
	   "state into small buffers: %s", method);
	ok(is_on(kstop_probe_state(k, "sched", NULL, 0, NULL, 0)), "state without buffers");
	kstop_probe_off(k, "sched");
}

static void test_filter(struct kstop *k)
{
	char *path = malloc(20001), comm[200];

	memset(path, 'a', 20000);
	path[20000] = 0;
	memset(comm, 'c', sizeof(comm) - 1);
	comm[sizeof(comm) - 1] = 0;
	ok(kstop_filter(k, 0, NULL, "/no/such/cgroup") < 0, "filter: no such cgroup: %s",
	   kstop_error(k));
	ok(kstop_filter(k, 0, NULL, path) < 0 && strlen(kstop_error(k)) < 1000,
	   "filter: a path too long");
	ok(kstop_filter(k, 0, NULL, "/etc") < 0 || kstop_filter(k, 0, NULL, "../..") < 0,
	   "filter: a folder that is no cgroup");
	ok(kstop_filter(k, 1, comm, NULL) == 0, "filter: a name longer than the kernel's");
	ok(kstop_filter(k, 0, "", "") == 0, "filter: none");
	free(path);
}

static void test_cgroup_path(struct kstop *k)
{
	char path[4096] = "", small[3] = "ab";

	ok(kstop_cgroup_path(k, 1, 1, path, sizeof(path)) < 0 || path[0] == '/',
	   "path of cgroup 1: %s", path);
	ok(kstop_cgroup_path(k, 0xdeadbeefdeadULL, 1, path, sizeof(path)) < 0 &&
		   kstop_cgroup_path(k, 0xdeadbeefdeadULL, 0, path, sizeof(path)) < 0,
	   "path of a cgroup that isn't");
	kstop_cgroup_path(k, 1, 1, small, sizeof(small));
	ok(!small[2], "path into a small buffer");
}

static void test_objects(void)
{
	struct kstop_attr attr = {.size = sizeof(attr), .object_dir = "/nonexistent"};
	char why[256], method[16], reason[512], folder[] = "/tmp/kstop-abi-XXXXXX", path[64];
	char *longest = malloc(10001);
	struct kstop *k = kstop_open(&attr, why, sizeof(why));
	FILE *file;

	ok(kstop_probe_on(k, "sched") == KSTOP_UNAVAILABLE &&
		   kstop_probe_state(k, "sched", method, 16, reason, 512) == KSTOP_UNAVAILABLE &&
		   strstr(reason, "sched.bpf.o"),
	   "an object that is missing: %s", reason);
	ok(kstop_probe_on(k, "sched") == KSTOP_UNAVAILABLE &&
		   kstop_probe_off(k, "sched") == KSTOP_OFF,
	   "and again, and off");
	kstop_close(k);

	memset(longest, '/', 10000);
	longest[10000] = 0;
	attr.object_dir = longest;
	k = kstop_open(&attr, why, sizeof(why));
	ok(!k || kstop_probe_on(k, "sched") == KSTOP_UNAVAILABLE, "a folder's name too long");
	kstop_close(k);
	free(longest);

	attr.object_dir = mkdtemp(folder);
	snprintf(path, sizeof(path), "%s/sched.bpf.o", folder);
	file = fopen(path, "w");
	fputs("no ELF at all", file);
	fclose(file);
	k = kstop_open(&attr, why, sizeof(why));
	ok(kstop_probe_on(k, "sched") == KSTOP_UNAVAILABLE, "an object that is none: %s",
	   kstop_error(k));
	kstop_close(k);
	unlink(path);
	rmdir(folder);
}

static void test_skip(void)
{
	char method[16], reason[512];
	struct kstop *k = open_with("tp");

	kstop_probe_on(k, "sched");
	ok(kstop_probe_state(k, "sched", method, 16, reason, 512) == KSTOP_ATTACHED &&
		   !strcmp(method, "tp_btf"),
	   "skip: part of a method's name is none");
	kstop_close(k);
	k = open_with("fentry,tp_btf");
	kstop_probe_on(k, "sched");
	ok(kstop_probe_state(k, "sched", method, 16, reason, 512) == KSTOP_DEGRADED &&
		   !strcmp(method, "raw_tp") && strstr(reason, "tp_btf: skipped"),
	   "skip: the next method, and why: %s", reason);
	kstop_close(k);
	k = open_with("tp_btf,raw_tp");
	ok(kstop_probe_on(k, "sched") == KSTOP_UNAVAILABLE &&
		   strstr(kstop_error(k), "raw_tp: skipped"),
	   "skip: none left: %s", kstop_error(k));
	kstop_close(k);
}

/* --- events ------------------------------------------------------------------------------------
 */

/* Two threads hand a byte to and fro: task switches, and so events of sched. */
struct game {
	int there[2], back[2], rounds;
};

static void *partner(void *argument)
{
	struct game *game = argument;
	char ball;

	while (read(game->there[0], &ball, 1) == 1 && write(game->back[1], &ball, 1) == 1)
		;
	return NULL;
}

static void play(int rounds)
{
	struct game game;
	pthread_t other;
	char ball = 1;

	if (pipe(game.there) || pipe(game.back))
		exit(1);
	pthread_create(&other, NULL, partner, &game);
	while (rounds--)
		if (write(game.there[1], &ball, 1) != 1 || read(game.back[0], &ball, 1) != 1)
			exit(1);
	close(game.there[1]);
	pthread_join(other, NULL);
	close(game.there[0]);
	close(game.back[0]);
	close(game.back[1]);
}

/* Records of a drained buffer, or -1 if one of them can't be. */
static int records(const uint8_t *buffer, int bytes)
{
	int count = 0;

	for (int at = 0; at < bytes; count++) {
		const struct ks_event *e = (const void *)(buffer + at);

		if (at + (int)sizeof(*e) > bytes || e->size < sizeof(*e) || at + e->size > bytes ||
		    e->type != KS_SCHED_LATENCY || e->size != sizeof(struct ks_sched_event))
			return -1;
		at += (e->size + 7) & ~7;
	}
	return count;
}

static struct ks_snapshot counts(struct kstop *k, const char *probe)
{
	struct ks_snapshot head;

	if (kstop_snapshot(k, probe, 0, &head, sizeof(head)) != sizeof(head))
		memset(&head, 0xff, sizeof(head));
	return head;
}

static long drain_all(struct kstop *k, size_t size)
{
	uint8_t *buffer = malloc(size);
	long sum = 0;
	int bytes;

	while ((bytes = kstop_drain(k, buffer, size, 20)) > 0) {
		int n = records(buffer, bytes);

		if (n < 0) {
			sum = -1;
			break;
		}
		sum += n;
	}
	free(buffer);
	return bytes < 0 ? bytes : sum;
}

/* Events that a storm with this buffer brought, and what the counts grew by meanwhile. */
static long storm(struct kstop *k, size_t buffer, struct ks_snapshot *grown)
{
	struct ks_snapshot before, after;
	long drained;

	drain_all(k, buffer);
	before = counts(k, "sched");
	kstop_probe_on(k, "sched");
	play(2000);
	kstop_probe_off(k, "sched");
	drained = drain_all(k, buffer);
	after = counts(k, "sched");
	grown->hits = after.hits - before.hits;
	grown->sent = after.sent - before.sent;
	grown->held = after.held - before.held;
	grown->lost = after.lost - before.lost;
	return drained;
}

static void test_drain(struct kstop *k)
{
	uint8_t buffer[SMALLEST];
	struct ks_snapshot grown = {};
	long drained;

	ok(kstop_drain(k, NULL, 1 << 20, 0) == -EINVAL, "drain: no buffer");
	ok(kstop_drain(k, buffer, 0, 0) == -EINVAL &&
		   kstop_drain(k, buffer, SMALLEST - 1, 0) == -EINVAL,
	   "drain: a buffer too small");
	drain_all(k, 1 << 16);
	ok(kstop_drain(k, buffer, SMALLEST, 0) == 0 && kstop_drain(k, buffer, SMALLEST, -5) == 0,
	   "drain: nothing there");

	kstop_set(k, "sched", KSTOP_WARN_NS, 0);
	kstop_set(k, "sched", KSTOP_EVENT_COST_NS, 0);
	drained = storm(k, SMALLEST, &grown);
	ok(drained > 1000 && (uint64_t)drained == grown.sent &&
		   grown.hits == grown.sent + grown.lost,
	   "drain: each of %llu records through a buffer of two", (unsigned long long)grown.sent);
	drained = storm(k, 1 << 20, &grown);
	ok(drained > 1000 && (uint64_t)drained == grown.sent &&
		   grown.hits == grown.sent + grown.lost,
	   "drain: each of %llu records through a large one", (unsigned long long)grown.sent);

	kstop_set(k, "sched", KSTOP_EVENT_COST_NS, 1000000000);
	kstop_set(k, "sched", KSTOP_EVENT_BURST_NS, 3000000000);
	drained = storm(k, 1 << 20, &grown);
	ok((uint64_t)drained == grown.sent && grown.held > 500 &&
		   grown.hits == grown.sent + grown.held + grown.lost,
	   "drain: the limit holds %llu back and lets %ld through", (unsigned long long)grown.held,
	   drained);
	kstop_set(k, "sched", KSTOP_EVENT_COST_NS, 0);
}

/* A ring of one page is full at once: what doesn't fit is counted. */
static void test_full_ring(void)
{
	struct kstop_attr attr = {.size = sizeof(attr), .object_dir = objects, .ring_bytes = 4096};
	char why[256];
	struct kstop *k = kstop_open(&attr, why, sizeof(why));
	struct ks_snapshot head;
	long got;

	kstop_set(k, "sched", KSTOP_WARN_NS, 0);
	kstop_probe_on(k, "sched");
	play(2000);
	kstop_probe_off(k, "sched");
	got = drain_all(k, 65536);
	head = counts(k, "sched");
	ok(got > 0 && (uint64_t)got == head.sent && head.lost > 0 &&
		   head.hits == head.sent + head.lost,
	   "a full ring: %ld delivered, %llu lost", got, (unsigned long long)head.lost);
	kstop_close(k);
}

/* --- snapshots ---------------------------------------------------------------------------------
 */

static void test_snapshot(struct kstop *k)
{
	int full = sizeof(struct ks_snapshot) + kstop_cpus() * sizeof(struct ks_hist_row), bytes;
	uint8_t *buffer = malloc(full);
	const struct ks_snapshot *head = (const void *)buffer;
	const struct ks_hist_row *rows = (const void *)(head + 1);
	uint64_t longest = 0, cells = 0;
	bool refused = true;

	ok(kstop_snapshot(k, "block", 1, buffer, full) == sizeof(*head) && head->rows == 0,
	   "snapshot: of a probe that never was on");
	kstop_probe_on(k, "sched");
	kstop_snapshot(k, "sched", 1, buffer, full);
	play(500);
	kstop_probe_off(k, "sched");
	for (int size = 0; size < full; size += 97)
		refused &= kstop_snapshot(k, "sched", 1, buffer, size) == -ENOSPC;
	refused &= kstop_snapshot(k, "sched", 1, buffer, full - 1) == -ENOSPC;
	ok(refused, "snapshot: no buffer below %d bytes is enough", full);
	bytes = kstop_snapshot(k, "sched", 1, buffer, full);
	ok(bytes == full && (int)head->rows == kstop_cpus() && head->row_bytes == sizeof(*rows),
	   "snapshot: a row for each CPU");
	for (int i = 0; i < kstop_cpus() && bytes == full; i++) {
		longest = rows[i].max_ns > longest ? rows[i].max_ns : longest;
		for (int j = 0; j < KS_HIST_CELLS; j++)
			cells += rows[i].cells[j];
	}
	ok(longest > 0, "snapshot: what was refused took no maximum with it");
	ok(cells > 900 && cells <= head->runs, "snapshot: %llu waits in %llu runs",
	   (unsigned long long)cells, (unsigned long long)head->runs);
	ok(kstop_snapshot(k, "sched", 0, buffer, sizeof(*head)) == sizeof(*head) && head->rows == 0,
	   "snapshot: without rows");
	free(buffer);
}

/* --- toggling ----------------------------------------------------------------------------------
 */

static void test_toggle(struct kstop *k)
{
	int files = 0;

	for (size_t p = 0; p < PROBE_COUNT; p++) {
		int first = kstop_probe_on(k, PROBES[p]), good = 0;
		uint64_t runs = 0;
		bool grows = true;

		if (!ok(is_on(first), "%s can be attached", PROBES[p]))
			continue;
		ok(kstop_probe_on(k, PROBES[p]) == first, "%s: on twice", PROBES[p]);
		files = open_files();
		for (int i = 0; i < 50; i++) {
			struct ks_snapshot head;

			good += kstop_probe_off(k, PROBES[p]) == KSTOP_OFF &&
				kstop_probe_off(k, PROBES[p]) == KSTOP_OFF;
			good += kstop_probe_on(k, PROBES[p]) == first;
			head = counts(k, PROBES[p]);
			grows &= head.runs >= runs;
			runs = head.runs;
		}
		ok(good == 100 && grows, "%s: off and on 50 times, counts go on", PROBES[p]);
		ok(open_files() == files, "%s: no descriptor is left behind", PROBES[p]);
	}
	ok(kstop_find_owners(k) == 0, "owners of sockets are looked up");
	ok(kstop_statistics(k, 1) == 0 && kstop_statistics(k, 1) == 0 &&
		   kstop_statistics(k, 0) == 0 && kstop_statistics(k, 0) == 0,
	   "statistics on and off twice");
	for (size_t p = 0; p < PROBE_COUNT; p++)
		kstop_probe_off(k, PROBES[p]);
}

/* Refused on a later try, a probe says why, keeps its counts and comes back once it can. */
static void test_refused_again(struct kstop *k)
{
	char method[16] = "x", reason[256] = "x";
	struct rlimit usual, tight;
	struct ks_snapshot before;
	int state;

	kstop_probe_on(k, "sched");
	play(100);
	ok(kstop_probe_off(k, "sched") == KSTOP_OFF &&
		   kstop_probe_state(k, "sched", method, 16, reason, 256) == KSTOP_OFF &&
		   !method[0] && !reason[0],
	   "a probe that is off has no method and no reason");
	before = counts(k, "sched");
	getrlimit(RLIMIT_NOFILE, &usual);
	tight = usual;
	tight.rlim_cur = dup(0);
	close(tight.rlim_cur);
	setrlimit(RLIMIT_NOFILE, &tight);
	state = kstop_probe_on(k, "sched");
	setrlimit(RLIMIT_NOFILE, &usual);
	kstop_probe_state(k, "sched", method, 16, reason, 256);
	ok(state == KSTOP_UNAVAILABLE && strstr(reason, "EMFILE") && !method[0],
	   "no descriptor left: %s", reason);
	ok(counts(k, "sched").runs == before.runs && before.runs > 0, "its counts stay");
	state = kstop_probe_on(k, "sched");
	kstop_probe_state(k, "sched", method, 16, reason, 256);
	ok(state == KSTOP_ATTACHED && !strcmp(method, "tp_btf") && !reason[0] &&
		   counts(k, "sched").runs >= before.runs,
	   "and it comes back by its best method");
	kstop_probe_off(k, "sched");
}

static void test_nothing_stays(void)
{
	static struct held held[256];
	int files = open_files();
	struct kstop *k = open_with(NULL), *second = open_with(NULL);
	size_t count, programs = 0, links = 0;

	for (size_t p = 0; p < PROBE_COUNT; p++) {
		kstop_probe_on(k, PROBES[p]);
		kstop_probe_on(second, PROBES[p]);
	}
	count = hold(held, 256);
	for (size_t i = 0; i < count; i++) {
		programs += held[i].kind == 0;
		links += held[i].kind == 2;
	}
	ok(programs >= 8 && links >= 8 && alive(held, count) == count,
	   "two handles: %zu programs, %zu links, %zu maps", programs, links,
	   count - programs - links);
	kstop_close(k);
	ok(is_on(kstop_probe_state(second, "sched", NULL, 0, NULL, 0)) && alive(held, count) > 0,
	   "closing one leaves the other");
	kstop_close(second);
	ok(all_gone(held, count), "after closing nothing of it is left in the kernel");
	ok(open_files() == files, "and no descriptor");
}

/* --- two threads -------------------------------------------------------------------------------
 */

struct drainer {
	struct kstop *k;
	bool stop;
	long events;
	int error;
};

static void *drain_on(void *argument)
{
	struct drainer *d = argument;
	uint8_t *buffer = malloc(1 << 16);

	while (!__atomic_load_n(&d->stop, __ATOMIC_ACQUIRE)) {
		int bytes = kstop_drain(d->k, buffer, 1 << 16, 5),
		    n = bytes < 0 ? bytes : records(buffer, bytes);

		if (n < 0) {
			d->error = n;
			break;
		}
		d->events += n;
	}
	free(buffer);
	return NULL;
}

static void test_threads(void)
{
	struct kstop *k = open_with(NULL);
	struct drainer d = {.k = k};
	size_t room = sizeof(struct ks_snapshot) + kstop_cpus() * sizeof(struct ks_hist_row);
	uint8_t *buffer = malloc(room);
	char method[16], reason[512];
	struct ks_snapshot head;
	pthread_t thread;

	pthread_create(&thread, NULL, drain_on, &d);
	for (int i = 0; i < 20; i++) {
		kstop_set(k, "sched", KSTOP_WARN_NS, i % 2 ? 1000000 : 0);
		for (size_t p = 0; p < PROBE_COUNT; p++)
			kstop_probe_on(k, PROBES[p]);
		play(100);
		kstop_snapshot(k, "sched", 1, buffer, room);
		kstop_probe_state(k, "oom", method, sizeof(method), reason, sizeof(reason));
		kstop_find_owners(k);
		kstop_probe_on(k, "nothing");
		kstop_filter(k, i % 4 == 3 ? 1 : 0, NULL, NULL);
		kstop_cgroup_path(k, 1, 1, reason, sizeof(reason));
		for (size_t p = 0; p < PROBE_COUNT; p++)
			kstop_probe_off(k, PROBES[p]);
	}
	usleep(50000);
	__atomic_store_n(&d.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	d.events += drain_all(k, 1 << 16);
	head = counts(k, "sched");
	/* block, oom and retransmit may have had something to say too, on a machine in trouble. */
	ok(!d.error && d.events > 100 && (uint64_t)d.events == head.sent,
	   "drain beside every other call: %ld events", d.events);
	free(buffer);
	kstop_close(k);
}

static void *drain_long(void *argument)
{
	struct drainer *d = argument;
	uint8_t buffer[4096];

	__atomic_store_n(&d->stop, true, __ATOMIC_RELEASE);
	d->error = kstop_drain(d->k, buffer, sizeof(buffer), 2500);
	return NULL;
}

static void test_close_during_drain(void)
{
	int good = 0;

	for (int i = 0; i < 2; i++) {
		struct drainer d = {.k = open_with(NULL), .error = 1};
		pthread_t thread;

		kstop_probe_on(d.k, "oom");
		pthread_create(&thread, NULL, drain_long, &d);
		while (!__atomic_load_n(&d.stop, __ATOMIC_ACQUIRE))
			usleep(1000);
		usleep(1000000); /* the drain waits by now, however busy the machine */
		kstop_close(d.k);
		pthread_join(thread, NULL);
		good += d.error == 0;
	}
	ok(good == 2, "close waits for a drain");
}

int main(int argc, char **argv)
{
	struct kstop_attr attr = {.size = sizeof(attr)};
	char why[256] = "";
	struct kstop *k;

	if (argc < 2)
		return 2;
	attr.object_dir = objects = argv[1];
	test_open();
	test_clocks();
	k = kstop_open(&attr, why, sizeof(why));
	if (!k) {
		printf("ok %d - everything else # SKIP needs root and BPF: %s\n", ++tests, why);
		printf("1..%d\n", tests);
		return failures > 0;
	}
	test_names(k);
	test_state_buffers(k);
	test_filter(k);
	test_cgroup_path(k);
	test_drain(k);
	test_snapshot(k);
	test_toggle(k);
	test_refused_again(k);
	kstop_close(k);
	test_objects();
	test_skip();
	test_full_ring();
	test_threads();
	test_close_during_drain();
	test_nothing_stays();
	printf("1..%d\n", tests);
	return failures > 0;
}
