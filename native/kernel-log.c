// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's own log lines, from /dev/kmsg: records as they are, one read each. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* CONSOLE_EXT_LOG_MAX of older kernels: a read into less room fails. */
#define RECORD_MAX 8192
/* A call ends after this many, however fast somebody writes. */
#define READS_MAX 16384

int kstop_log_open(struct kstop *k)
{
	if (k->log_fd < 0)
		k->log_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (k->log_fd < 0 || lseek(k->log_fd, 0, SEEK_END) < 0)
		return fail(k, -errno, "/dev/kmsg: %s", strerrorname_np(errno) ?: "error");
	return 0;
}

/* "PRIORITY,…": the facility stands above the three bits of the level, and is 0 for the kernel. */
static bool is_kernels(const char *record)
{
	return strtoul(record, NULL, 10) >> 3 == 0;
}

int kstop_log_read(struct kstop *k, void *buffer, size_t size, uint32_t *gaps)
{
	char *at = buffer, *end;

	if (!buffer || !gaps || size <= RECORD_MAX)
		return -EINVAL;
	end = at + size;
	*gaps = 0;
	for (int i = 0; i < READS_MAX && end - at > RECORD_MAX; i++) {
		ssize_t bytes = read(k->log_fd, at, RECORD_MAX);

		if (bytes < 0 && errno == EPIPE)
			++*gaps;
		else if (bytes < 0 && errno != EINTR)
			return errno == EAGAIN || at > (char *)buffer ? at - (char *)buffer
								      : -errno;
		if (bytes <= 0)
			continue;
		at[bytes - 1] = 0; /* its newline */
		if (is_kernels(at))
			at += bytes;
	}
	return at - (char *)buffer;
}
