// SPDX-License-Identifier: GPL-2.0-only
/* The rows of a snapshot, by probe. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* enum ks_drop_class */
#define DROP_CLASSES 3

void *next_row(struct sink *sink, size_t bytes)
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

static int sched_rows(struct kstop *k, struct probe *probe, uint64_t epoch, struct sink *sink)
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
	return focus_rows(probe, offsetof(struct ks_sched_cpu, focus), 1, epoch, sink);
}

/* The caller's memory for a value of each CPU; NULL: none left. */
static void *scratch(struct kstop *k, size_t bytes)
{
	if (k->scratch_bytes < bytes) {
		free(k->scratch);
		k->scratch = malloc(bytes);
		k->scratch_bytes = k->scratch ? bytes : 0;
	}
	return k->scratch;
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
	struct ks_block_key key, *last = NULL;

	if (!scratch(k, libbpf_num_possible_cpus() * sizeof(struct ks_block_hist)))
		return -ENOMEM;
	while (!err && !bpf_map_get_next_key(map, last, &key)) {
		err = block_row(k, &key, map, epoch, sink);
		last = &key;
	}
	return err ? err
		   : focus_rows(probe, offsetof(struct ks_block_cpu, focus), KS_BLOCK_SLOTS, epoch,
				sink);
}

static int netns_rows(struct kstop *k, struct probe *probe, uint64_t epoch, struct sink *sink)
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

static const struct ks_drop_cpu *drop_cpu(struct probe *probe, size_t id)
{
	return (void *)((uint8_t *)probe->cpus + id * probe->cpu_bytes);
}

/* What had no room in the map, by class. */
static int beyond_rows(struct probe *probe, struct sink *sink)
{
	for (size_t class = 0; class < DROP_CLASSES; class ++) {
		struct ks_drop_row *row = next_row(sink, sizeof(*row));

		if (!row)
			return -ENOSPC;
		row->beyond = 1;
		row->drop_class = class;
		for (int i = 0; i < cpu_slots(); i++)
			row->count += __atomic_load_n(&drop_cpu(probe, i)->beyond[class],
						      __ATOMIC_RELAXED);
	}
	return 0;
}

static uint64_t placed_drops(struct probe *probe, size_t cell)
{
	uint64_t sum = 0;

	for (int i = 0; i < cpu_slots(); i++)
		sum += __atomic_load_n(&drop_cpu(probe, i)->placed[cell], __ATOMIC_RELAXED);
	return sum;
}

static struct ks_drop_places read_places(struct probe *probe)
{
	int map = bpf_object__find_map_fd_by_name(probe->object, "places");
	struct ks_drop_places places = {};
	uint32_t key = 0;

	bpf_map_lookup_elem(map, &key, &places);
	return places;
}

/* A reason that came since the rows were counted waits for the next snapshot, here as in the map.
 */
static size_t add_drops(struct sink *sink, uint64_t netns, uint32_t reason, uint64_t count)
{
	struct ks_drop_row *row = count && sink ? next_row(sink, sizeof(*row)) : NULL;

	if (row) {
		row->netns = netns;
		row->reason = reason;
		row->count = count;
	}
	return count != 0;
}

/* The rows of namespaces that have places, or without a sink only how many they are. */
static size_t placed_rows(struct probe *probe, struct sink *sink)
{
	int map = bpf_object__find_map_fd_by_name(probe->object, "shared_places");
	struct ks_drop_places places = read_places(probe);
	struct ks_drop_counts counts;
	size_t rows = 0;

	for (size_t cell = 0; cell < KS_DROP_PLACES * KS_DROP_REASONS; cell++) {
		uint64_t netns = places.netns[cell / KS_DROP_REASONS];

		rows += add_drops(sink, netns, cell % KS_DROP_REASONS,
				  netns ? placed_drops(probe, cell) : 0);
	}
	for (uint32_t place = 0; place < KS_DROP_SHARED; place++) {
		if (!places.shared[place] || bpf_map_lookup_elem(map, &place, &counts))
			continue;
		for (uint32_t reason = 0; reason < KS_DROP_REASONS; reason++)
			rows += add_drops(sink, places.shared[place], reason,
					  counts.reasons[reason]);
	}
	return rows;
}

static int drop_rows(struct kstop *k, struct probe *probe, uint64_t epoch, struct sink *sink)
{
	int map = bpf_object__find_map_fd_by_name(probe->object, "drops"), err;
	int cpus = libbpf_num_possible_cpus();
	uint64_t *values = scratch(k, cpus * sizeof(*values));
	struct ks_drop_key key, *last = NULL;

	if (!values)
		return -ENOMEM;
	err = beyond_rows(probe, sink);
	if (err)
		return err;
	placed_rows(probe, sink);
	while (!bpf_map_get_next_key(map, last, &key)) {
		struct ks_drop_row *row = next_row(sink, sizeof(*row));

		if (!row)
			break;
		row->netns = key.netns;
		row->reason = key.reason;
		if (!bpf_map_lookup_elem(map, &key, values))
			for (int i = 0; i < cpus; i++)
				row->count += values[i];
		last = &key;
	}
	return 0;
}

