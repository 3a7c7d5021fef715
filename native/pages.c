// SPDX-License-Identifier: GPL-2.0-only
/* What the probe `pages` has counted, with its stacks. */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Room for those that come while the map is read. */
#define MORE_ROWS 32

static int map_of(struct probe *probe, const char *name)
{
	return bpf_object__find_map_fd_by_name(probe->object, name);
}

static void clear(int map, void *key)
{
	while (!bpf_map_get_next_key(map, NULL, key))
		if (bpf_map_delete_elem(map, key) && errno != ENOENT)
			break;
}

void forget_pages(struct probe *probe)
{
	struct ks_pages_lost none = {};
	struct ks_pages_key key;
	uint32_t zero = 0;

	if (!probe->object)
		return;
	clear(map_of(probe, "pages"), &key);
	clear(map_of(probe, "kernel_stacks"), &key.kernel);
	clear(map_of(probe, "user_stacks"), &key.user);
	bpf_map_update_elem(map_of(probe, "beyond"), &zero, &none, BPF_ANY);
}

/* Pages to bytes. */
static void set_sum(struct ks_pages_row *row, const struct ks_pages *sum)
{
	row->allocations = sum->allocations;
	row->bytes = sum->pages * sysconf(_SC_PAGESIZE);
}

static int lost_row(struct probe *probe, struct sink *sink)
{
	struct ks_pages_row *row = next_row(sink, sizeof(*row));
	struct ks_pages_lost lost = {};
	uint32_t zero = 0;

	if (!row)
		return -ENOSPC;
	bpf_map_lookup_elem(map_of(probe, "beyond"), &zero, &lost);
	set_sum(row, &lost.sum);
	row->lost_stacks = lost.stacks;
	row->lost = 1;
	return 0;
}

int page_rows(struct kstop *k, struct probe *probe, uint64_t epoch, struct sink *sink)
{
	int map = map_of(probe, "pages"), err;
	int kernel = map_of(probe, "kernel_stacks"), user = map_of(probe, "user_stacks");
	struct ks_pages_key key, *last = NULL;

	if (!probe->settings.focus_pid)
		return 0;
	err = lost_row(probe, sink);
	for (; !err && !bpf_map_get_next_key(map, last, &key); last = &key) {
		struct ks_pages sum = {};
		struct ks_pages_row *row;

		/* A program that ran while the last process's were forgotten. */
		if (key.pid != probe->settings.focus_pid)
			continue;
		row = next_row(sink, sizeof(*row));
		if (!row)
			break;
		bpf_map_lookup_elem(map, &key, &sum);
		set_sum(row, &sum);
		row->kernel_id = key.kernel;
		row->user_id = key.user;
		if (key.kernel)
			bpf_map_lookup_elem(kernel, &key.kernel, row->kernel);
		if (key.user)
			bpf_map_lookup_elem(user, &key.user, row->user);
	}
	return err;
}

size_t page_bytes(struct probe *probe)
{
	size_t rows = 1 + MORE_ROWS; /* the first is of what had no room */
	struct ks_pages_key key, *last = NULL;

	if (!probe->settings.focus_pid)
		return 0;
	for (; !bpf_map_get_next_key(map_of(probe, "pages"), last, &key); last = &key)
		rows++;
	return rows * sizeof(struct ks_pages_row);
}
