// SPDX-License-Identifier: GPL-2.0-only
/*
 * filer FILE: each line on stdin makes calls on the file, and is answered with how many there were
 * and the nanoseconds that they took by this side's clock: "COUNT NS".
 *
 *   read N, write N    by each of the calls that read and write, in turn
 *   sync N             fsync and fdatasync in turn
 *   open N             by open, openat, openat2, creat in turn
 *   missing N          opens that fail
 *   osync N            writes that sync as they go
 *   direct N           reads past the page cache, 4 KiB each
 *   pieces N           one vectored write of 1,000 bytes in N pieces
 *   pieces32 N         likewise by a 32-bit program's call (x86)
 *   wait MS            a read of a pipe, of a socket and of a terminal that wait MS each, an
 *                      eventfd, and a read of /proc/self/status
 *   thread N           N reads, each by a thread that ends while another waits in a pipe
 *   spawn N            vfork and exec of /bin/true, N times
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <pty.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BYTES 4096

static const char *path;
static int file;
static long long count, ns;
static char *buffer;
static struct iovec pieces[2];

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void must(int good)
{
	if (!good) {
		perror("filer");
		exit(1);
	}
}

/* Counts and times one call. */
#define CALL(expression)                                                                           \
	({                                                                                         \
		long long began = now();                                                           \
		long result = (expression);                                                        \
		ns += now() - began;                                                               \
		count++;                                                                           \
		result;                                                                            \
	})

static void do_read(int i)
{
	lseek(file, 0, SEEK_SET);
	switch (i % 5) {
	case 0:
		must(CALL(read(file, buffer, BYTES)) == BYTES);
		break;
	case 1:
		must(CALL(pread(file, buffer, BYTES, 0)) == BYTES);
		break;
	case 2:
		must(CALL(readv(file, pieces, 2)) == BYTES);
		break;
	case 3:
		must(CALL(preadv(file, pieces, 2, 0)) == BYTES);
		break;
	default:
		must(CALL(preadv2(file, pieces, 2, 0, 0)) == BYTES);
	}
}

static void do_write(int i)
{
	lseek(file, 0, SEEK_SET);
	switch (i % 5) {
	case 0:
		must(CALL(write(file, buffer, BYTES)) == BYTES);
		break;
	case 1:
		must(CALL(pwrite(file, buffer, BYTES, 0)) == BYTES);
		break;
	case 2:
		must(CALL(writev(file, pieces, 2)) == BYTES);
		break;
	case 3:
		must(CALL(pwritev(file, pieces, 2, 0)) == BYTES);
		break;
	default:
		must(CALL(pwritev2(file, pieces, 2, 0, 0)) == BYTES);
	}
}

static void do_open(int i)
{
	struct open_how how = {.flags = O_RDWR};
	char other[4200];
	int fd;

	snprintf(other, sizeof(other), "%s.new", path);
	switch (i % 4) {
	case 0:
		/* arm64 has no open and no creat. */
#ifdef SYS_open
		fd = CALL(syscall(SYS_open, path, O_RDWR));
		break;
	case 1:
		fd = CALL(syscall(SYS_creat, other, 0600));
		break;
#endif
	case 2:
		fd = CALL(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)));
		break;
	default:
		fd = CALL(openat(AT_FDCWD, path, O_RDWR));
	}
	must(fd >= 0);
	close(fd);
}

static void with_flags(int flags, int writes, int n)
{
	int fd = CALL(open(path, O_RDWR | flags));

	/* Files in memory know no O_DIRECT before 6.6. */
	if (fd < 0 && errno == EINVAL) {
		count--;
		fd = CALL(open(path, O_RDWR));
	}
	must(fd >= 0);
	for (int i = 0; i < n; i++)
		must((writes ? CALL(pwrite(fd, buffer, BYTES, 0))
			     : CALL(pread(fd, buffer, BYTES, 0))) == BYTES);
	close(fd);
}

static void in_pieces(int n)
{
	struct iovec *many = calloc(n, sizeof(*many));

	for (int i = 0; i < n; i++)
		many[i] = (struct iovec){buffer, 1000 / n};
	must(CALL(pwritev(file, many, n, 0)) == 1000 / n * n);
	free(many);
}

/* Number and layout of writev(2) in 32-bit programs (syscall_32.tbl, struct compat_iovec). */
static void in_pieces_of_32_bits(int n)
{
#ifdef __x86_64__
	struct {
		uint32_t base, length;
	} * low;
	int written;

	must(n <= 100);
	low = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1,
		   0);
	must(low != MAP_FAILED);
	for (int i = 0; i < n; i++) {
		low[i].base = (uintptr_t)low + 4096;
		low[i].length = 1000 / n;
	}
	asm volatile("int $0x80"
		     : "=a"(written)
		     : "a"(146), "b"(file), "c"(low), "d"(n)
		     : "memory");
	must(written == 1000 / n * n);
	munmap(low, 8192);
