// SPDX-License-Identifier: GPL-2.0-only
/*
 * abi-test OBJECTS: the C library from a caller's side, with wrong arguments, small buffers and two
 * threads. Prints TAP. Built with sanitizers (native/Makefile), which end it at the first error.
 */
#include "abi.h"

#include <dirent.h>
#include <stdarg.h>

const char *const PROBES[PROBE_COUNT] = {
	"sched",  "block", "oom", "retransmit", "faults", "drops", "container-traffic",
	"lockup", "vfs"};

const char *objects;
static int tests, failures;

bool ok(bool passed, const char *format, ...)
{
	va_list args;

	printf("%sok %d - ", passed ? "" : "not ", ++tests);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	failures += !passed;
	return passed;
}

void skip(const char *why)
{
	printf("ok %d # SKIP %s\n", ++tests, why);
}

struct kstop *open_with(const char *skip)
{
	struct kstop_attr attr = {.size = sizeof(attr), .object_dir = objects, .skip = skip};
	char why[256] = "";
	struct kstop *k = kstop_open(&attr, why, sizeof(why));

	if (!k) {
		printf("Bail out! kstop_open: %s\n", why);
		exit(1);
	}
	return k;
}

bool is_on(int state)
{
	return state == KSTOP_ATTACHED || state == KSTOP_DEGRADED;
}

int open_files(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = -3; /* ".", ".." and the folder's own */

	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static const char *const KINDS[] = {"prog_id:", "map_id:", "link_id:"};

size_t hold(struct held *held, size_t room)
{
	DIR *folder = opendir("/proc/self/fdinfo");
	struct dirent *entry;
	size_t count = 0;

	while ((entry = readdir(folder))) {
		char path[300], line[128];
		FILE *file;

		snprintf(path, sizeof(path), "/proc/self/fdinfo/%s", entry->d_name);
		file = entry->d_name[0] == '.' ? NULL : fopen(path, "re");
		while (file && fgets(line, sizeof(line), file))
			for (int kind = 0; kind < 3; kind++)
				if (!strncmp(line, KINDS[kind], strlen(KINDS[kind])) &&
				    count < room)
					held[count++] = (struct held){
						kind, atoi(line + strlen(KINDS[kind]))};
		if (file)
			fclose(file);
	}
	closedir(folder);
	return count;
}

static bool exists(struct held held)
{
	int fd = held.kind == 0	  ? bpf_prog_get_fd_by_id(held.id)
		 : held.kind == 1 ? bpf_map_get_fd_by_id(held.id)
				  : bpf_link_get_fd_by_id(held.id);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

size_t alive(const struct held *held, size_t count)
{
	size_t left = 0;

	for (size_t i = 0; i < count; i++)
		left += exists(held[i]);
	return left;
}

/* The kernel frees them a grace period after the last descriptor went. */
bool all_gone(const struct held *held, size_t count)
{
	for (int i = 0; i < 100 && alive(held, count); i++)
		usleep(100000);
	return alive(held, count) == 0;
}

int main(int argc, char **argv)
{
	struct kstop_attr attr = {.size = sizeof(attr)};
	char why[256] = "";
	struct kstop *k;

	if (argc < 2)
		return 2;
	attr.object_dir = objects = argv[1];
	test_open();
	test_clocks();
	k = kstop_open(&attr, why, sizeof(why));
	if (!k) {
		printf("ok %d - everything else # SKIP needs root and BPF: %s\n", ++tests, why);
		printf("1..%d\n", tests);
		return failures > 0;
	}
	test_names(k);
	test_state_buffers(k);
	test_filter(k);
	test_log(k);
	test_cgroup_path(k);
	test_drain(k);
	test_snapshot(k);
	test_toggle(k);
	test_at_once(k);
	test_refused_again(k);
	test_part_again(k);
	test_pressure(k);
	test_tables(k);
	kstop_close(k);
	test_objects();
	test_loaded_at_once();
	test_skip();
	test_roles();
	test_full_ring();
	test_threads();
	test_close_during_drain();
	test_nothing_stays();
	printf("1..%d\n", tests);
	return failures > 0;
}