static int traffic_rows(struct kstop *k, struct probe *probe, uint64_t epoch, struct sink *sink)
{
	int map = bpf_object__find_map_fd_by_name(probe->object, "traffic");
	uint64_t key, *last = NULL;

	while (!bpf_map_get_next_key(map, last, &key)) {
		struct ks_traffic_row *row = next_row(sink, sizeof(*row));

		if (!row)
			break;
		row->cgroup_id = key;
		bpf_map_lookup_elem(map, &key, &row->n);
		last = &key;
	}
	return 0;
}

static int wakeup_rows(struct kstop *k, struct probe *probe, uint64_t epoch, struct sink *sink)
{
	int map = bpf_object__find_map_fd_by_name(probe->object, "wakeups");
	struct ks_wakeup_key key, *last = NULL;

	while (!bpf_map_get_next_key(map, last, &key)) {
		struct ks_wakeup_row *row = next_row(sink, sizeof(*row));

		if (!row)
			break;
		row->start_ns = key.start_ns;
		row->pid = key.pid;
		bpf_map_lookup_elem(map, &key, &row->count);
		last = &key;
	}
	return 0;
}

/* By operation. */
static int vfs_rows(struct kstop *k, struct probe *probe, uint64_t epoch, struct sink *sink)
{
	int err =
		folded_rows(probe, offsetof(struct ks_vfs_cpu, hist), 2 * KS_VFS_OPS, epoch, sink);

	for (int i = 0; !err && i < cpu_slots(); i++) {
		const struct ks_vfs_cpu *cpu =
			(void *)((uint8_t *)probe->cpus + i * probe->cpu_bytes);

		sink->head->missed += __atomic_load_n(&cpu->unstamped, __ATOMIC_RELAXED);
	}
	return err ? err
		   : focus_rows(probe, offsetof(struct ks_vfs_cpu, focus), KS_VFS_OPS, epoch, sink);
}

/* The entries of its table that have figures, behind the other rows. */
static int tally_rows(struct kstop *k, struct probe *probe, uint64_t epoch, struct sink *sink)
{
	int map = bpf_object__find_map_fd_by_name(probe->object, "tallies");
	struct ks_syscall_tallies *all = scratch(k, sizeof(*all));
	uint32_t key = 0;

	if (!all)
		return -ENOMEM;
	if (bpf_map_lookup_elem(map, &key, all))
		return 0;
	sink->head->more_bytes = sizeof(struct ks_syscall_row);
	for (uint32_t i = 0; i < KS_SYSCALL_ENTRIES; i++) {
		const struct ks_syscall_tally *tally = &all->of[i];
		struct ks_syscall_row *row = (void *)sink->at;

		if (!tally->slow && !tally->count)
			continue;
		if (sink->left < sizeof(*row))
			return -ENOSPC;
		*row = (struct ks_syscall_row){tally->slow,
					       tally->count,
					       tally->total_ns,
					       0,
					       i,
					       probe->settings.focus_pid};
		if (tally->max_epoch[epoch & 1] == epoch)
			row->max_ns = tally->max_ns[epoch & 1];
		sink->at += sizeof(*row);
		sink->left -= sizeof(*row);
		sink->head->more_rows++;
	}
	return 0;
}

/* By class: calls, waits. */
static int syscall_rows(struct kstop *k, struct probe *probe, uint64_t epoch, struct sink *sink)
{
	int err = folded_rows(probe, offsetof(struct ks_syscall_cpu, hist), 2, epoch, sink);

	for (int i = 0; !err && i < cpu_slots(); i++) {
		const struct ks_syscall_cpu *cpu =
			(void *)((uint8_t *)probe->cpus + i * probe->cpu_bytes);

		sink->head->missed += __atomic_load_n(&cpu->unstamped, __ATOMIC_RELAXED);
	}
	if (!err)
		err = focus_rows(probe, offsetof(struct ks_syscall_cpu, focus), 2, epoch, sink);
	return err ? err : tally_rows(k, probe, epoch, sink);
}

/* What has been counted at all, by enum ks_process_count. */
static int process_rows(struct kstop *k, struct probe *probe, uint64_t epoch, struct sink *sink)
{
	for (uint32_t what = 0; what < KS_PROCESS_COUNTS; what++) {
		struct ks_process_row *row;
		uint64_t count = 0;

		for (int i = 0; i < cpu_slots(); i++) {
			const struct ks_process_cpu *cpu =
				(void *)((uint8_t *)probe->cpus + i * probe->cpu_bytes);

			count += __atomic_load_n(&cpu->counts[what], __ATOMIC_RELAXED);
		}
		if (!count)
			continue;
		row = next_row(sink, sizeof(*row));
		if (!row)
			return -ENOSPC;
		row->count = count;
		row->what = what;
	}
	return 0;
}

/* By kind: minor, major. */
static int fault_rows(struct kstop *k, struct probe *probe, uint64_t epoch, struct sink *sink)
{
	return folded_rows(probe, offsetof(struct ks_fault_cpu, hist), 2, epoch, sink);
}

