// SPDX-License-Identifier: GPL-2.0-only
/* Loading and attaching by chain: a program that the kernel refuses gives way to the next of its
 * role. */
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const struct choice *choice_of(const struct probe *probe, size_t role)
{
	int i = probe->chosen[role];

	return i < 0 || i >= MAX_CHOICES || !probe->chain->roles[role].choices[i].program
		       ? NULL
		       : &probe->chain->roles[role].choices[i];
}

struct bpf_program *role_program(struct probe *probe, size_t role)
{
	const struct choice *choice = choice_of(probe, role);

	return choice && probe->object
		       ? bpf_object__find_program_by_name(probe->object, choice->program)
		       : NULL;
}

static bool is_skipped(const struct kstop *k, const char *method)
{
	size_t length = strlen(method);

	for (const char *at = k->skip; (at = strstr(at, method)); at += length)
		if ((at == k->skip || at[-1] == ',') && (at[length] == 0 || at[length] == ','))
			return true;
	return false;
}

static void append(char *text, size_t size, const char *more)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%s", used ? "; " : "", more);
}

/* Gives the role's next choice its turn, remembering why the last one failed. */
static void refuse(struct kstop *k, struct probe *probe, size_t role, const char *why)
{
	char *text = probe->refused[role], skipped[TEXT];
	const struct choice *next;

	if (why && !strstr(text, why))
		append(text, TEXT, why);
	for (;;) {
		probe->chosen[role]++;
		next = choice_of(probe, role);
		if (!next || !is_skipped(k, next->method))
			break;
		snprintf(skipped, sizeof(skipped), "%s: skipped", next->method);
		if (!strstr(text, skipped))
			append(text, TEXT, skipped);
	}
	if (!next)
		probe->chosen[role] = -1;
}

static size_t role_count(const struct probe *probe)
{
	size_t n = 0;

	while (n < MAX_ROLES && probe->chain->roles[n].name)
		n++;
	return n;
}

void first_choices(struct kstop *k, struct probe *probe)
{
	memset(probe->refused, 0, sizeof(probe->refused));
	for (size_t i = 0; i < MAX_ROLES; i++) {
		probe->chosen[i] = -1;
		if (i < role_count(probe))
			refuse(k, probe, i, NULL);
	}
}

/* A required role without a program left makes the probe unavailable. */
static bool is_hopeless(struct kstop *k, const struct probe *probe, int err)
{
	for (size_t i = 0; i < role_count(probe); i++)
		if (probe->chosen[i] < 0 && !probe->chain->roles[i].lost) {
			fail(k, err, "%s", probe->refused[i]);
			return true;
		}
	return false;
}

/* Maps that only one choice uses, and that older kernels don't have (task and socket storage
 * before 5.11). */
static const struct {
	const char *map, *program;
} needs[] = {
	{"arrivals", "sched_switch_storage"},
	{"owners", "tcp_retransmit_skb"},
};

#define NEEDS (sizeof(needs) / sizeof(needs[0]))

static bool is_chosen(struct probe *probe, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(probe->object, name);

	return program && bpf_program__autoload(program);
}

static void choose_maps(struct probe *probe)
{
	struct bpf_map *map;

	for (size_t i = 0; i < NEEDS; i++) {
		map = bpf_object__find_map_by_name(probe->object, needs[i].map);
		if (map && !is_chosen(probe, needs[i].program))
			bpf_map__set_autocreate(map, false);
	}
	map = bpf_object__find_map_by_name(probe->object, "arrivals_by_tid");
	if (map && is_chosen(probe, "sched_switch_storage"))
		bpf_map__set_autocreate(map, false);
}

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
	}
	choose_maps(probe);
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

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
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
	err = prepare(k, probe);
	return err ? fail(k, err, "%s: not an object of this version", path) : 0;
}

static int role_of_program(const struct probe *probe, const char *name)
{
	for (size_t i = 0; i < role_count(probe); i++) {
		const struct choice *choice = choice_of(probe, i);

		if (choice && !strcmp(choice->program, name))
			return i;
	}
	return -1;
}

/* The role that a failed load is to blame on: by the program, or by the map that the program needs.
 */
static int role_to_blame(const struct probe *probe, const char *name)
{
	for (size_t i = 0; i < NEEDS; i++)
		if (!strcmp(needs[i].map, name))
			return role_of_program(probe, needs[i].program);
	return role_of_program(probe, name);
}

