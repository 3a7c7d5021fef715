// SPDX-License-Identifier: GPL-2.0-only
/*
 * faulter FILE: each line on stdin provokes page faults and is answered with what the kernel
 * counted meanwhile, and where: "MAJOR MINOR ADDRESS LENGTH". touch N   reads N pages of the file,
 * which are not in memory, through a mapping write N   lets the kernel read them, by writing them
 * into a pipe fresh N   writes N pages of new memory keep N    the same, and keeps them again reads
 * what it kept
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define PAGE 4096

static volatile char *kept;
static size_t kept_bytes;

static volatile char *map_file(const char *path, size_t bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *memory;

	if (fd < 0 || fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		exit(1);
	memory = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED || madvise(memory, bytes, MADV_RANDOM))
		exit(1);
	close(fd);
	return memory;
}

static volatile char *map_memory(size_t bytes)
{
	char *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || madvise(memory, bytes, MADV_NOHUGEPAGE))
		exit(1);
	return memory;
}

/* One byte of each page, by this process or, through the pipe, by the kernel. */
static void read_pages(volatile char *memory, size_t bytes, int *pipe)
{
	char byte;

	for (size_t i = 0; i < bytes; i += PAGE) {
		if (!pipe)
			(void)memory[i];
		else if (write(pipe[1], (char *)memory + i, 1) != 1 || read(pipe[0], &byte, 1) != 1)
			exit(1);
	}
}

static void fill(volatile char *memory, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		memory[i] = i * 2654435761u >> 24; /* not the same all over: zswap would notice */
}

int main(int argc, char **argv)
{
	struct rusage before, after;
	char line[64], verb[8];
	int ends[2];

	if (argc < 2 || pipe(ends))
		return 1;
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		volatile char *memory = kept;
		size_t bytes = 0;

		if (sscanf(line, "%7s %zu", verb, &bytes) < 1)
			return 1;
		bytes = bytes ? bytes * PAGE : kept_bytes;
		if (!strcmp(verb, "touch") || !strcmp(verb, "write"))
			memory = map_file(argv[1], bytes);
		else if (strcmp(verb, "again"))
			memory = map_memory(bytes);
		getrusage(RUSAGE_SELF, &before);
		if (!strcmp(verb, "fresh") || !strcmp(verb, "keep"))
			fill(memory, bytes);
		else
			read_pages(memory, bytes, strcmp(verb, "write") ? NULL : ends);
		getrusage(RUSAGE_SELF, &after);
		if (!strcmp(verb, "keep")) {
			kept = memory;
			kept_bytes = bytes;
		} else if (memory != kept) {
			munmap((void *)memory, bytes);
		}
		printf("%ld %ld %lx %zu\n", after.ru_majflt - before.ru_majflt,
		       after.ru_minflt - before.ru_minflt, (unsigned long)memory, bytes);
		fflush(stdout);
	}
	return 0;
}
