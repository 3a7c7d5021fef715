// SPDX-License-Identifier: GPL-2.0-only
/* abi-test: events through the ring buffer, and snapshots. */
#include "abi.h"

#include <pthread.h>
#include <stddef.h>

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

void play(int rounds)
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

/* A wait's record carries all switches, or the newest ones. */
static bool is_wait(int size)
{
	return size == sizeof(struct ks_sched_event) ||
	       size == offsetof(struct ks_sched_event, switches[KS_SWITCHES_SOME]) ||
	       size == offsetof(struct ks_sched_event, switches[KS_SWITCHES_FEW]);
}

/* Records of sched in a drained buffer (other probes may have had something to say too), or -1 if
 * one of them can't be. */
int records(const uint8_t *buffer, int bytes)
{
	int count = 0;

	for (int at = 0; at < bytes;) {
		const struct ks_event *e = (const void *)(buffer + at);
		bool sched = e->type == KS_SCHED_LATENCY;

		if (at + (int)sizeof(*e) > bytes || e->size < sizeof(*e) || at + e->size > bytes ||
		    (sched && !is_wait(e->size)))
			return -1;
		count += sched;
		at += (e->size + 7) & ~7;
	}
	return count;
}

struct ks_snapshot counts(struct kstop *k, const char *probe)
{
	struct ks_snapshot head;

	if (kstop_snapshot(k, probe, 0, &head, sizeof(head)) != sizeof(head))
		memset(&head, 0xff, sizeof(head));
	return head;
}

long drain_all(struct kstop *k, size_t size)
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

void test_drain(struct kstop *k)
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
void test_full_ring(void)
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

void test_snapshot(struct kstop *k)
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
