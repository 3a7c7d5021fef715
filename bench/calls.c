// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls in a loop, the worst case of a probe of calls: 64 bytes of a cached file (pread), of
 * /dev/zero (a character device, no file to a probe of files), and getppid. usage: calls FILE CPU
 * RUNS; prints the nanoseconds of one of each, the best of many short runs, for whatever interrupts
 * one only ever adds.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CALLS 1000

static int file, zero;
static char buffer[64];

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static long call(int kind)
{
	switch (kind) {
	case 0:
		return pread(file, buffer, sizeof(buffer), 0);
	case 1:
		return pread(zero, buffer, sizeof(buffer), 0);
	default:
		return syscall(SYS_getppid);
	}
}

static double run(int kind)
{
	double began = now_ns();

	for (int i = 0; i < CALLS; i++)
		if (call(kind) <= 0)
			exit(1);
	return (now_ns() - began) / CALLS;
}

int main(int argc, char **argv)
{
	double best[3] = {1e12, 1e12, 1e12};
	cpu_set_t cpus;

	if (argc < 4)
		return 2;
	file = open(argv[1], O_RDONLY);
	zero = open("/dev/zero", O_RDONLY);
	CPU_ZERO(&cpus);
	CPU_SET(atoi(argv[2]), &cpus);
	if (file < 0 || zero < 0 || sched_setaffinity(0, sizeof(cpus), &cpus))
		return 1;
	for (int i = 0; i < atoi(argv[3]); i++)
		for (int kind = 0; kind < 3; kind++) {
			double ns = run(kind);

			if (ns < best[kind])
				best[kind] = ns;
		}
	printf("%.1f %.1f %.1f\n", best[0], best[1], best[2]);
	return 0;
}
