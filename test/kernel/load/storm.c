// SPDX-License-Identifier: GPL-2.0-only
/* storm CPU[,CPU…] PAIRS: pairs of threads on each CPU that hand a byte to and fro through pipes,
 * for the milliseconds that a line on stdin tells: as many task switches as the CPU can make.
 * Answers "done". */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 64

static pthread_barrier_t line_up;
static volatile long long deadline;

struct side {
	int cpu, in, out, serves;
};

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* The serving side begins, and ends by handing over a 0. */
static void *play(void *argument)
{
	struct side *side = argument;
	cpu_set_t set;
	char ball;

	CPU_ZERO(&set);
	CPU_SET(side->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (;;) {
		pthread_barrier_wait(&line_up);
		ball = 1;
		if (side->serves && write(side->out, &ball, 1) != 1)
			exit(1);
		while (ball) {
			if (read(side->in, &ball, 1) != 1)
				exit(1);
			if (!side->serves && !ball)
				break;
			if (side->serves && now_ms() >= deadline)
				ball = 0;
			if (write(side->out, &ball, 1) != 1)
				exit(1);
		}
		pthread_barrier_wait(&line_up);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static struct side sides[MAX_THREADS];
	int n = 0, pairs = argc > 2 ? atoi(argv[2]) : 1, there[2], back[2];
	char line[32];

	if (argc < 2)
		return 2;
	for (char *at = strtok(argv[1], ","); at; at = strtok(NULL, ",")) {
		for (int i = 0; i < pairs && n + 2 <= MAX_THREADS; i++) {
			if (pipe(there) || pipe(back))
				return 1;
			sides[n++] = (struct side){atoi(at), back[0], there[1], 1};
			sides[n++] = (struct side){atoi(at), there[0], back[1], 0};
		}
	}
	pthread_barrier_init(&line_up, NULL, n + 1);
	for (int i = 0; i < n; i++) {
		pthread_t id;

		pthread_create(&id, NULL, play, &sides[i]);
	}
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		deadline = now_ms() + atoi(line);
		pthread_barrier_wait(&line_up);
		pthread_barrier_wait(&line_up);
		puts("done");
		fflush(stdout);
	}
	return 0;
}
