// SPDX-License-Identifier: GPL-2.0-only
/*
 * forks FILE: each line "MS MOST REUSE" on stdin is a storm of children: as many as can be forked
 * in so many milliseconds, MOST at most, a few at a time. Every 16th runs FILE, the others end at
 * once. With REUSE the numbers of the last 256 children are given out again after these.
 *
 * The answer tells what there has been so far:
 * "FORKED RUN CPU_NS VOLUNTARY INVOLUNTARY MINOR MAJOR CHILDREN_CPU_NS CHILDREN_MINOR".
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE	  4
#define RUN_EVERY 16
#define NUMBERS	  256

static const char *file;
static long forked, run;

static long long clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void give_birth(void)
{
	bool runs = forked % RUN_EVERY == 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (runs)
			execl(file, file, NULL);
		_exit(runs ? 99 : 0);
	}
	if (pid < 0)
		exit(1);
	forked++;
	run += runs;
}

static void reap(void)
{
	int status;

	if (wait(&status) < 0 || status)
		exit(1);
}

static long last_number(int fd)
{
	char text[16] = {};

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? atol(text) : -1;
}

static void set_number(int fd, long number)
{
	char text[16];

	if (pwrite(fd, text, snprintf(text, sizeof(text), "%ld", number), 0) < 0)
		exit(1);
}

static void storm(long ms, long most, bool reuse)
{
	long long end = clock_ns(CLOCK_MONOTONIC) + ms * 1000000LL;
	int last = reuse ? open("/proc/sys/kernel/ns_last_pid", O_RDWR | O_CLOEXEC) : -1;
	long first = last_number(last), alive = 0;

	for (long i = 0; i < most && clock_ns(CLOCK_MONOTONIC) < end; i++) {
		if (first > 0 && i % NUMBERS == 0)
			set_number(last, first);
		give_birth();
		if (++alive == AT_ONCE) {
			reap();
			alive--;
		}
	}
	while (alive--)
		reap();
	if (last >= 0)
		close(last);
}

static long long cpu_ns(const struct rusage *used)
{
	return (used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000000000LL +
	       (used->ru_utime.tv_usec + used->ru_stime.tv_usec) * 1000LL;
}

static void tell(void)
{
	struct rusage own, children;

	getrusage(RUSAGE_SELF, &own);
	getrusage(RUSAGE_CHILDREN, &children);
	printf("%ld %ld %lld %ld %ld %ld %ld %lld %ld\n", forked, run,
	       clock_ns(CLOCK_PROCESS_CPUTIME_ID), own.ru_nvcsw, own.ru_nivcsw, own.ru_minflt,
	       own.ru_majflt, cpu_ns(&children), children.ru_minflt);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	long ms, most;
	int reuse;

	if (argc != 2)
		return 2;
	file = argv[1];
	puts("ready");
	fflush(stdout);
	while (scanf("%ld %ld %d", &ms, &most, &reuse) == 3) {
		storm(ms, most, reuse);
		tell();
	}
	return 0;
}
