// SPDX-License-Identifier: GPL-2.0-only
/* unseen OBJECT: answers each line on stdin with "TOTAL OF_PID", the unseen switches in all and to
 * the process that the line names. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	struct bpf_object *object = argc > 1 ? bpf_object__open_file(argv[1], NULL) : NULL;
	char line[32];
	int map;

	if (!object || bpf_object__load(object) ||
	    !bpf_program__attach(bpf_object__find_program_by_name(object, "unseen_switch")))
		return 1;
	map = bpf_object__find_map_fd_by_name(object, "unseen");
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		unsigned long long total = 0, of_pid = 0, count;
		unsigned pid = atoi(line), key, *last = NULL;

		while (!bpf_map_get_next_key(map, last, &key)) {
			if (!bpf_map_lookup_elem(map, &key, &count)) {
				total += count;
				of_pid += key == pid ? count : 0;
			}
			last = &key;
		}
		printf("%llu %llu\n", total, of_pid);
		fflush(stdout);
	}
	return 0;
}
