// SPDX-License-Identifier: GPL-2.0-only
/* Stands in for bpftrace: prints events as it would, so many a second for so long, each with a
 * write of its own. The script says how many: "RATE SECONDS SEPARATOR". At its end it tells on
 * standard error by how many ms it was late, because nobody read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Events that are printed at once: as bpftrace does it, which wakes up for a batch. */
#define BATCH_NS  1000000LL
#define PROCESSES 300

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void say(const char *line, int length)
{
	for (int at = 0, done; at < length; at += done) {
		done = write(STDOUT_FILENO, line + at, length - at);
		if (done < 0)
			exit(1);
	}
}

int main(int argc, char **argv)
{
	FILE *script = argc > 1 ? fopen(argv[argc - 1], "r") : NULL;
	long long rate, seconds, begin, sent = 0, late = 0;
	char mark[32], line[512];

	if (!script || fscanf(script, "%lld %lld %31s", &rate, &seconds, mark) != 3)
		return 2;
	say(line, sprintf(line, "{\"type\": \"attached_probes\", \"data\": {\"probes\": 1}}\n"));
	begin = now_ns();
	while (sent < rate * seconds) {
		long long passed = now_ns() - begin, due = passed * rate / 1000000000LL;

		for (; sent < due && sent < rate * seconds; sent++) {
			int pid = 1000 + sent % PROCESSES;

			say(line, sprintf(line,
					  "{\"type\": \"printf\", \"data\": "
					  "\"%so%s%lld%s%d%s%d%s%d%s%d%sworker-%d%s/var/lib/"
					  "data/%lld.db\\n\"}\n",
					  mark, mark, begin + passed, mark, pid, mark, pid, mark,
					  1000 + pid % 7, mark, (int)(sent % 2), mark, pid % 40,
					  mark, sent % 977));
		}
		late = now_ns() - begin - sent * 1000000000LL / rate;
		if (late < BATCH_NS)
			nanosleep(&(struct timespec){.tv_nsec = BATCH_NS}, NULL);
	}
	fprintf(stderr, "late %lld\n", late / 1000000);
	return 0;
}
