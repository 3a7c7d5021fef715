// SPDX-License-Identifier: GPL-2.0-only
/*
 * caller FILE: each line on stdin makes system calls, and is answered with how many there were, the
 * nanoseconds that they took by this side's clock, and what the last one returned (-errno):
 * "COUNT NS RESULT".
 *
 *   getppid N     N of the quickest calls
 *   signals N     N signals to itself, each with a handler that returns
 *   sleep MS      a nanosleep
 *   lock MS       a flock of FILE that somebody else holds for MS
 *   lock32 MS     likewise by a 32-bit program's call (x86)
 *   interrupt MS  likewise, but a signal ends it after MS
 *   restart MS    likewise; a signal interrupts it halfway, and it starts anew
 *   vfork MS, clone MS, clone3 MS   each waits for a child that ends after MS
 *   fifo MS       an open of a FIFO (FILE.fifo) whose other side comes after MS
 *   end MS        a thread waits for the lock while the first child of this one exits: both end
 *   threads N     N threads, one after another, that end inside a call (exit)
 *   exec 0        becomes /bin/true
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *path;
static char fifo[4096];
static int file;
static long long count, ns;
static long result;

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void pause_ms(int ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

/* Counts and times one call. */
#define CALL(expression)                                                                           \
	do {                                                                                       \
		long long began = now();                                                           \
		long got = (expression);                                                           \
		result = got < 0 && errno ? -errno : got;                                          \
		ns += now() - began;                                                               \
		count++;                                                                           \
	} while (0)

static void reap(pid_t child)
{
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

/* A child that holds the lock for ms; returns once it does. */
static pid_t holder(int ms)
{
	int ready[2];
	pid_t child;
	char byte;

	if (pipe(ready))
		exit(1);
	child = fork();
	if (child == 0) {
		int own = open(path, O_RDWR);

		if (flock(own, LOCK_EX) || write(ready[1], "x", 1) != 1)
			_exit(1);
		pause_ms(ms);
		_exit(0);
	}
	if (read(ready[0], &byte, 1) != 1)
		exit(1);
	close(ready[0]);
	close(ready[1]);
	return child;
}

static long flock32(void)
{
#ifdef __x86_64__
	long answer;

	/* flock of asm/unistd_32.h */
	asm volatile("int $0x80"
		     : "=a"(answer)
		     : "a"(143L), "b"((long)file), "c"((long)LOCK_EX)
		     : "memory", "r8", "r9", "r10", "r11");
	errno = 0;
	return (int)answer;
#else
	return -ENOSYS;
#endif
}

static void ignore(int number)
{
	(void)number;
}

static void signal_after(int ms, int flags)
{
	struct sigaction action = {.sa_handler = ignore, .sa_flags = flags};
	struct itimerval timer = {.it_value = {ms / 1000, ms % 1000 * 1000}};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void locked(const char *word, int ms)
{
	pid_t child = holder(!strcmp(word, "interrupt") ? ms * 3 : ms);

	if (!strcmp(word, "interrupt"))
		signal_after(ms, 0);
	if (!strcmp(word, "restart"))
		signal_after(ms / 2, SA_RESTART);
	if (!strcmp(word, "lock32"))
		CALL(flock32());
	else
		CALL(flock(file, LOCK_EX));
	if (!result)
		flock(file, LOCK_UN);
	reap(child);
}

static void with_child(const char *word, int ms)
{
	struct clone_args args = {.flags = CLONE_VFORK, .exit_signal = SIGCHLD};

	/* vfork without a shared memory, by its number: this side's stack is not the child's. */
	if (!strcmp(word, "clone3"))
		CALL(syscall(SYS_clone3, &args, sizeof(args)));
	else
		CALL(syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0));
	if (result == 0) {
		pause_ms(ms);
		_exit(0);
	}
	reap(result);
}

static void forked(int ms)
{
	volatile long long began = now();
	pid_t child = vfork();

	if (child == 0) {
		struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

		nanosleep(&t, NULL);
		_exit(0);
	}
	ns += now() - began;
	count++;
	result = child;
	reap(child);
}

static void open_fifo(int ms)
{
	pid_t child;

	mkfifo(fifo, 0600);
	child = fork();
	if (child == 0) {
		pause_ms(ms);
		_exit(open(fifo, O_WRONLY) < 0);
	}
	CALL(open(fifo, O_RDONLY));
	close(result);
	reap(child);
}

static void *lock_it(void *nothing)
{
	flock(file, LOCK_EX);
	return nothing;
}

static void ends(int ms)
{
	pid_t keeper = holder(ms * 4), child = fork();

	if (child == 0) {
		pthread_t thread;

		file = open(path, O_RDWR);
		pthread_create(&thread, NULL, lock_it, NULL);
		pause_ms(ms);
		_exit(0);
	}
	count++;
	reap(child);
	kill(keeper, SIGKILL);
	reap(keeper);
}

static void *nothing(void *data)
{
	return data;
}

static void run(const char *word, int n)
{
	struct timespec t = {n / 1000, n % 1000 * 1000000L};

	if (!strcmp(word, "getppid"))
		for (int i = 0; i < n; i++)
			CALL(syscall(SYS_getppid));
	else if (!strcmp(word, "signals"))
		for (int i = 0; i < n; i++)
			CALL(raise(SIGUSR1));
	else if (!strcmp(word, "sleep"))
		CALL(nanosleep(&t, NULL));
	else if (!strcmp(word, "vfork"))
		forked(n);
	else if (!strncmp(word, "clone", 5))
		with_child(word, n);
	else if (!strcmp(word, "fifo"))
		open_fifo(n);
	else if (!strcmp(word, "end"))
		ends(n);
	else if (!strcmp(word, "exec"))
		execl("/bin/true", "true", NULL);
	else if (!strcmp(word, "threads"))
		for (int i = 0; i < n; i++) {
			pthread_t thread;

			if (pthread_create(&thread, NULL, nothing, NULL))
				exit(1);
			pthread_join(thread, NULL);
			count++;
		}
	else
		locked(word, n);
}

int main(int argc, char **argv)
{
	char line[64], word[16];
	int n;

	path = argc > 1 ? argv[1] : "";
	snprintf(fifo, sizeof(fifo), "%s.fifo", path);
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0)
		return 1;
	signal(SIGUSR1, ignore);
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%15s %d", word, &n) != 2)
			return 2;
		count = ns = result = 0;
		run(word, n);
		printf("%lld %lld %ld\n", count, ns, result);
		fflush(stdout);
	}
	return 0;
}
