// SPDX-License-Identifier: GPL-2.0-only
/*
 * family: does what a line on stdin tells, and answers with a line:
 *
 *   churn MS      threads that compute a little, touch fresh pages and end, one after another
 *   threads N     N threads more that sleep for good
 *   grow MIB      takes memory and keeps it
 *   rename NAME   is called so from now on
 *   vfork MS      waits uninterruptibly for a child of its own that sleeps
 *   moved MS      the same, but the child moves it to other CPUs as soon as it waits
 *   reuse MS      a child (kt-first) computes and ends, then another one of the same number
 *                 (kt-second) does for a quarter of the time: answers "reused PID CPU_NS FIRST_NS"
 *                 (the second's CPU time, and the first's), or "lost" if others took the number
 *   usage         nothing
 *
 * The answer to all others: "usage CPU_NS VOLUNTARY INVOLUNTARY MINOR MAJOR" of the process so far.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGES 16
#define TRIES 2000

static volatile unsigned long sink;

static long long now_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void compute(clockid_t clock, long long us)
{
	for (long long end = now_us(clock) + us; now_us(clock) < end;)
		for (int i = 0; i < 1000; i++)
			sink += i;
}

static void *live_shortly(void *argument)
{
	char *pages = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	for (int i = 0; pages != MAP_FAILED && i < PAGES; i++)
		pages[i * 4096] = 1;
	compute(CLOCK_MONOTONIC, 300);
	usleep(100);
	munmap(pages, PAGES * 4096);
	return argument;
}

static void *sleep_long(void *argument)
{
	for (;;)
		pause();
	return argument;
}

static void churn(long ms)
{
	for (long long end = now_us(CLOCK_MONOTONIC) + ms * 1000; now_us(CLOCK_MONOTONIC) < end;) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, live_shortly, NULL))
			exit(1);
		pthread_join(thread, NULL);
	}
}

static void more_threads(long count)
{
	pthread_attr_t small;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 16384);
	while (count--) {
		pthread_t thread;

		if (pthread_create(&thread, &small, sleep_long, NULL))
			exit(1);
	}
}

static void grow(long mib)
{
	char *memory = mmap(NULL, mib << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);

	if (memory == MAP_FAILED)
		exit(1);
	memset(memory, 1, mib << 20);
}

/* Only what vfork allows: the child borrows this memory. others: where it moves its parent to. */
static void wait_for_child(long ms, const cpu_set_t *others)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};
	pid_t self = getpid(), child = vfork();

	if (child == 0) {
		if (others)
			sched_setaffinity(self, sizeof(*others), others);
		nanosleep(&t, NULL);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

/* Who has computed for longer than its share is dequeued late (6.12 and newer) and moves asleep. */
static void wait_elsewhere(long ms)
{
	cpu_set_t all, here, others;

	sched_getaffinity(0, sizeof(all), &all);
	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	CPU_XOR(&others, &all, &here);
	sched_setaffinity(0, sizeof(here), &here);
	compute(CLOCK_MONOTONIC, 50000);
	wait_for_child(ms, &others);
	sched_setaffinity(0, sizeof(all), &all);
}

/* A child of this number if that can be had (0: of any), which computes and then waits to be
 * killed. */
static pid_t child_of(pid_t number, const char *name, long ms)
{
	int told[2];
	pid_t pid;
	char text[16];
	int last = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);

	if (pipe(told) || (number && last < 0))
		return -1;
	if (number && write(last, text, snprintf(text, sizeof(text), "%d", number - 1)) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (number && getpid() != number)
			_exit(0);
		prctl(PR_SET_NAME, name);
		compute(CLOCK_PROCESS_CPUTIME_ID, ms * 1000);
		if (write(told[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	close(told[1]);
	if (last >= 0)
		close(last);
	/* Nothing comes from one that got another number. */
	if (read(told[0], text, 1) != 1) {
		waitpid(pid, NULL, 0);
		pid = 0;
	}
	close(told[0]);
	return pid;
}

/* CPU time of a process; -1 when there is none. */
static long long cpu_ns(pid_t pid)
{
	struct timespec cpu = {};
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &cpu))
		return -1;
	return cpu.tv_sec * 1000000000LL + cpu.tv_nsec;
}

static void reuse(long ms)
{
	pid_t first = child_of(0, "kt-first", ms), second = 0;
	long long first_ns = cpu_ns(first), second_ns;

	kill(first, SIGKILL);
	waitpid(first, NULL, 0);
	for (int i = 0; i < TRIES && second == 0; i++)
		second = child_of(first, "kt-second", ms / 4);
	second_ns = second > 0 ? cpu_ns(second) : -1;
	if (first_ns < 0 || second_ns < 0)
		puts("lost");
	else
		printf("reused %d %lld %lld\n", second, second_ns, first_ns);
	fflush(stdout);
}

static void tell_usage(void)
{
	struct rusage usage;
	struct timespec cpu;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	getrusage(RUSAGE_SELF, &usage);
	printf("usage %lld %ld %ld %ld %ld\n", cpu.tv_sec * 1000000000LL + cpu.tv_nsec,
	       usage.ru_nvcsw, usage.ru_nivcsw, usage.ru_minflt, usage.ru_majflt);
	fflush(stdout);
}

int main(void)
{
	char line[64], word[16], name[32];

	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		long n = 0;

		if (sscanf(line, "%15s %ld", word, &n) < 1)
			return 1;
		if (!strcmp(word, "reuse")) {
			reuse(n);
			continue;
		}
		if (!strcmp(word, "churn"))
			churn(n);
		else if (!strcmp(word, "threads"))
			more_threads(n);
		else if (!strcmp(word, "grow"))
			grow(n);
		else if (!strcmp(word, "vfork"))
			wait_for_child(n, NULL);
		else if (!strcmp(word, "moved"))
			wait_elsewhere(n);
		else if (!strcmp(word, "rename") && sscanf(line, "%*s %31s", name) == 1)
			prctl(PR_SET_NAME, name);
		tell_usage();
	}
	return 0;
}
