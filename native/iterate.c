// SPDX-License-Identifier: GPL-2.0-only
/* Passes of iterator programs: each read of their file runs them over more of the tasks. */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int begin_pass(struct probe *probe, const char *name)
{
	for (size_t i = 0; i < MAX_ROLES; i++) {
		struct bpf_program *program = role_program(probe, i);
		int fd;

		if (!program || !probe->links[i][0] || strcmp(bpf_program__name(program), name))
			continue;
		fd = bpf_iter_create(bpf_link__fd(probe->links[i][0]));
		return fd < 0 ? -errno : fd;
	}
	return -ENOENT;
}

int kstop_find_owners(struct kstop *k)
{
	struct probe *probe = find_probe(k, "retransmit");
	char nothing[64];
	int fd, n;

	if (!probe)
		return -ENOENT;
	fd = begin_pass(probe, "find_owners");
	if (fd == -ENOENT)
		return fail(k, fd, "socket owners: not attached");
	if (fd < 0)
		return fail(k, fd, "socket owners: %s", strerror(-fd));
	while ((n = read(fd, nothing, sizeof(nothing))) > 0)
		;
	n = n < 0 ? -errno : 0;
	close(fd);
	return n ? fail(k, n, "socket owners: %s", strerror(-n)) : 0;
}
