// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several probes attached at once. Most of an attachment is libbpf's reading of the kernel's types
 * and the verifier's work, which other CPUs can do for other probes.
 */
#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each holds some 20 MB of type information while it loads. */
#define MAX_CREW 4

struct crew {
	struct kstop *k;
	struct probe *probes[MAX_PROBES];
	size_t count;
	size_t next;
};

struct member {
	struct crew *crew;
	struct kstop *own;
	pthread_t thread;
};

/* What an attachment writes into beside its probe is the member's own: log and error, and the
 * descriptors it opens. */
static struct kstop *own_handle(const struct kstop *k)
{
	struct kstop *own = calloc(1, sizeof(*own));

	if (!own)
		return NULL;
	memcpy(own->object_dir, k->object_dir, sizeof(own->object_dir));
	memcpy(own->skip, k->skip, sizeof(own->skip));
	own->ring_fd = k->ring_fd;
	own->ring_bytes = k->ring_bytes;
	own->cgroup2_fd = k->cgroup2_fd;
	own->wake_fd = own->statistics_fd = own->memory1_fd = own->log_fd = -1;
	return own;
}

static void attach_each(struct crew *crew, struct kstop *own)
{
	for (;;) {
		size_t i = __atomic_fetch_add(&crew->next, 1, __ATOMIC_RELAXED);

		if (i >= crew->count)
			return;
		switch_on(own, crew->probes[i]);
	}
}

static void *work(void *arg)
{
	struct member *member = arg;

	attach_each(member->crew, member->own);
	return NULL;
}

static size_t crew_size(size_t probes)
{
	cpu_set_t allowed;
	size_t cpus = 1;

	if (!sched_getaffinity(0, sizeof(allowed), &allowed))
		cpus = CPU_COUNT(&allowed);
	else if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		cpus = sysconf(_SC_NPROCESSORS_ONLN);
	if (cpus > MAX_CREW)
		cpus = MAX_CREW;
	return cpus < probes ? cpus : probes;
}

/* The caller is one of the crew: where no thread can be had, the whole of it. */
static void attach_all_at_once(struct crew *crew)
{
	struct member members[MAX_CREW - 1];
	size_t started = 0, wanted = crew_size(crew->count);

	while (started + 1 < wanted) {
		struct member *member = &members[started];

		member->crew = crew;
		member->own = own_handle(crew->k);
		if (!member->own)
			break;
		if (pthread_create(&member->thread, NULL, work, member)) {
			free(member->own);
			break;
		}
		started++;
	}
	attach_each(crew, crew->k);
	for (size_t i = 0; i < started; i++) {
		struct kstop *own = members[i].own;

		pthread_join(members[i].thread, NULL);
		if (crew->k->cgroup2_fd < 0)
			crew->k->cgroup2_fd = own->cgroup2_fd;
		else if (own->cgroup2_fd != crew->k->cgroup2_fd && own->cgroup2_fd >= 0)
			close(own->cgroup2_fd);
		free(own);
	}
}

int kstop_probes_on(struct kstop *k, const char *ids)
{
	struct crew crew = {.k = k};
	char list[TEXT], *at = list, *id;

	if (!ids || strlen(ids) >= sizeof(list))
		return fail(k, -EINVAL, "a list of probes is needed");
	strcpy(list, ids);
	while ((id = strsep(&at, ","))) {
		struct probe *probe = find_probe(k, id);

		if (!probe)
			return -ENOENT;
		for (size_t i = 0; i < crew.count; i++)
			if (crew.probes[i] == probe)
				return fail(k, -EINVAL, "%s: named twice", id);
		crew.probes[crew.count++] = probe;
	}
	attach_all_at_once(&crew);
	give_back_memory();
	return 0;
}
