// SPDX-License-Identifier: GPL-2.0-only
/*
 * server PER_SECOND: a server on loopback that answers each line with a page of 20,000 bytes, and a
 * client that asks it so many times a second. Writes "ready", then each second how many were
 * served.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PAGE 20000

static char page[PAGE];

static void serve(int listener)
{
	char question[64];
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		err(1, "accept");
	while (read(fd, question, sizeof(question)) > 0)
		if (write(fd, page, PAGE) != PAGE)
			break;
}

static void ask(int fd)
{
	size_t got = 0;
	ssize_t n;

	if (write(fd, "GET /\n", 6) != 6)
		err(1, "write");
	for (; got < PAGE; got += n) {
		n = read(fd, page, PAGE - got);
		if (n <= 0)
			err(1, "read");
	}
}

int main(int argc, char **argv)
{
	int rate = argc > 1 ? atoi(argv[1]) : 50, listener, fd;
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct timespec pause = {.tv_nsec = 1000000000L / (rate > 1 ? rate : 2)};
	socklen_t size = sizeof(address);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&address, &size))
		err(1, "listen");
	memset(page, 'x', PAGE);
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listener);
		return 0;
	}
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&address, size))
		err(1, "connect");
	puts("ready");
	fflush(stdout);
	for (long served = 1;; served++) {
		ask(fd);
		if (served % rate == 0) {
			printf("%ld\n", served);
			fflush(stdout);
		}
		nanosleep(&pause, NULL);
	}
}
