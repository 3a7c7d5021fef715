// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page faults and hardly anything else, on one CPU. usage: faults minor COUNT CPU, or faults major
 * COUNT CPU FILE; prints how many of that kind the kernel counted, and nanoseconds each in the
 * best stretch of them: whatever interrupts only ever adds.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define PAGE  4096
#define CHUNK 256

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static volatile char *map(const char *path, size_t bytes)
{
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char *memory;

	if (path && (fd < 0 || fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED)))
		exit(1);
	memory = mmap(NULL, bytes, PROT_READ | (path ? 0 : PROT_WRITE),
		      MAP_PRIVATE | (path ? 0 : MAP_ANONYMOUS), fd, 0);
	if (memory == MAP_FAILED || madvise(memory, bytes, path ? MADV_RANDOM : MADV_NOHUGEPAGE))
		exit(1);
	return memory;
}

int main(int argc, char **argv)
{
	bool major = argc > 1 && !strcmp(argv[1], "major");
	struct rusage before, after;
	volatile char *memory;
	double start = 0, ns = 1e18;
	cpu_set_t cpus;
	long count;

	if (argc < (major ? 5 : 4))
		return 2;
	count = atol(argv[2]);
	CPU_ZERO(&cpus);
	CPU_SET(atoi(argv[3]), &cpus);
	if (count < CHUNK || sched_setaffinity(0, sizeof(cpus), &cpus))
		return 1;
	memory = map(major ? argv[4] : NULL, count * PAGE);
	getrusage(RUSAGE_SELF, &before);
	for (long i = 0; i < count; i++) {
		if (i % CHUNK == 0)
			start = now_ns();
		if (major)
			(void)memory[i * PAGE];
		else
			memory[i * PAGE] = 1;
		if (i % CHUNK == CHUNK - 1 && now_ns() - start < ns)
			ns = now_ns() - start;
	}
	getrusage(RUSAGE_SELF, &after);
	count = major ? after.ru_majflt - before.ru_majflt : after.ru_minflt - before.ru_minflt;
	printf("%ld %.1f\n", count, ns / CHUNK);
	return 0;
}
