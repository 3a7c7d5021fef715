// SPDX-License-Identifier: GPL-2.0-only
/*
 * lockup OBJECT here|later CPU MS: says "ready", and on the first line of stdin keeps the CPU in
 * the kernel for MS milliseconds; then says "CPU MS", where it was and how long it took, and stays.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct spin {
	unsigned long long ns, began, ended, cpu;
};

static volatile struct spin *map_data(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		void *memory;

		if (!strstr(bpf_map__name(map), ".data.spin"))
			continue;
		memory = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
			      bpf_map__fd(map), 0);
		return memory == MAP_FAILED ? NULL : memory;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);
	struct bpf_object *object = argc == 5 ? bpf_object__open_file(argv[1], NULL) : NULL;
	volatile struct spin *spin;
	struct bpf_program *program;
	char name[32], line[8];
	cpu_set_t cpu;

	if (!object)
		return 1;
	snprintf(name, sizeof(name), "spin_%s", argv[2]);
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, !strcmp(bpf_program__name(program), name));
	program = bpf_object__find_program_by_name(object, name);
	if (!program || bpf_object__load(object) || !(spin = map_data(object)))
		return 1;
	CPU_ZERO(&cpu);
	CPU_SET(atoi(argv[3]), &cpu);
	if (sched_setaffinity(0, sizeof(cpu), &cpu))
		return 1;
	spin->ns = atoi(argv[4]) * 1000000ULL;
	puts("ready");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 0;
	if (bpf_prog_test_run_opts(bpf_program__fd(program), &options) || options.retval) {
		fprintf(stderr, "%s: %s %d\n", name, strerror(errno), options.retval);
		return 1;
	}
	while (!spin->ended)
		usleep(10000);
	printf("%llu %llu\n", spin->cpu, (spin->ended - spin->began) / 1000000);
	fflush(stdout);
	/* Whoever reads of it in the log may look it up. */
	return !fgets(line, sizeof(line), stdin);
}
