// SPDX-License-Identifier: GPL-2.0-only
/* Loading a probe's object with the chosen programs, and mapping what it shares with us. */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int prepare(struct kstop *k, struct probe *probe)
{
	struct bpf_program *program;
	struct bpf_map *map;

	bpf_object__for_each_program(program, probe->object)
		bpf_program__set_autoload(program, false);
	for (size_t i = 0; i < role_count(probe); i++) {
		program = role_program(probe, i);
		if (program)
			bpf_program__set_autoload(program, true);
		program = role_companion(probe, i);
		if (program)
			bpf_program__set_autoload(program, true);
	}
	bpf_object__for_each_map(map, probe->object) if (!is_map_wanted(probe, bpf_map__name(map)))
		bpf_map__set_autocreate(map, false);
	map = bpf_object__find_map_by_name(probe->object, "events");
	if (!map || bpf_map__reuse_fd(map, k->ring_fd))
		return -EINVAL;
	map = bpf_object__find_map_by_name(probe->object, "cpus");
	if (!map)
		return -EINVAL;
	return bpf_map__set_max_entries(map, cpu_slots());
}

static struct bpf_map *settings_map(struct probe *probe)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, probe->object)
	{
		const char *name = bpf_map__name(map);

		if (strstr(name, ".data.settings"))
			return map;
	}
	return NULL;
}

static size_t round_to_page(size_t bytes)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

/* Bytes of kernel memory that the object's maps take, by the kernel's own word (fdinfo's memlock).
 */
static uint64_t map_bytes(struct probe *probe)
{
	struct bpf_map *map;
	uint64_t sum = 0;

	bpf_object__for_each_map(map, probe->object)
	{
		char path[64], line[128];
		unsigned long long bytes;
		FILE *file;

		if (bpf_map__fd(map) < 0 || !strcmp(bpf_map__name(map), "events"))
			continue;
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", bpf_map__fd(map));
		file = fopen(path, "re");
		if (!file)
			continue;
		while (fgets(line, sizeof(line), file))
			if (sscanf(line, "memlock: %llu", &bytes) == 1)
				sum += bytes;
		fclose(file);
	}
	return sum;
}

static int map_memory(struct kstop *k, struct probe *probe)
{
	struct bpf_map *settings = settings_map(probe);
	struct bpf_map *cpus = bpf_object__find_map_by_name(probe->object, "cpus");
	void *memory;

	if (!settings)
		return fail(k, -EINVAL, "%s: the object has no settings", probe->chain->id);
	memory = mmap(NULL, round_to_page(sizeof(struct ks_settings)), PROT_READ | PROT_WRITE,
		      MAP_SHARED, bpf_map__fd(settings), 0);
	if (memory == MAP_FAILED)
		return fail(k, -errno, "%s: settings can't be mapped: %s", probe->chain->id,
			    strerror(errno));
	probe->live = memory;
	probe->cpu_bytes = bpf_map__value_size(cpus);
	probe->cpus_bytes = round_to_page(probe->cpu_bytes * bpf_map__max_entries(cpus));
	memory = mmap(NULL, probe->cpus_bytes, PROT_READ, MAP_SHARED, bpf_map__fd(cpus), 0);
	if (memory == MAP_FAILED)
		return fail(k, -errno, "%s: counters can't be mapped: %s", probe->chain->id,
			    strerror(errno));
	probe->cpus = memory;
	probe->map_bytes = map_bytes(probe);
	return 0;
}

/*
 * Has libbpf look through the modules' types now, and fail; it does so once only. For a weak kernel
 * function that it doesn't find it would look, and before 1.5 fail, in the midst of a load.
 */
static void exhaust_modules(struct bpf_object *object)
{
	struct bpf_program *program = bpf_object__next_program(object, NULL);

	if (program)
		bpf_program__set_attach_target(program, 0, "kstop: no such function");
}

