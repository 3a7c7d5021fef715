// SPDX-License-Identifier: GPL-2.0-only
/* Snapshots: a probe's counters, the kernel's figures of its programs, and its rows. */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Of one program: skipped runs, and run time while statistics are on. */
static void add_program(struct figures *sum, struct bpf_program *program)
{
	struct bpf_prog_info info = {};
	uint32_t size = sizeof(info);

	if (!program || bpf_program__fd(program) < 0 ||
	    bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
		return;
	sum->missed += info.recursion_misses;
	sum->run_ns += info.run_time_ns;
	sum->run_count += info.run_cnt;
}

void add_figures(struct figures *sum, struct probe *probe)
{
	for (size_t role = 0; role < MAX_ROLES; role++) {
		add_program(sum, role_program(probe, role));
		add_program(sum, role_companion(probe, role));
	}
}

static void add_counters(struct ks_snapshot *head, const struct ks_counters *n)
{
	head->runs += __atomic_load_n(&n->runs, __ATOMIC_RELAXED);
	head->hits += __atomic_load_n(&n->hits, __ATOMIC_RELAXED);
	head->sent += __atomic_load_n(&n->sent, __ATOMIC_RELAXED);
	head->held += __atomic_load_n(&n->held, __ATOMIC_RELAXED);
	head->lost += __atomic_load_n(&n->lost, __ATOMIC_RELAXED);
}

int kstop_snapshot(struct kstop *k, const char *id, int rows, void *buffer, size_t size)
{
	struct probe *probe = find_probe(k, id);
	struct sink sink = {buffer, size, buffer};
	struct figures figures;
	int err = 0;

	if (!probe)
		return -ENOENT;
	if (size < sizeof(struct ks_snapshot))
		return -ENOSPC;
	memset(buffer, 0, sizeof(struct ks_snapshot));
	sink.at += sizeof(struct ks_snapshot);
	sink.left -= sizeof(struct ks_snapshot);
	if (!probe->object)
		return sizeof(struct ks_snapshot);
	for (int i = 0; i < cpu_slots(); i++)
		add_counters(sink.head, (void *)((uint8_t *)probe->cpus + i * probe->cpu_bytes));
	figures = probe->replaced;
	add_figures(&figures, probe);
	sink.head->missed = figures.missed;
	sink.head->run_ns = figures.run_ns;
	sink.head->run_count = figures.run_count;
	sink.head->map_bytes = probe->map_bytes;
	if (rows)
		perf_follow_cpus(probe);
	if (rows)
		/* Known before a new interval begins, so that a refused snapshot takes no maximum
		 * with it. */
		err = sink.left < rows_bytes(probe) ? -ENOSPC : add_rows(k, probe, &sink);
	return err ? fail(k, err, "%s: snapshot: %s", id, strerror(-err))
		   : (int)(sink.at - (uint8_t *)buffer);
}