/* One try: opens, loads, and on refusal moves the culprit's role on. 1 = try again. */
static int try_load(struct kstop *k, struct probe *probe)
{
	char name[128] = "", why[TEXT];
	int err, role;

	err = open_object(k, probe);
	if (err)
		return err;
	log_begin(k);
	err = bpf_object__load(probe->object);
	log_end();
	if (!err)
		return map_memory(k, probe);
	role = log_culprit(k, name, sizeof(name)) ? role_to_blame(probe, name) : -1;
	/*
	 * For a type that this kernel lacks libbpf looks into the modules' types, and before 1.5
	 * fails when it may not (CAP_SYS_ADMIN): a custom path, be it the kernel's own, keeps it
	 * from looking.
	 */
	if (role < 0 && err == -EPERM && !probe->no_modules) {
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
	return 0;
}

static void detach(struct probe *probe)
{
	for (size_t i = 0; i < MAX_ROLES; i++) {
		bpf_link__destroy(probe->links[i]);
		probe->links[i] = NULL;
	}
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
}

/* Attaches one role; 1 = it was refused and the object must be loaded anew with the next choice. */
static int attach_role(struct kstop *k, struct probe *probe, size_t role)
{
	struct bpf_program *program = role_program(probe, role);
	char why[TEXT];
	int err;

	if (!program)
		return 0;
	log_begin(k);
	probe->links[role] = bpf_program__attach(program);
	err = probe->links[role] ? 0 : -errno;
	log_end();
	if (!err)
		return 0;
	log_verdict(k, choice_of(probe, role)->method, err, why, sizeof(why));
	fail(k, err, "%s", why);
	refuse(k, probe, role, why);
	if (is_hopeless(k, probe, err))
		return err;
	return probe->chosen[role] < 0 ? 0 : 1;
}

static int attach_all(struct kstop *k, struct probe *probe)
{
	for (size_t i = 0; i < role_count(probe); i++) {
		int err = attach_role(k, probe, i);

		if (err)
			return err;
	}
	return 0;
}

/*
 * The verifier gives up with EAGAIN when a signal is pending (a resized window, a child, a
 * profiler), which says nothing about the program: signals wait, or go to another thread.
 */
static sigset_t hold_signals(void)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	return before;
}

/*
 * What has been attached before comes back by the same programs. Refused now, it keeps its object,
 * and with it its counts, for the next try.
 */
static int attach_again(struct kstop *k, struct probe *probe)
{
	char refused[MAX_ROLES][TEXT];
	int chosen[MAX_ROLES], err;

	memcpy(chosen, probe->chosen, sizeof(chosen));
	memcpy(refused, probe->refused, sizeof(refused));
	probe->live->attach_ns = probe->settings.attach_ns = monotonic_ns();
	err = attach_all(k, probe);
	if (!err)
		return 0;
	detach(probe);
	memcpy(probe->chosen, chosen, sizeof(chosen));
	memcpy(probe->refused, refused, sizeof(refused));
	return err < 0 ? err : -EAGAIN;
}

static int attach_first(struct kstop *k, struct probe *probe)
{
	int err;

	do {
		err = load_probe(k, probe);
		if (err)
			break;
		probe->live->attach_ns = probe->settings.attach_ns = monotonic_ns();
		err = attach_all(k, probe);
		if (err == 1)
			unload_probe(probe);
	} while (err == 1);
	if (err)
		unload_probe(probe);
	return err;
}

int attach_probe(struct kstop *k, struct probe *probe)
{
	sigset_t before = hold_signals();
	int err = probe->object ? attach_again(k, probe) : attach_first(k, probe);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

/* Method of the main role; what is lost and which better choice was refused, and why. */
void describe_probe(struct probe *probe)
{
	const struct choice *main_choice = choice_of(probe, 0);

	probe->reason[0] = 0;
	snprintf(probe->method, sizeof(probe->method), "%s",
		 main_choice ? main_choice->method : "");
	probe->state = KSTOP_ATTACHED;
	for (size_t i = 0; i < role_count(probe); i++) {
		const struct choice *choice = choice_of(probe, i);
		const char *lost = choice ? choice->lost : probe->chain->roles[i].lost;
		char text[TEXT * 2];

		if (!lost)
			continue;
		probe->state = KSTOP_DEGRADED;
		if (probe->refused[i][0])
			snprintf(text, sizeof(text), "%s (%s: %s)", lost,
				 probe->chain->roles[i].name, probe->refused[i]);
		else
			snprintf(text, sizeof(text), "%s", lost);
		append(probe->reason, sizeof(probe->reason), text);
	}
}
