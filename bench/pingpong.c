// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two processes on one CPU hand a byte to and fro through pipes: two context switches a round trip
 * and hardly anything else, the worst case of a scheduler probe. usage: pingpong ROUNDS [CPU];
 * prints nanoseconds a round trip.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? atol(argv[1]) : 100000;
	int there[2], back[2];
	cpu_set_t cpus;
	double start;
	char byte = 0;
	pid_t child;

	CPU_ZERO(&cpus);
	CPU_SET(argc > 2 ? atoi(argv[2]) : 0, &cpus);
	if (rounds < 1 || sched_setaffinity(0, sizeof(cpus), &cpus) || pipe(there) || pipe(back))
		return 1;
	child = fork();
	if (child < 0)
		return 1;
	if (!child) {
		for (long i = 0; i < rounds; i++)
			if (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1)
				_exit(1);
		_exit(0);
	}
	start = now_ns();
	for (long i = 0; i < rounds; i++)
		if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
			return 1;
	printf("%.1f\n", (now_ns() - start) / rounds);
	waitpid(child, NULL, 0);
	return 0;
}
