// SPDX-License-Identifier: GPL-2.0-only
/* bpf-ids prog:ID map:ID link:ID …: writes those that exist, one a line. */
#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *colon = strchr(argv[i], ':');
		unsigned id = colon ? atoi(colon + 1) : 0;
		int fd;

		switch (argv[i][0]) {
		case 'p':
			fd = bpf_prog_get_fd_by_id(id);
			break;
		case 'm':
			fd = bpf_map_get_fd_by_id(id);
			break;
		case 'l':
			fd = bpf_link_get_fd_by_id(id);
			break;
		default:
			return 2;
		}
		if (fd >= 0) {
			puts(argv[i]);
			close(fd);
		}
	}
	return 0;
}