static int open_object(struct kstop *k, struct probe *probe)
{
	LIBBPF_OPTS(bpf_object_open_opts, options);
	char path[sizeof(k->object_dir) + 64];
	int err;

	snprintf(path, sizeof(path), "%s/%s.bpf.o", k->object_dir, probe->chain->id);
	if (probe->no_modules)
		options.btf_custom_path = "/sys/kernel/btf/vmlinux";
	probe->object = bpf_object__open_file(path, &options);
	if (!probe->object) {
		char why[TEXT];

		err = -errno;
		libbpf_strerror(err, why, sizeof(why));
		return fail(k, err, "%s: %s", path, why);
	}
	if (probe->no_modules)
		exhaust_modules(probe->object);
	err = prepare(k, probe);
	return err ? fail(k, err, "%s: not an object of this version", path) : 0;
}

/* One try: opens, loads, and on refusal moves the culprit's role on. 1 = try again. */
static int try_load(struct kstop *k, struct probe *probe)
{
	char name[128] = "", why[TEXT];
	const char *lack;
	int err, role;

	err = open_object(k, probe);
	if (err)
		return err;
	log_begin(k);
	err = bpf_object__load(probe->object);
	log_end();
	if (!err)
		return map_memory(k, probe);
	lack = log_host_lacks(k, err);
	if (lack)
		return fail(k, err, "%s", lack);
	role = log_culprit(k, name, sizeof(name)) ? role_to_blame(probe, name) : -1;
	/*
	 * For a type that this kernel lacks libbpf looks into the modules' types, and before 1.5
	 * fails when it may not (CAP_SYS_ADMIN), for a weak function too: a custom path, be it the
	 * kernel's own, keeps it from looking.
	 */
	if (role < 0 && !probe->no_modules &&
	    (err == -EPERM || strstr(k->log, "not found in kernel or module BTFs"))) {
		probe->no_modules = true;
		return 1;
	}
	if (role < 0) {
		log_verdict(k, probe->chain->id, err, why, sizeof(why));
		return fail(k, err, "%s", why);
	}
	log_verdict(k, choice_of(probe, role)->method, err, why, sizeof(why));
	refuse(k, probe, role, why);
	return is_hopeless(k, probe, err) ? err : 1;
}

int load_probe(struct kstop *k, struct probe *probe)
{
	int err;

	if (is_hopeless(k, probe, -ENOTSUP))
		return -ENOTSUP;
	do {
		unload_probe(probe);
		err = try_load(k, probe);
	} while (err == 1);
	if (err) {
		unload_probe(probe);
		return err;
	}
	probe->settings.page_shift = __builtin_ctzl(sysconf(_SC_PAGESIZE));
	*probe->live = probe->settings;
	fill_table(probe);
	return 0;
}

void unload_probe(struct probe *probe)
{
	detach(probe);
	if (probe->live)
		munmap(probe->live, round_to_page(sizeof(struct ks_settings)));
	if (probe->cpus)
		munmap(probe->cpus, probe->cpus_bytes);
	probe->live = NULL;
	probe->cpus = NULL;
	bpf_object__close(probe->object);
	probe->object = NULL;
	memset(&probe->replaced, 0, sizeof(probe->replaced));
}

/* The old object's maps, where the new one has none of its own by now. */
static int share_maps(struct bpf_object *to, struct bpf_object *from)
{
	struct bpf_map *map, *old;

	bpf_object__for_each_map(map, to)
	{
		int err;

		old = bpf_object__find_map_by_name(from, bpf_map__name(map));
		if (!old || bpf_map__fd(old) < 0 || bpf_map__fd(map) >= 0)
			continue;
		err = bpf_map__reuse_fd(map, bpf_map__fd(old));
		if (err)
			return err;
	}
	return 0;
}

int reload_probe(struct kstop *k, struct probe *probe)
{
	struct bpf_object *old = probe->object;
	struct figures figures = probe->replaced;
	int err;

	add_figures(&figures, probe);
	err = open_object(k, probe);
	if (!err)
		err = share_maps(probe->object, old);
	if (!err) {
		log_begin(k);
		err = bpf_object__load(probe->object);
		log_end();
	}
	if (err) {
		bpf_object__close(probe->object);
		probe->object = old;
		return err;
	}
	bpf_object__close(old);
	probe->replaced = figures;
	return 0;
}
