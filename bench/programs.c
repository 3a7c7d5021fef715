// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel's BPF statistics say: for each line on standard input one JSON array of all
 * loaded programs. With -s the statistics are on until the input ends.
 */
#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void print_program(int fd, const char *before)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return;
	printf("%s{\"id\":%u,\"name\":\"%s\",\"ns\":%llu,\"runs\":%llu}", before, info.id,
	       info.name, (unsigned long long)info.run_time_ns, (unsigned long long)info.run_cnt);
}

static void print_all(void)
{
	__u32 id = 0;

	printf("[");
	for (const char *before = ""; !bpf_prog_get_next_id(id, &id);) {
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		print_program(fd, before);
		before = ",";
		close(fd);
	}
	printf("]\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char line[16];

	if (argc > 1 && !strcmp(argv[1], "-s") && bpf_enable_stats(BPF_STATS_RUN_TIME) < 0) {
		perror("programs: BPF statistics");
		return 1;
	}
	while (fgets(line, sizeof(line), stdin))
		print_all();
	return 0;
}
