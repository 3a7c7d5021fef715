// SPDX-License-Identifier: GPL-2.0-only
/* The handle: opening, closing, probes by name, settings. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int kstop_abi(void)
{
	return KSTOP_ABI;
}

/* "0-3,8-11": the last number is the highest id. */
int cpu_slots(void)
{
	static int slots;
	FILE *file;
	int id;

	if (slots)
		return slots;
	file = fopen("/sys/devices/system/cpu/possible", "re");
	while (file && fscanf(file, "%*[-,]") != EOF && fscanf(file, "%d", &id) == 1)
		slots = id + 1;
	if (file)
		fclose(file);
	if (slots < libbpf_num_possible_cpus())
		slots = libbpf_num_possible_cpus();
	return slots;
}

int kstop_cpus(void)
{
	return cpu_slots();
}

/* The monotonic clock is read on both sides of the other, so that a preemption between them is
 * halved at most. */
int kstop_clocks(uint64_t *clocks)
{
	struct timespec before, real, after;

	clock_gettime(CLOCK_MONOTONIC, &before);
	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_MONOTONIC, &after);
	clocks[0] = (before.tv_sec * 1000000000ULL + before.tv_nsec) / 2 +
		    (after.tv_sec * 1000000000ULL + after.tv_nsec) / 2;
	clocks[1] = real.tv_sec * 1000000000ULL + real.tv_nsec;
	return 0;
}

int fail(struct kstop *k, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(k->error, sizeof(k->error), format, args);
	va_end(args);
	return err;
}

const char *kstop_error(struct kstop *k)
{
	return k->error;
}

struct probe *find_probe(struct kstop *k, const char *id)
{
	for (size_t i = 0; id && i < chain_count; i++)
		if (!strcmp(k->probes[i].chain->id, id))
			return &k->probes[i];
	fail(k, -ENOENT, "no probe of that name");
	return NULL;
}

/* Power of two, a page at least: what the kernel demands of a ring buffer. */
static uint32_t ring_size(const struct kstop_attr *attr)
{
	uint32_t bytes = attr->ring_bytes ? attr->ring_bytes : 4 << 20;

	return bytes & (bytes - 1) || bytes < (uint32_t)sysconf(_SC_PAGESIZE) ? 0 : bytes;
}

static void set_defaults(struct kstop *k, const struct kstop_attr *attr)
{
	snprintf(k->object_dir, sizeof(k->object_dir), "%s", attr->object_dir);
	snprintf(k->skip, sizeof(k->skip), "%s", attr->skip ? attr->skip : "");
	k->ring_fd = k->wake_fd = k->statistics_fd = k->cgroup2_fd = k->memory1_fd = -1;
	k->pressure.fd = -1;
	k->log_fd = -1;
	pthread_mutex_init(&k->draining, NULL);
	pthread_mutex_init(&k->pressure.lock, NULL);
	for (size_t i = 0; i < chain_count; i++) {
		k->probes[i].chain = k->probes[i].first = &chains[i];
		k->probes[i].settings.warn_ns = 1000000;
		k->probes[i].settings.wake_bytes = k->ring_bytes / 4;
	}
}

struct kstop *kstop_open(const struct kstop_attr *attr, char *why, size_t why_size)
{
	struct kstop *k;
	int err;

	if (!attr || attr->size != sizeof(*attr) || !attr->object_dir || !ring_size(attr)) {
		snprintf(why, why_size, "invalid attributes");
		errno = EINVAL;
		return NULL;
	}
	k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	k->ring_bytes = ring_size(attr);
	set_defaults(k, attr);
	log_begin(k);
	err = -open_ring(k);
	log_end();
	if (err) {
		const char *lack = log_host_lacks(k, -err);

		snprintf(why, why_size, "the kernel refused a BPF ring buffer: %s",
			 lack ?: strerrorname_np(err) ?: "error");
		kstop_close(k);
		errno = err;
		return NULL;
	}
	return k;
}

void kstop_close(struct kstop *k)
{
	if (!k)
		return;
	pthread_mutex_lock(&k->draining);
	for (size_t i = 0; i < chain_count; i++)
		unload_probe(&k->probes[i]);
	kstop_pressure(k, 0, 0, 0);
	ring_buffer__free(k->ring);
	for (size_t i = 0; i < 6; i++) {
		int fd = (int[]){k->ring_fd,	k->wake_fd,    k->statistics_fd,
				 k->cgroup2_fd, k->memory1_fd, k->log_fd}[i];

		if (fd >= 0)
			close(fd);
	}
	pthread_mutex_unlock(&k->draining);
	pthread_mutex_destroy(&k->draining);
	pthread_mutex_destroy(&k->pressure.lock);
	free(k->scratch);
	free_tasks(k);
	free(k);
}

