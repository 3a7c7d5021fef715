// SPDX-License-Identifier: GPL-2.0-only
/* eater [ADJ]: each line on stdin is a number of MiB to take, page by page, and is answered when
 * that is done. ADJ is its oom_score_adj. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	char line[32];

	if (argc > 1) {
		FILE *file = fopen("/proc/self/oom_score_adj", "w");

		if (!file || fputs(argv[1], file) < 0 || fclose(file))
			return 1;
	}
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		size_t bytes = strtoul(line, NULL, 10) << 20;
		char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (memory == MAP_FAILED)
			return 1;
		for (size_t i = 0; i < bytes; i += 4096)
			memory[i] = 1;
		puts("done");
		fflush(stdout);
	}
	return 0;
}
