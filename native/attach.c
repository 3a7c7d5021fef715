// SPDX-License-Identifier: GPL-2.0-only
/* Attaching: a program that the kernel refuses gives way to the next of its role, in a new load. */
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void detach_role(struct probe *probe, size_t role)
{
	for (size_t i = 0; i < PROGRAMS; i++) {
		bpf_link__destroy(probe->links[role][i]);
		probe->links[role][i] = NULL;
	}
}

void detach(struct probe *probe)
{
	for (size_t i = 0; i < MAX_ROLES; i++) {
		detach_role(probe, i);
		perf_detach(probe, i);
	}
}

/* A cgroup's programs see the packets of all sockets below it: those of the root, of the whole
 * host. Others' programs stay: a link always shares. */
static struct bpf_link *attach_to_root(struct kstop *k, struct bpf_program *program)
{
	int root = cgroup2_root(k);

	if (root >= 0)
		return bpf_program__attach_cgroup(program, root);
	snprintf(k->log, sizeof(k->log), "no cgroup v2 hierarchy is mounted here\n");
	errno = ENODEV;
	return NULL;
}

static struct bpf_link *attach_program(struct kstop *k, struct bpf_program *program)
{
	return bpf_program__type(program) == BPF_PROG_TYPE_CGROUP_SKB
		       ? attach_to_root(k, program)
		       : bpf_program__attach(program);
}

static int attach_programs(struct kstop *k, struct probe *probe, size_t role)
{
	struct bpf_program *programs[PROGRAMS] = {role_program(probe, role),
						  role_companion(probe, role)};

	for (size_t i = 0; i < PROGRAMS && programs[i]; i++) {
		int err;

		probe->links[role][i] = attach_program(k, programs[i]);
		if (probe->links[role][i])
			continue;
		err = -errno;
		detach_role(probe, role);
		return err;
	}
	return 0;
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
	if (choice_of(probe, role)->perf) {
		err = perf_attach(probe, role);
	} else {
		err = attach_programs(k, probe, role);
	}
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

static void choose_loaded(struct probe *probe)
{
	memcpy(probe->chosen, probe->loaded, sizeof(probe->chosen));
	memcpy(probe->refused, probe->loaded_refused, sizeof(probe->refused));
}

static int try_again(struct kstop *k, struct probe *probe)
{
	int err;

	choose_loaded(probe);
	probe->live->attach_ns = probe->settings.attach_ns = monotonic_ns();
	err = attach_all(k, probe);
	if (!err)
		return 0;
	detach(probe);
	choose_loaded(probe);
	return err < 0 ? err : -EAGAIN;
}

/*
 * What has been attached before comes back by the same programs. Refused now, it keeps its maps,
 * and with them its counts, for the next try. Before 5.13 (bpf: Allow trampoline re-attach) those
 * of fentry and fexit can be attached once only: they are loaded anew, over the same maps.
 */
static int attach_again(struct kstop *k, struct probe *probe)
{
	char why[sizeof(k->error)];
	int err = try_again(k, probe);

	if (!err)
		return 0;
	memcpy(why, k->error, sizeof(why));
	if (!reload_probe(k, probe))
		return try_again(k, probe);
	memcpy(k->error, why, sizeof(why));
	return err;
}

static int attach_chain(struct kstop *k, struct probe *probe)
{
	int err;

	do {
		err = load_probe(k, probe);
		if (err)
			break;
		memcpy(probe->loaded, probe->chosen, sizeof(probe->loaded));
		memcpy(probe->loaded_refused, probe->refused, sizeof(probe->loaded_refused));
		probe->live->attach_ns = probe->settings.attach_ns = monotonic_ns();
		err = attach_all(k, probe);
		if (err == 1)
			unload_probe(probe);
	} while (err == 1);
	if (err)
		unload_probe(probe);
	return err;
}

static int attach_first(struct kstop *k, struct probe *probe)
{
	int err;

	do
		err = attach_chain(k, probe);
	while (err && next_chain(k, probe));
	return err;
}

int attach_probe(struct kstop *k, struct probe *probe)
{
	sigset_t before = hold_signals();
	int err = probe->object ? attach_again(k, probe) : attach_first(k, probe);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}
