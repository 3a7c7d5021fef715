// SPDX-License-Identifier: GPL-2.0-only
/* From the ring buffer into the caller's memory. */
#include "internal.h"

#include <errno.h>
#include <linux/types.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* The copy stops while one more of the largest records still fits. What the library makes itself
 * comes before, and takes less than one. */
#define LARGEST KS_RECORD_MAX
_Static_assert(2 * KS_PRESSURE_LEVELS * sizeof(struct ks_pressure_event) < LARGEST,
	       "room for these");

static int copy(void *context, void *data, size_t size)
{
	struct kstop *k = context;

	memcpy(k->out + k->out_used, data, size);
	k->out_used += size;
	if (k->out_size - k->out_used >= LARGEST)
		return 0;
	k->left_behind = true;
	return -ENOSPC; /* libbpf has consumed this record: nothing is lost */
}

int open_ring(struct kstop *k)
{
	struct epoll_event wake = {.events = EPOLLIN, .data.fd = WAKE_MARK};

	k->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (k->wake_fd < 0)
		return -errno;
	k->ring_fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "events", 0, 0, k->ring_bytes, NULL);
	if (k->ring_fd >= 0)
		k->ring = ring_buffer__new(k->ring_fd, copy, k, NULL);
	if (!k->ring)
		return -errno;
	return epoll_ctl(ring_buffer__epoll_fd(k->ring), EPOLL_CTL_ADD, k->wake_fd, &wake) ? -errno
											   : 0;
}

static int64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void look_at_pressure(struct kstop *k)
{
	k->out_used += pressure_records(k, k->out + k->out_used);
}

/* One wait; true when something happened. */
static bool wait_once(struct kstop *k, int timeout_ms)
{
	struct epoll_event happened[1 + MARKS];
	uint64_t count;
	int n = epoll_wait(ring_buffer__epoll_fd(k->ring), happened, 1 + MARKS, timeout_ms);

	for (int i = 0; i < n; i++) {
		if (happened[i].data.fd == PRESSURE_MARK)
			look_at_pressure(k);
		else if (happened[i].data.fd == WAKE_MARK &&
			 read(k->wake_fd, &count, sizeof(count)) < 0)
			continue;
	}
	return n != 0;
}

/* Waits until the ring has filled, memory is short, somebody called kstop_wake, or the time is
 * over. */
static void wait_for_events(struct kstop *k, int timeout_ms)
{
	int64_t now = monotonic_ms(), end = now + timeout_ms;

	for (; now < end && !k->out_used; now = monotonic_ms()) {
		int due = pressure_due_ms(k);

		if (wait_once(k, due < end - now ? due : (int)(end - now)))
			return;
		if (!pressure_due_ms(k))
			look_at_pressure(k);
	}
}

int kstop_wake(struct kstop *k)
{
	uint64_t one = 1;

	return write(k->wake_fd, &one, sizeof(one)) == sizeof(one) ? 0 : -errno;
}

int kstop_drain(struct kstop *k, void *buffer, size_t size, int timeout_ms)
{
	int err;

	if (!buffer || size < 2 * LARGEST)
		return -EINVAL;
	pthread_mutex_lock(&k->draining);
	k->out = buffer;
	k->out_size = size;
	k->out_used = 0;
	if (!pressure_due_ms(k))
		look_at_pressure(k);
	if (timeout_ms > 0 && !k->left_behind)
		wait_for_events(k, timeout_ms);
	k->left_behind = false;
	err = ring_buffer__consume(k->ring);
	if (err > 0 || err == -ENOSPC)
		err = 0;
	if (!err)
		err = k->out_used;
	pthread_mutex_unlock(&k->draining);
	return err;
}