#endif
}

static int wait_ms;

static void *tell_later(void *end)
{
	usleep(wait_ms * 1000);
	must(write(*(int *)end, "x\n", 2) == 2);
	return NULL;
}

/* A read of ends[0] that waits until ends[1] is written to. */
static void wait_on(int *ends)
{
	pthread_t id;

	pthread_create(&id, NULL, tell_later, &ends[1]);
	must(CALL(read(ends[0], buffer, 2)) > 0);
	pthread_join(id, NULL);
	close(ends[0]);
	close(ends[1]);
}

static void do_waits(int ms)
{
	int ends[2], fd;

	wait_ms = ms;
	must(!pipe(ends));
	wait_on(ends);
	must(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	wait_on(ends);
	must(!openpty(&ends[1], &ends[0], NULL, NULL, NULL));
	wait_on(ends);
	fd = eventfd(1, 0);
	must(CALL(read(fd, buffer, 8)) == 8);
	close(fd);
	fd = CALL(open("/proc/self/status", O_RDONLY));
	must(CALL(read(fd, buffer, BYTES)) > 0);
	close(fd);
}

static void *read_once(void *nothing)
{
	(void)nothing;
	do_read(1);
	return NULL;
}

static void *read_forever(void *end)
{
	char byte;

	return read(*(int *)end, &byte, 1) ? NULL : NULL;
}

/* Threads that end in the middle of a call, on stacks that others then get. */
static void do_threads(int n)
{
	int ends[2];

	must(!pipe(ends));
	for (int i = 0; i < n; i++) {
		pthread_t stuck, id;

		pthread_create(&stuck, NULL, read_forever, ends);
		pthread_create(&id, NULL, read_once, NULL);
		pthread_join(id, NULL);
		pthread_cancel(stuck);
		pthread_join(stuck, NULL);
	}
	close(ends[0]);
	close(ends[1]);
}

static void do_spawn(int n)
{
	char *arguments[] = {"true", NULL};
	pid_t child;

	for (int i = 0; i < n; i++) {
		must(!posix_spawn(&child, "/bin/true", NULL, NULL, arguments, NULL));
		waitpid(child, NULL, 0);
		do_read(1);
	}
}

static int run(const char *word, int n)
{
	char none[4200];

	snprintf(none, sizeof(none), "%s.none", path);
	for (int i = 0; i < n; i++) {
		if (!strcmp(word, "read"))
			do_read(i);
		else if (!strcmp(word, "write"))
			do_write(i);
		else if (!strcmp(word, "sync"))
			must(!(i % 2 ? CALL(fsync(file)) : CALL(fdatasync(file))));
		else if (!strcmp(word, "open"))
			do_open(i);
		else if (!strcmp(word, "missing"))
			must(CALL(open(none, O_RDONLY)) < 0);
		else
			break;
	}
	if (!strcmp(word, "osync"))
		with_flags(O_SYNC, 1, n);
	else if (!strcmp(word, "direct"))
		with_flags(O_DIRECT, 0, n);
	else if (!strcmp(word, "pieces"))
		in_pieces(n);
	else if (!strcmp(word, "pieces32"))
		in_pieces_of_32_bits(n);
	else if (!strcmp(word, "wait"))
		do_waits(n);
	else if (!strcmp(word, "thread"))
		do_threads(n);
	else if (!strcmp(word, "spawn"))
		do_spawn(n);
	return 0;
}

int main(int argc, char **argv)
{
	char line[64], word[16];
	int n;

	path = argc > 1 ? argv[1] : "";
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	buffer = aligned_alloc(BYTES, BYTES);
	must(file >= 0 && buffer);
	memset(buffer, 'x', BYTES);
	if (lseek(file, 0, SEEK_END) < BYTES)
		must(pwrite(file, buffer, BYTES, 0) == BYTES);
	pieces[0] = (struct iovec){buffer, 1000};
	pieces[1] = (struct iovec){buffer + 1000, BYTES - 1000};
	/* The first pthread_cancel() loads a library. */
	do_threads(1);
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%15s %d", word, &n) != 2)
			return 2;
		count = ns = 0;
		run(word, n);
		printf("%lld %lld\n", count, ns);
		fflush(stdout);
	}
	return 0;
}
