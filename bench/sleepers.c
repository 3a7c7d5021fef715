// SPDX-License-Identifier: GPL-2.0-only
/* sleepers PROCESSES THREADS: as many processes of as many threads, all asleep, until a line on
 * stdin. Says "ready" when all are there. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static void *sleep_long(void *argument)
{
	for (;;)
		pause();
	return argument;
}

static void fill(long threads)
{
	pthread_attr_t small;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 16384);
	for (long i = 1; i < threads; i++) {
		pthread_t thread;

		if (pthread_create(&thread, &small, sleep_long, NULL))
			_exit(1);
	}
}

int main(int argc, char **argv)
{
	long processes = argc > 1 ? atol(argv[1]) : 1, threads = argc > 2 ? atol(argv[2]) : 1;
	int told[2];
	char byte;

	if (pipe(told))
		return 1;
	for (long i = 0; i < processes; i++)
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			fill(threads);
			if (write(told[1], "x", 1) != 1)
				_exit(1);
			sleep_long(NULL);
		}
	for (long i = 0; i < processes; i++)
		if (read(told[0], &byte, 1) != 1)
			return 1;
	puts("ready");
	fflush(stdout);
	getchar();
	return 0;
}
