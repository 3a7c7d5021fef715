// SPDX-License-Identifier: GPL-2.0-only
/*
 * datagrams: says "ready", then does what each line on stdin tells, and answers with a line.
 *
 *   send ADDRESS PORT COUNT BYTES   datagrams; answers how many the kernel took
 *   bad ADDRESS PORT COUNT          IPv4 datagrams with a wrong checksum; answers the same
 *   listen ADDRESS BYTES            a socket with that receive buffer that nobody reads; its port.
 *                                   The buffer may exceed the machine's net.core.rmem_max
 *   read COUNT                      takes so many datagrams from it; answers their bytes
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener = -1;

static struct addrinfo *find(const char *address, const char *port)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM}, *found;

	if (getaddrinfo(address, port, &hints, &found)) {
		fprintf(stderr, "%s is no address\n", address);
		exit(1);
	}
	return found;
}

static long send_plain(const char *address, const char *port, long count, size_t bytes)
{
	struct addrinfo *to = find(address, port);
	int sock = socket(to->ai_family, SOCK_DGRAM, 0);
	char data[65000] = {};
	long sent = 0;

	for (long i = 0; i < count; i++)
		sent += sendto(sock, data, bytes, 0, to->ai_addr, to->ai_addrlen) == (ssize_t)bytes;
	close(sock);
	freeaddrinfo(to);
	return sent;
}

static long send_bad(const char *address, const char *port, long count)
{
	struct addrinfo *to = find(address, port);
	int sock = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
	struct {
		struct udphdr head;
		char data[8];
	} packet = {{.source = htons(4321),
		     .dest = ((struct sockaddr_in *)to->ai_addr)->sin_port,
		     .len = htons(sizeof(packet)),
		     .check = htons(1)}, /* zero would stand for "none" */
		    "payload"};
	long sent = 0;

	/* A raw socket's port would be its protocol. */
	((struct sockaddr_in *)to->ai_addr)->sin_port = 0;
	for (long i = 0; i < count; i++)
		sent += sendto(sock, &packet, sizeof(packet), 0, to->ai_addr, to->ai_addrlen) > 0;
	close(sock);
	freeaddrinfo(to);
	return sent;
}

static long listen_small(const char *address, int bytes)
{
	struct addrinfo *at = find(address, "0");
	struct sockaddr_in6 bound;
	socklen_t length = sizeof(bound);

	if (listener >= 0)
		close(listener);
	listener = socket(at->ai_family, SOCK_DGRAM, 0);
	if (setsockopt(listener, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes))) {
		perror("SO_RCVBUFFORCE");
		exit(1);
	}
	if (bind(listener, at->ai_addr, at->ai_addrlen) ||
	    getsockname(listener, (void *)&bound, &length)) {
		perror("bind");
		exit(1);
	}
	freeaddrinfo(at);
	/* The port stands at the same place for both families. */
	return ntohs(bound.sin6_port);
}

static long take(long count)
{
	char data[65000];
	long bytes = 0;

	for (long i = 0; i < count; i++)
		bytes += recv(listener, data, sizeof(data), 0);
	return bytes;
}

int main(void)
{
	char line[256], address[64], port[16];
	long count, bytes;

	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "send %63s %15s %ld %ld", address, port, &count, &bytes) == 4)
			printf("%ld\n", send_plain(address, port, count, bytes));
		else if (sscanf(line, "bad %63s %15s %ld", address, port, &count) == 3)
			printf("%ld\n", send_bad(address, port, count));
		else if (sscanf(line, "listen %63s %ld", address, &bytes) == 2)
			printf("%ld\n", listen_small(address, bytes));
		else if (sscanf(line, "read %ld", &count) == 1)
			printf("%ld\n", take(count));
		else
			return 1;
		fflush(stdout);
	}
	return 0;
}
