// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs at perf events: one event a CPU, each with its own descriptor. An event dies with its
 * CPU when that goes offline, and another is opened once it is back.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A list of CPUs ("0-3,8"); false when the kernel doesn't say, or more than can be kept. */
static bool read_list(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t bytes = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[bytes < 0 ? 0 : bytes] = 0;
	return bytes > 0 && bytes < (ssize_t)size - 1;
}

/* A CPU's event, and which of the CPU's lives it belongs to. */
struct perf_event_of_cpu {
	int fd; /* negative: none */
	ino_t life;
};

/*
 * The folder of a CPU's topology is made anew whenever it comes online (drivers/base/topology.c),
 * also when it was away only for a moment or while the machine was suspended. 0: it is offline.
 */
static ino_t life_of(int cpu)
{
	char path[64];
	struct stat folder;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology", cpu);
	return stat(path, &folder) ? 0 : folder.st_ino;
}

static bool is_listed(const char *text, int cpu)
{
	int first, last, used;

	while (sscanf(text, "%d%n", &first, &used) == 1) {
		text += used;
		last = first;
		if (sscanf(text, "-%d%n", &last, &used) == 1)
			text += used;
		if (cpu >= first && cpu <= last)
			return true;
		text += *text == ',';
	}
	return false;
}

static int open_event(const struct perf_source *source, int cpu, int program)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = source->type,
		.config = source->config,
		.sample_period = source->period,
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, program) || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* CPUs that somebody wants to be left alone: a timer of ours would interrupt them. */
struct isolated {
	char isolated[4096];
	char nohz_full[4096];
};

static void read_isolated(struct isolated *lists)
{
	read_list("/sys/devices/system/cpu/isolated", lists->isolated, sizeof(lists->isolated));
	read_list("/sys/devices/system/cpu/nohz_full", lists->nohz_full, sizeof(lists->nohz_full));
}

static bool is_isolated(const struct isolated *lists, int cpu)
{
	return is_listed(lists->isolated, cpu) || is_listed(lists->nohz_full, cpu);
}

/* An event on every CPU that is online and has none; the others say ENODEV. */
static int open_events(struct probe *probe, size_t role)
{
	int program = bpf_program__fd(role_program(probe, role)), err = 0;
	const struct perf_source *source = choice_of(probe, role)->perf;
	struct isolated lists;

	read_isolated(&lists);
	for (int cpu = 0; cpu < cpu_slots(); cpu++) {
		struct perf_event_of_cpu *event = &probe->perf[role][cpu];

		if (source->spare_isolated && is_isolated(&lists, cpu))
			continue;
		if (event->fd >= 0)
			continue;
		event->life = life_of(cpu);
		event->fd = open_event(source, cpu, program);
		if (event->fd >= 0)
			continue;
		event->life = 0; /* not there, or not quite yet */
		if (event->fd != -ENODEV)
			err = event->fd;
	}
	return err;
}

int perf_attach(struct probe *probe, size_t role)
{
	int err;

	probe->perf[role] = calloc(cpu_slots(), sizeof(*probe->perf[role]));
	if (!probe->perf[role])
		return -ENOMEM;
	for (int cpu = 0; cpu < cpu_slots(); cpu++)
		probe->perf[role][cpu].fd = -1;
	err = open_events(probe, role);
	if (err)
		perf_detach(probe, role);
	return err;
}

void perf_detach(struct probe *probe, size_t role)
{
	struct perf_event_of_cpu *events = probe->perf[role];

	for (int cpu = 0; events && cpu < cpu_slots(); cpu++)
		if (events[cpu].fd >= 0)
			close(events[cpu].fd);
	free(events);
	probe->perf[role] = NULL;
}

/* Closes the events of CPUs that have gone since; is any CPU that is there without one? */
static bool has_changed(struct perf_event_of_cpu *events)
{
	bool changed = false;

	for (int cpu = 0; cpu < cpu_slots(); cpu++) {
		ino_t life = life_of(cpu);

		if (life == events[cpu].life)
			continue;
		if (events[cpu].fd >= 0)
			close(events[cpu].fd);
		events[cpu].fd = -1;
		events[cpu].life = life;
		changed |= life != 0;
	}
	return changed;
}

/* What fails is tried again at the next snapshot. */
void perf_follow_cpus(struct probe *probe)
{
	for (size_t role = 0; role < MAX_ROLES; role++)
		if (probe->perf[role] && has_changed(probe->perf[role]))
			open_events(probe, role);
}