void give_back_memory(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

int switch_on(struct kstop *k, struct probe *probe)
{
	int err;

	if (probe->state == KSTOP_ATTACHED || probe->state == KSTOP_DEGRADED)
		return probe->state;
	if (!probe->object)
		first_choices(k, probe);
	err = attach_probe(k, probe);
	if (err) {
		probe->state = KSTOP_UNAVAILABLE;
		probe->method[0] = 0;
		snprintf(probe->reason, sizeof(probe->reason), "%s", k->error);
		return KSTOP_UNAVAILABLE;
	}
	describe_probe(probe);
	return probe->state;
}

int kstop_probe_on(struct kstop *k, const char *id)
{
	struct probe *probe = find_probe(k, id);
	int state;

	if (!probe)
		return -ENOENT;
	state = switch_on(k, probe);
	give_back_memory();
	return state;
}

int kstop_probe_off(struct kstop *k, const char *id)
{
	struct probe *probe = find_probe(k, id);

	if (!probe)
		return -ENOENT;
	detach(probe);
	probe->state = KSTOP_OFF;
	probe->method[0] = probe->reason[0] = 0;
	return KSTOP_OFF;
}

int kstop_probe_state(struct kstop *k, const char *id, char *method, size_t method_size,
		      char *reason, size_t reason_size)
{
	struct probe *probe = find_probe(k, id);

	if (!probe)
		return -ENOENT;
	snprintf(method, method_size, "%s", probe->method);
	snprintf(reason, reason_size, "%s", probe->reason);
	return probe->state;
}

/* A setting lands in the copy for later loads and, when loaded, in the running programs' data. */
#define STORE(probe, field, value)                                                                 \
	do {                                                                                       \
		(probe)->settings.field = (value);                                                 \
		if ((probe)->live)                                                                 \
			__atomic_store_n(&(probe)->live->field, (value), __ATOMIC_RELAXED);        \
	} while (0)

int kstop_set(struct kstop *k, const char *id, int setting, uint64_t value)
{
	struct probe *probe = find_probe(k, id);

	if (!probe)
		return -ENOENT;
	switch (setting) {
	case KSTOP_WARN_NS:
		STORE(probe, warn_ns, value);
		return 0;
	case KSTOP_EVENT_COST_NS:
		STORE(probe, cost_ns, value);
		return 0;
	case KSTOP_EVENT_BURST_NS:
		STORE(probe, burst_ns, value);
		return 0;
	case KSTOP_WAKE_BYTES:
		STORE(probe, wake_bytes, value ? value : k->ring_bytes / 4);
		return 0;
	case KSTOP_INCLUDE_WAITS:
		STORE(probe, include_waits, value != 0);
		return 0;
	case KSTOP_QUIET:
		STORE(probe, quiet, value ? 1 : 0);
		return 0;
	case KSTOP_SELF_PID:
		STORE(probe, self_pid, value);
		return 0;
	case KSTOP_FOCUS_PID:
		if (!strcmp(id, "pages")) {
			STORE(probe, focus_pid, 0);
			forget_pages(probe);
		}
		STORE(probe, focus_pid, value);
		return 0;
	case KSTOP_WITH_ARGS:
		STORE(probe, with_args, value != 0);
		return 0;
	default:
		return fail(k, -EINVAL, "no setting of that number");
	}
}

int kstop_filter(struct kstop *k, uint32_t pid, const char *comm, const char *cgroup_path)
{
	struct ks_settings wanted = {};
	int err;

	if (pid) {
		wanted.filter_flags |= KS_FILTER_PID;
		wanted.filter_pid = pid;
	}
	if (comm && *comm) {
		wanted.filter_flags |= KS_FILTER_COMM;
		strncpy((char *)wanted.filter_comm, comm, KS_COMM_LEN - 1);
		/* The name and the zero that ends it. */
		memset(wanted.filter_comm_mask, 0xff, strlen((char *)wanted.filter_comm) + 1);
	}
	if (cgroup_path && *cgroup_path) {
		err = cgroup_of_path(k, cgroup_path, &wanted.filter_cgroup, &wanted.filter_level);
		if (err)
			return err;
		wanted.filter_flags |= KS_FILTER_CGROUP;
	}
	for (size_t i = 0; i < chain_count; i++) {
		struct probe *probe = &k->probes[i];

		STORE(probe, filter_pid, wanted.filter_pid);
		STORE(probe, filter_comm[0], wanted.filter_comm[0]);
		STORE(probe, filter_comm[1], wanted.filter_comm[1]);
		STORE(probe, filter_comm_mask[0], wanted.filter_comm_mask[0]);
		STORE(probe, filter_comm_mask[1], wanted.filter_comm_mask[1]);
		STORE(probe, filter_cgroup, wanted.filter_cgroup);
		STORE(probe, filter_level, wanted.filter_level);
		STORE(probe, filter_flags, wanted.filter_flags);
	}
	return 0;
}

int kstop_statistics(struct kstop *k, int on)
{
	if (on && is_skipped(k, "statistics"))
		return fail(k, -ENOTSUP, "BPF statistics: skipped");
	if (on && k->statistics_fd < 0) {
		k->statistics_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
		if (k->statistics_fd < 0)
			return fail(k, -errno, "BPF statistics: %s", strerror(errno));
	} else if (!on && k->statistics_fd >= 0) {
		close(k->statistics_fd);
		k->statistics_fd = -1;
	}
	return 0;
}
