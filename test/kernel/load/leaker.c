// SPDX-License-Identifier: GPL-2.0-only
/* leaker KIB: takes and keeps so much memory a second, evenly, until it is killed. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define PARTS 50

int main(int argc, char **argv)
{
	size_t part = argc > 1 ? (strtoul(argv[1], NULL, 10) << 10) / PARTS : 0;
	struct timespec next;

	if (part == 0)
		return 1;
	puts("ready");
	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (;;) {
		char *memory = mmap(NULL, part, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (memory == MAP_FAILED)
			return 1;
		for (size_t i = 0; i < part; i += 4096)
			memory[i] = 1;
		next.tv_nsec += 1000000000 / PARTS;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}
