// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floods the ring buffer of a running kstop: usage: flood [-m MAP_ID] [-r RECORDS_A_SECOND] [N].
 * Without -m the newest ring buffer called "events"; without -r as fast as possible; without N a
 * number a line from standard input. Each number is answered by what became of its records, as
 * JSON.
 */
#include "../bpf/wire.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE	   4096
#define PERIOD_NS  1000000ULL
#define SECOND_NS  1000000000ULL
#define OBJECT	   "flood.bpf.o"
#define RING_NAME  "events"
#define PATH_BYTES 4096

struct flood {
	int program;
	struct ks_counters *counters;
	unsigned long long rate;
};

static unsigned long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND_NS + now.tv_nsec;
}

/* Id of the newest ring buffer of that name, 0 without one. */
static __u32 find_ring(void)
{
	__u32 id = 0, found = 0;

	while (!bpf_map_get_next_id(id, &id)) {
		struct bpf_map_info info = {};
		__u32 size = sizeof(info);
		int fd = bpf_map_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) &&
		    info.type == BPF_MAP_TYPE_RINGBUF && !strcmp(info.name, RING_NAME))
			found = id;
		close(fd);
	}
	return found;
}

/* Mapped .data of the loaded object, or NULL. */
static void *data_of(struct bpf_object *object, const char *name, size_t size)
{
	int fd = bpf_object__find_map_fd_by_name(object, name);
	void *data =
		fd < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return data == MAP_FAILED ? NULL : data;
}

/* Loads the program with the ring buffer of that id in place of its own. */
static int load(struct flood *flood, const char *path, __u32 ring)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	struct ks_settings *settings;
	struct bpf_map *events;
	int fd;

	if (!object)
		return -errno;
	fd = bpf_map_get_fd_by_id(ring);
	if (fd < 0)
		return -errno;
	events = bpf_object__find_map_by_name(object, RING_NAME);
	if (!events || bpf_obj_get_info_by_fd(fd, &info, &size) || bpf_map__reuse_fd(events, fd))
		return -EINVAL;
	if (bpf_object__load(object))
		return -errno;
	settings = data_of(object, ".data.settings", sizeof(*settings));
	if (!settings)
		return -EINVAL;
	settings->wake_bytes = info.max_entries / 4;
	flood->program = bpf_program__fd(bpf_object__find_program_by_name(object, "flood"));
	flood->counters = data_of(object, ".data.counters", sizeof(*flood->counters));
	return flood->program >= 0 && flood->counters ? 0 : -EINVAL;
}

static int send_records(struct flood *flood, unsigned long long records)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &records, .ctx_size_in = sizeof(records));

	return bpf_prog_test_run_opts(flood->program, &options);
}

/* How many are due by now, at most AT_ONCE; sleeps while none is. */
static unsigned long long due(const struct flood *flood, unsigned long long start,
			      unsigned long long sent, unsigned long long records)
{
	unsigned long long left = records - sent, soon;
	struct timespec pause = {.tv_nsec = PERIOD_NS};

	if (flood->rate) {
		while ((soon = (now_ns() - start) * flood->rate / SECOND_NS) <= sent)
			nanosleep(&pause, NULL);
		if (soon - sent < left)
			left = soon - sent;
	}
	return left < AT_ONCE ? left : AT_ONCE;
}

static int run(struct flood *flood, unsigned long long records)
{
	unsigned long long start = now_ns(), sent = 0, some;
	struct ks_counters before = *flood->counters;
	const struct ks_counters *after = flood->counters;
	int err;

	while (sent < records) {
		some = due(flood, start, sent, records);
		err = send_records(flood, some);
		if (err)
			return err;
		sent += some;
	}
	printf("{\"hits\":%llu,\"sent\":%llu,\"held\":%llu,\"lost\":%llu,\"ns\":%llu}\n",
	       after->hits - before.hits, after->sent - before.sent, after->held - before.held,
	       after->lost - before.lost, now_ns() - start);
	fflush(stdout);
	return 0;
}

static int run_lines(struct flood *flood)
{
	char line[64];
	int err = 0;

	while (!err && fgets(line, sizeof(line), stdin))
		err = run(flood, strtoull(line, NULL, 10));
	return err;
}

int main(int argc, char **argv)
{
	char self[PATH_BYTES] = "", path[PATH_BYTES + sizeof(OBJECT) + 1];
	struct flood flood = {};
	__u32 ring = 0;
	int option, err;

	while ((option = getopt(argc, argv, "m:r:")) != -1) {
		if (option == 'm')
			ring = strtoul(optarg, NULL, 10);
		else if (option == 'r')
			flood.rate = strtoull(optarg, NULL, 10);
		else
			return 2;
	}
	if (!ring)
		ring = find_ring();
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	snprintf(path, sizeof(path), "%s/%s", dirname(self), OBJECT);
	err = load(&flood, path, ring);
	if (!err)
		err = optind < argc ? run(&flood, strtoull(argv[optind], NULL, 10))
				    : run_lines(&flood);
	if (err)
		fprintf(stderr, "flood: map %u: %s\n", ring, strerror(-err));
	return err ? 1 : 0;
}
