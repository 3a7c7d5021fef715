// SPDX-License-Identifier: GPL-2.0-only
/*
 * udp-flood COUNT: datagrams of one byte to a port of this machine where nobody listens. Prints how
 * many the kernel took and what one took in nanoseconds.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define DISCARD_PORT 9

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(DISCARD_PORT)};
	long count = argc == 2 ? atol(argv[1]) : 0, sent = 0;
	int sock = socket(AF_INET, SOCK_DGRAM, 0);
	double began;

	if (count <= 0 || sock < 0) {
		fprintf(stderr, "usage: udp-flood COUNT\n");
		return 2;
	}
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	began = now();
	for (long i = 0; i < count; i++)
		sent += sendto(sock, "x", 1, 0, (void *)&to, sizeof(to)) == 1;
	printf("%ld %.1f\n", sent, (now() - began) / count);
	return 0;
}
