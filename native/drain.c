// SPDX-License-Identifier: GPL-2.0-only
/* From the ring buffer into the caller's memory. */
#include "internal.h"

#include <errno.h>
#include <linux/types.h>
#include <string.h>
#include <sys/epoll.h>

/* The largest record; the copy stops while one more of them still fits. */
#define LARGEST sizeof(struct ks_oom_event)

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

static int open_ring(struct kstop *k)
{
	if (!k->ring)
		k->ring = ring_buffer__new(k->ring_fd, copy, k, NULL);
	return k->ring ? 0 : -errno;
}

int kstop_drain(struct kstop *k, void *buffer, size_t size, int timeout_ms)
{
	struct epoll_event woken;
	int err;

	if (!buffer || size < 2 * LARGEST)
		return -EINVAL;
	pthread_mutex_lock(&k->draining);
	err = open_ring(k);
	if (err)
		goto out;
	if (timeout_ms > 0 && !k->left_behind)
		epoll_wait(ring_buffer__epoll_fd(k->ring), &woken, 1, timeout_ms);
	k->out = buffer;
	k->out_size = size;
	k->out_used = 0;
	k->left_behind = false;
	err = ring_buffer__consume(k->ring);
	if (err > 0 || err == -ENOSPC)
		err = 0;
	if (!err)
		err = k->out_used;
out:
	pthread_mutex_unlock(&k->draining);
	return err;
}
