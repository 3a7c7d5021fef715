// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reader that is faster than any writer: usage: count COMMAND ARGUMENT... Starts the command,
 * counts the scheduler events of its JSON stream, and passes on the lines that are no events. The
 * first line is {"pid":N}, the last one {"sched_events":N}.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define EVENT	   "{\"kind\":\"event\""
#define SCHED	   "\"type\":\"SCHED_LATENCY\""
#define PIPE_BYTES (1 << 20)

static char buffer[4 << 20];
static unsigned long long events;

static void take(const char *line, size_t length)
{
	if (length < sizeof(EVENT) - 1 || memcmp(line, EVENT, sizeof(EVENT) - 1)) {
		fwrite(line, 1, length, stdout);
		fflush(stdout);
	} else if (memmem(line, length, SCHED, sizeof(SCHED) - 1)) {
		events++;
	}
}

/* Takes the whole lines and moves the rest to the front; returns its length. */
static size_t take_lines(size_t used)
{
	char *line = buffer, *end;

	while ((end = memchr(line, '\n', buffer + used - line))) {
		take(line, end + 1 - line);
		line = end + 1;
	}
	used -= line - buffer;
	memmove(buffer, line, used);
	return used;
}

static bool read_all(int fd)
{
	size_t used = 0;
	ssize_t bytes;

	while ((bytes = read(fd, buffer + used, sizeof(buffer) - used)) > 0)
		used = take_lines(used + bytes);
	return bytes == 0 && used == 0;
}

int main(int argc, char **argv)
{
	int ends[2], status;
	pid_t child;
	bool whole;

	if (argc < 2 || pipe(ends))
		return 2;
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
	child = fork();
	if (child < 0)
		return 1;
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGINT);
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	close(ends[1]);
	printf("{\"pid\":%d}\n", child);
	fflush(stdout);
	whole = read_all(ends[0]);
	waitpid(child, &status, 0);
	printf("{\"sched_events\":%llu,\"whole\":%s,\"status\":%d}\n", events,
	       whole ? "true" : "false", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return 0;
}