/* By enum ks_reclaim. */
static int reclaim_rows(struct kstop *k, struct probe *probe, uint64_t epoch, struct sink *sink)
{
	struct ks_hist_row *rows = (void *)sink->at;
	int err =
		folded_rows(probe, offsetof(struct ks_reclaim_cpu, hist), KS_RECLAIMS, epoch, sink);

	for (int i = 0; !err && i < cpu_slots() * KS_RECLAIMS; i++) {
		const struct ks_reclaim_cpu *cpu =
			(void *)((uint8_t *)probe->cpus + i / KS_RECLAIMS * probe->cpu_bytes);
		int kind = i % KS_RECLAIMS;

		rows[kind].bytes += __atomic_load_n(&cpu->bytes[kind], __ATOMIC_RELAXED);
	}
	return err;
}

static size_t count_keys(struct probe *probe, const char *map_name)
{
	int map = bpf_object__find_map_fd_by_name(probe->object, map_name);
	struct ks_wakeup_key key, *last = NULL; /* the largest of our keys */
	size_t count = 0;

	while (!bpf_map_get_next_key(map, last, &key)) {
		count++;
		last = &key;
	}
	return count;
}

static size_t sched_bytes(struct probe *probe)
{
	return cpu_slots() * sizeof(struct ks_hist_row) + focus_bytes(probe, 1);
}

static size_t block_bytes(struct probe *probe)
{
	return count_keys(probe, "hists") * sizeof(struct ks_hist_row) +
	       focus_bytes(probe, KS_BLOCK_SLOTS);
}

static size_t vfs_bytes(struct probe *probe)
{
	return 2 * KS_VFS_OPS * sizeof(struct ks_hist_row) + focus_bytes(probe, KS_VFS_OPS);
}

static size_t fault_bytes(struct probe *probe)
{
	return 2 * sizeof(struct ks_hist_row);
}

static size_t reclaim_bytes(struct probe *probe)
{
	return KS_RECLAIMS * sizeof(struct ks_hist_row);
}

static size_t syscall_bytes(struct probe *probe)
{
	return 2 * sizeof(struct ks_hist_row) + focus_bytes(probe, 2) +
	       KS_SYSCALL_ENTRIES * sizeof(struct ks_syscall_row);
}

static size_t process_bytes(struct probe *probe)
{
	return KS_PROCESS_COUNTS * sizeof(struct ks_process_row);
}

static size_t netns_bytes(struct probe *probe)
{
	return count_keys(probe, "segments_by_netns") * sizeof(struct ks_netns_row);
}

static size_t drop_bytes(struct probe *probe)
{
	size_t rows = DROP_CLASSES + count_keys(probe, "drops") + placed_rows(probe, NULL);

	return rows * sizeof(struct ks_drop_row);
}

static size_t traffic_bytes(struct probe *probe)
{
	return count_keys(probe, "traffic") * sizeof(struct ks_traffic_row);
}

static size_t wakeup_bytes(struct probe *probe)
{
	return count_keys(probe, "wakeups") * sizeof(struct ks_wakeup_row);
}

/* Rows that no interval's maximum goes with: how many is known when they have been read. */
static size_t no_bytes(struct probe *probe)
{
	return 0;
}

/* The probes whose snapshots have rows. */
static const struct {
	const char *id;
	size_t (*bytes)(struct probe *probe);
	int (*add)(struct kstop *k, struct probe *probe, uint64_t epoch, struct sink *sink);
} sources[] = {
	{"sched", sched_bytes, sched_rows},
	{"block", block_bytes, block_rows},
	{"retransmit", netns_bytes, netns_rows},
	{"drops", drop_bytes, drop_rows},
	{"container-traffic", traffic_bytes, traffic_rows},
	{"vfs", vfs_bytes, vfs_rows},
	{"fault-latency", fault_bytes, fault_rows},
	{"reclaim", reclaim_bytes, reclaim_rows},
	{"syscall", syscall_bytes, syscall_rows},
	{"process", process_bytes, process_rows},
	{"wakeups", wakeup_bytes, wakeup_rows},
	{"tasks", no_bytes, group_rows},
	{"pages", page_bytes, page_rows},
};

#define SOURCES (sizeof(sources) / sizeof(sources[0]))

size_t rows_bytes(struct probe *probe)
{
	for (size_t i = 0; i < SOURCES; i++)
		if (!strcmp(sources[i].id, probe->chain->id))
			return sources[i].bytes(probe);
	return 0;
}

int add_rows(struct kstop *k, struct probe *probe, struct sink *sink)
{
	uint64_t epoch = probe->settings.epoch++;

	__atomic_store_n(&probe->live->epoch, epoch + 1, __ATOMIC_RELEASE);
	for (size_t i = 0; i < SOURCES; i++)
		if (!strcmp(sources[i].id, probe->chain->id))
			return sources[i].add(k, probe, epoch, sink);
	return 0;
}
