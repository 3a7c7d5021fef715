// SPDX-License-Identifier: GPL-2.0-only
/*
 * thrasher FILE THREADS: each line on stdin is a number of milliseconds. So long each thread reads
 * pages of the file at random; then the line is answered. In a cgroup with less memory than the
 * file has, most of what is read has just been thrown out, which the kernel counts as memory
 * pressure.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096

static int file;
static off_t pages;
static uint64_t end_ms;

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static void *thrash(void *seed)
{
	uint64_t state = (uintptr_t)seed * 2654435761u + 1;
	char page[PAGE];

	while (now_ms() < end_ms) {
		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		if (pread(file, page, PAGE, (off_t)((state >> 33) % pages) * PAGE) != PAGE)
			exit(1);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[16];
	char line[32];
	int count;

	if (argc < 3)
		return 1;
	count = atoi(argv[2]);
	file = open(argv[1], O_RDONLY);
	if (file < 0 || count > 16)
		return 1;
	pages = lseek(file, 0, SEEK_END) / PAGE;
	posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
	posix_fadvise(file, 0, 0, POSIX_FADV_RANDOM);
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		end_ms = now_ms() + strtoul(line, NULL, 10);
		for (int i = 0; i < count; i++)
			if (pthread_create(&threads[i], NULL, thrash, (void *)(uintptr_t)(i + 1)))
				return 1;
		for (int i = 0; i < count; i++)
			pthread_join(threads[i], NULL);
		puts("done");
		fflush(stdout);
	}
	return 0;
}
