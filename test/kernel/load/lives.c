// SPDX-License-Identifier: GPL-2.0-only
/*
 * lives FOLDER FILE: each line on stdin is the life of a child, and is answered when that is over:
 * "PID STATUS BEFORE_NS AFTER_NS OVER_NS CPU_NS PEAK_KB", as wait4() tells them; the times are by
 * CLOCK_MONOTONIC, on this side before and after the fork and after the wait. FILE is the program
 * that children run; cores go to FOLDER.
 *
 *   exit CODE    ends at once
 *   signal N     ends by the signal, and may dump core
 *   spin MS      needs so much CPU time
 *   memory MB    touches so much memory
 *   threads MS   the first thread ends at once, another one at half the time, the last one at the
 * end group N      N threads that spin; one ends them all after 100 ms race N       N threads that
 * end by themselves, all at once exec 0       runs FILE vfork 0      likewise, by vfork thread 0
 * likewise, from a thread that isn't the first many N       N children that run FILE, one after
 * another; PID is the last one's
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *file;
static long argument;
static atomic_int waiting;

static long long clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void pause_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	nanosleep(&t, NULL);
}

static void run_file(void)
{
	char *args[] = {"name", "two words", "line\nfeed", "", "\033[31mred", NULL};
	char *environment[] = {"SECRET=not an argument", NULL};

	execve(file, args, environment);
	_exit(99);
}

static void spin(long ms)
{
	long long end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + ms * 1000000LL;

	while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < end)
		;
}

static void *sleeper(void *ms)
{
	pause_ms((long)ms);
	return NULL;
}

static void *spinner(void *unused)
{
	(void)unused;
	for (;;)
		spin(1000);
	return NULL;
}

static void *runner(void *unused)
{
	(void)unused;
	run_file();
	return NULL;
}

/* All leave at the same moment. */
static void *racer(void *unused)
{
	(void)unused;
	atomic_fetch_sub(&waiting, 1);
	while (atomic_load(&waiting) > 0)
		;
	syscall(SYS_exit, 7);
	return NULL;
}

static void start(void *(*body)(void *), long ms)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, body, (void *)ms))
		_exit(98);
}

static void touch(long mb)
{
	volatile char *memory = malloc(mb << 20);

	for (long at = 0; at < mb << 20; at += 4096)
		memory[at] = 1;
	/* Gone before the end: what is told is the peak. */
	free((void *)memory);
	_exit(0);
}

static void threads(long ms)
{
	start(sleeper, ms / 2);
	start(sleeper, ms);
	pthread_exit(NULL);
}

static void group(long n)
{
	for (long i = 0; i < n; i++)
		start(spinner, 0);
	pause_ms(100);
	_exit(5);
}

static void race(long n)
{
	atomic_store(&waiting, n);
	for (long i = 0; i < n - 1; i++)
		start(racer, 0);
	racer(NULL);
}

static void live(const char *word)
{
	if (!strcmp(word, "exit"))
		_exit(argument);
	if (!strcmp(word, "signal"))
		raise(argument);
	if (!strcmp(word, "spin"))
		spin(argument), _exit(0);
	if (!strcmp(word, "memory"))
		touch(argument);
	if (!strcmp(word, "threads"))
		threads(argument);
	if (!strcmp(word, "group"))
		group(argument);
	if (!strcmp(word, "race"))
		race(argument);
	if (!strcmp(word, "exec"))
		run_file();
	if (!strcmp(word, "thread"))
		start(runner, 0), pause_ms(10000);
	_exit(97);
}

static pid_t give_birth(const char *word)
{
	pid_t pid;

	if (!strcmp(word, "vfork") || !strcmp(word, "many")) {
		pid = vfork();
		if (!pid)
			run_file();
		return pid;
	}
	pid = fork();
	if (!pid)
		live(word);
	return pid;
}

static void answer(const char *word)
{
	long long before = clock_ns(CLOCK_MONOTONIC);
	pid_t pid = give_birth(word);
	long long after = clock_ns(CLOCK_MONOTONIC);
	struct rusage used;
	int status;

	if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
		exit(1);
	printf("%d %d %lld %lld %lld %lld %ld\n", pid, status, before, after,
	       clock_ns(CLOCK_MONOTONIC),
	       (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000LL +
		       (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000LL,
	       used.ru_maxrss);
}

static void many(void)
{
	int status;

	for (long i = 1; i < argument; i++)
		if (waitpid(give_birth("many"), &status, 0) < 0 || status)
			exit(1);
	answer("many");
}

int main(int argc, char **argv)
{
	struct rlimit cores = {RLIM_INFINITY, RLIM_INFINITY};
	char word[32];

	if (argc != 3 || chdir(argv[1]))
		return 2;
	file = argv[2];
	setrlimit(RLIMIT_CORE, &cores);
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while (scanf("%31s %ld", word, &argument) == 2)
		if (!strcmp(word, "many"))
			many();
		else
			answer(word);
	return 0;
}
