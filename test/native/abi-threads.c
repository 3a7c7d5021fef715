// SPDX-License-Identifier: GPL-2.0-only
/* abi-test: a drain beside other calls of another thread. */
#include "abi.h"

#include <pthread.h>

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

void test_threads(void)
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
		kstop_pressure(k, 1, 1, i % 2 ? 2000000 : 0);
		for (size_t p = 0; p < PROBE_COUNT; p++)
			kstop_probe_off(k, PROBES[p]);
	}
	usleep(50000);
	__atomic_store_n(&d.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	d.events += drain_all(k, 1 << 16);
	head = counts(k, "sched");
	ok(!d.error && d.events > 100 && (uint64_t)d.events == head.sent,
	   "drain beside every other call: %ld events", d.events);
	free(buffer);
	kstop_close(k);
}

static void *drain_long(void *argument)
{
	struct drainer *d = argument;
	uint8_t buffer[SMALLEST];

	__atomic_store_n(&d->stop, true, __ATOMIC_RELEASE);
	d->error = kstop_drain(d->k, buffer, sizeof(buffer), 2500);
	return NULL;
}

void test_close_during_drain(void)
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
