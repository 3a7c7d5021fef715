// SPDX-License-Identifier: GPL-2.0-only
/* Snapshots: per-CPU counters and histograms, folded into the caller's memory. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the next row goes; -ENOSPC once the buffer is full. */
struct sink {
	uint8_t *at;
	size_t left;
	struct ks_snapshot *head;
};

static void *next_row(struct sink *sink, size_t bytes)
{
	void *row = sink->at;

	if (sink->left < bytes)
		return NULL;
	memset(row, 0, bytes);
	sink->at += bytes;
	sink->left -= bytes;
	sink->head->rows++;
	sink->head->row_bytes = bytes;
	return row;
}

/* The kernel's own figures of a program: skipped runs, and run time while statistics are on. */
static void add_program(struct ks_snapshot *head, struct bpf_program *program)
{
	struct bpf_prog_info info = {};
	uint32_t size = sizeof(info);

	if (!program || bpf_program__fd(program) < 0 ||
	    bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
		return;
	head->missed += info.recursion_misses;
	head->run_ns += info.run_time_ns;
	head->run_count += info.run_cnt;
}

static void add_counters(struct ks_snapshot *head, const struct ks_counters *n)
{
	head->runs += __atomic_load_n(&n->runs, __ATOMIC_RELAXED);
	head->hits += __atomic_load_n(&n->hits, __ATOMIC_RELAXED);
	head->sent += __atomic_load_n(&n->sent, __ATOMIC_RELAXED);
	head->held += __atomic_load_n(&n->held, __ATOMIC_RELAXED);
	head->lost += __atomic_load_n(&n->lost, __ATOMIC_RELAXED);
}

static void copy_hist(struct ks_hist_row *row, const struct ks_hist *hist)
{
	for (size_t i = 0; i < KS_HIST_CELLS; i++)
		row->cells[i] += __atomic_load_n(&hist->cells[i], __ATOMIC_RELAXED);
	row->sum_ns += __atomic_load_n(&hist->sum_ns, __ATOMIC_RELAXED);
}

static void take_max(struct ks_hist_row *row, const struct ks_hist *hist, uint64_t epoch)
{
	uint64_t max = __atomic_load_n(&hist->max_ns[epoch & 1], __ATOMIC_RELAXED);

	if (__atomic_load_n(&hist->max_epoch[epoch & 1], __ATOMIC_RELAXED) == epoch &&
	    max > row->max_ns)
		row->max_ns = max;
}

static int sched_rows(struct probe *probe, uint64_t epoch, struct sink *sink)
{
	int cpus = cpu_slots();
	struct ks_hist_row *first = (void *)sink->at;

	for (int i = 0; i < cpus; i++) {
		const struct ks_sched_cpu *cpu =
			(void *)((uint8_t *)probe->cpus + i * probe->cpu_bytes);
		struct ks_hist_row *row = next_row(sink, sizeof(*row));

		if (!row)
			return -ENOSPC;
		row->cpu = i;
		copy_hist(row, &cpu->hist);
		sink->head->cut += __atomic_load_n(&cpu->cut, __ATOMIC_RELAXED);
	}
	/* The maxima last, when programs that began in the old epoch have ended. */
	for (int i = 0; i < cpus; i++) {
		const struct ks_sched_cpu *cpu =
			(void *)((uint8_t *)probe->cpus + i * probe->cpu_bytes);

		take_max(&first[i], &cpu->hist, epoch);
	}
	return 0;
}

static int block_row(struct kstop *k, const struct ks_block_key *key, int map, uint64_t epoch,
		     struct sink *sink)
{
	struct ks_hist_row *row = next_row(sink, sizeof(*row));
	struct ks_block_hist *hist = k->scratch;

	if (!row)
		return -ENOSPC;
	row->dev = key->dev;
	row->op = key->op;
	if (bpf_map_lookup_elem(map, key, k->scratch))
		return 0;
	for (int i = 0; i < libbpf_num_possible_cpus(); i++, hist++) {
		copy_hist(row, &hist->total);
		take_max(row, &hist->total, epoch);
		row->queue_ns += hist->queue_ns;
		row->device_ns += hist->device_ns;
		row->split += hist->split;
		row->bytes += hist->bytes;
		if (hist->disk[0])
			memcpy(row->disk, hist->disk, sizeof(row->disk));
	}
	return 0;
}

static int block_rows(struct kstop *k, struct probe *probe, uint64_t epoch, struct sink *sink)
{
	int map = bpf_object__find_map_fd_by_name(probe->object, "hists"), err = 0;
	size_t bytes = libbpf_num_possible_cpus() * sizeof(struct ks_block_hist);
	struct ks_block_key key, *last = NULL;

	if (k->scratch_bytes < bytes) {
		free(k->scratch);
		k->scratch = malloc(bytes);
		k->scratch_bytes = k->scratch ? bytes : 0;
		if (!k->scratch)
			return -ENOMEM;
	}
	while (!err && !bpf_map_get_next_key(map, last, &key)) {
		err = block_row(k, &key, map, epoch, sink);
		last = &key;
	}
	return err;
}

static int netns_rows(struct probe *probe, struct sink *sink)
{
	int map = bpf_object__find_map_fd_by_name(probe->object, "segments_by_netns");
	uint32_t key, *last = NULL;

	while (!bpf_map_get_next_key(map, last, &key)) {
		struct ks_netns_row *row = next_row(sink, sizeof(*row));

		if (!row)
			return -ENOSPC;
		row->netns = key;
		bpf_map_lookup_elem(map, &key, &row->segments);
		last = &key;
	}
	return 0;
}

static size_t count_keys(struct probe *probe, const char *map_name)
{
	int map = bpf_object__find_map_fd_by_name(probe->object, map_name);
	struct ks_block_key key, *last = NULL; /* the largest of our keys */
	size_t count = 0;

	while (!bpf_map_get_next_key(map, last, &key)) {
		count++;
		last = &key;
	}
	return count;
}

/* Known before a new interval begins, so that a snapshot that is refused takes no maximum with it.
 */
static size_t rows_bytes(struct probe *probe)
{
	if (!strcmp(probe->chain->id, "sched"))
		return libbpf_num_possible_cpus() * sizeof(struct ks_hist_row);
	if (!strcmp(probe->chain->id, "block"))
		return count_keys(probe, "hists") * sizeof(struct ks_hist_row);
	if (!strcmp(probe->chain->id, "retransmit"))
		return count_keys(probe, "segments_by_netns") * sizeof(struct ks_netns_row);
	return 0;
}

static int add_rows(struct kstop *k, struct probe *probe, struct sink *sink)
{
	uint64_t epoch = probe->settings.epoch++;

	__atomic_store_n(&probe->live->epoch, epoch + 1, __ATOMIC_RELEASE);
	if (!strcmp(probe->chain->id, "sched"))
		return sched_rows(probe, epoch, sink);
	if (!strcmp(probe->chain->id, "block"))
		return block_rows(k, probe, epoch, sink);
	if (!strcmp(probe->chain->id, "retransmit"))
		return netns_rows(probe, sink);
	return 0;
}

int kstop_snapshot(struct kstop *k, const char *id, int rows, void *buffer, size_t size)
{
	struct probe *probe = find_probe(k, id);
	struct sink sink = {buffer, size, buffer};
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
	for (size_t i = 0; i < MAX_ROLES; i++)
		add_program(sink.head, role_program(probe, i));
	sink.head->map_bytes = probe->map_bytes;
	if (rows)
		err = sink.left < rows_bytes(probe) ? -ENOSPC : add_rows(k, probe, &sink);
	return err ? fail(k, err, "%s: snapshot: %s", id, strerror(-err))
		   : (int)(sink.at - (uint8_t *)buffer);
}

int kstop_find_owners(struct kstop *k)
{
	struct probe *probe = find_probe(k, "retransmit");
	char sink[64];
	int fd, err = 0;

	for (size_t i = 0; probe && i < MAX_ROLES; i++) {
		struct bpf_program *program = role_program(probe, i);

		if (!program || !probe->links[i] ||
		    strcmp(bpf_program__name(program), "find_owners"))
			continue;
		fd = bpf_iter_create(bpf_link__fd(probe->links[i]));
		if (fd < 0)
			return fail(k, -errno, "socket owners: %s", strerror(errno));
		while ((err = read(fd, sink, sizeof(sink))) > 0)
			;
		err = err < 0 ? -errno : 0;
		close(fd);
		return err ? fail(k, err, "socket owners: %s", strerror(-err)) : 0;
	}
	return fail(k, -ENOENT, "socket owners: not attached");
}
