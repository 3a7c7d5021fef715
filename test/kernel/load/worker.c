// SPDX-License-Identifier: GPL-2.0-only
/*
 * worker THREADS CPU[,CPU…] [NAME]: threads that all sleep until a line on stdin tells them what to
 * do, and all sleep again before "done" is answered, so that the kernel's figures of the process
 * stand still while they are read.
 *
 *   spin MS    compute without a pause
 *   mix MS     the same, and some thread is moved to another CPU every few ms, waiting or not
 *   doze MS    compute a little, sleep a second; moved about too
 *   rename MS  as spin; halfway each thread calls itself kt-renamed
 *
 * The main thread tells the others, then takes no part. NAME is the tasks' name as hexadecimal
 * bytes, any bytes.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 64
#define MAX_CPUS    16

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t begin = PTHREAD_COND_INITIALIZER, over = PTHREAD_COND_INITIALIZER;
static int round_number, finished, started, threads;
static char kind;
static long long deadline, halfway;
static pid_t tids[MAX_THREADS];
static int cpus[MAX_CPUS], cpu_count;
static volatile unsigned long sink;

static long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void pin(pid_t tid, int only)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < cpu_count; i++)
		if (only < 0 || i == only)
			CPU_SET(cpus[i], &set);
	sched_setaffinity(tid, sizeof(set), &set);
}

static void compute(long long us)
{
	for (long long end = now_us() + us; now_us() < end;)
		for (int i = 0; i < 1000; i++)
			sink += i;
}

static void work(unsigned seed)
{
	while (now_us() < deadline) {
		seed = seed * 1103515245 + 12345;
		compute(500 + (seed >> 16) % 6000);
		if (kind == 'm' && (seed >> 8) % 2)
			sched_yield();
		if (kind == 'd')
			usleep(1000000);
		if (kind == 'r' && now_us() > halfway)
			prctl(PR_SET_NAME, "kt-renamed");
	}
}

static void *thread(void *argument)
{
	int id = (int)(long)argument, seen = 0;

	pthread_mutex_lock(&lock);
	tids[id] = syscall(SYS_gettid);
	started++;
	pthread_cond_signal(&over);
	for (;;) {
		while (round_number == seen)
			pthread_cond_wait(&begin, &lock);
		seen = round_number;
		pthread_mutex_unlock(&lock);
		work(id + 1);
		pthread_mutex_lock(&lock);
		finished++;
		pthread_cond_signal(&over);
	}
	return NULL;
}

/* Threads that wait for a CPU are moved too: their wait goes on elsewhere. */
static void shuffle(void)
{
	for (int n = 0; now_us() < deadline; n++) {
		usleep(3000);
		pin(tids[n % threads], n / threads % cpu_count);
	}
	for (int i = 0; i < threads; i++)
		pin(tids[i], -1);
}

static void rename_to(const char *hex)
{
	char name[16] = "";
	unsigned byte;

	for (int i = 0; i < 15 && sscanf(hex, "%2x", &byte) == 1; i++, hex += 2)
		name[i] = byte;
	prctl(PR_SET_NAME, name);
}

int main(int argc, char **argv)
{
	char line[64], word[16];
	int ms;

	threads = argc > 1 ? atoi(argv[1]) : 0;
	if (threads < 1 || threads > MAX_THREADS || argc < 3)
		return 2;
	for (char *at = strtok(argv[2], ","); at && cpu_count < MAX_CPUS; at = strtok(NULL, ","))
		cpus[cpu_count++] = atoi(at);
	if (argc > 3)
		rename_to(argv[3]);
	pin(0, -1);
	for (long i = 0; i < threads; i++) {
		pthread_t id;

		pthread_create(&id, NULL, thread, (void *)i);
	}
	pin(0, 0);
	pthread_mutex_lock(&lock);
	while (started < threads)
		pthread_cond_wait(&over, &lock);
	pthread_mutex_unlock(&lock);
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%15s %d", word, &ms) != 2)
			return 2;
		pthread_mutex_lock(&lock);
		kind = word[0];
		halfway = now_us() + ms * 500LL;
		deadline = halfway + ms * 500LL;
		finished = 0;
		round_number++;
		pthread_cond_broadcast(&begin);
		pthread_mutex_unlock(&lock);
		if (kind != 's' && cpu_count > 1)
			shuffle();
		pthread_mutex_lock(&lock);
		while (finished < threads)
			pthread_cond_wait(&over, &lock);
		pthread_mutex_unlock(&lock);
		puts("done");
		fflush(stdout);
	}
	return 0;
}
