// SPDX-License-Identifier: GPL-2.0-only
/* Requests in flight, and those that ended lately: who kept which disk busy. */
#include "internal.h"

#include <errno.h>
#include <string.h>

/* Stamps that are fetched at once. */
#define CHUNK 256

struct out {
	struct ks_flights *head;
	struct ks_flight *next;
	size_t left;
};

static struct ks_flight *next_flight(struct out *out)
{
	struct ks_flight *row = out->next;

	if (out->left < sizeof(*row))
		return NULL;
	memset(row, 0, sizeof(*row));
	out->next++;
	out->left -= sizeof(*row);
	out->head->rows++;
	return row;
}

static int add_stamp(struct out *out, const struct ks_stamp *stamp)
{
	struct ks_flight *row = next_flight(out);

	if (!row)
		return -ENOSPC;
	row->from_ns = stamp->start_ns;
	row->issue_ns = stamp->issue_ns;
	row->bytes = stamp->bytes;
	row->cgroup_id = stamp->cgroup_id;
	row->count = 1;
	row->dev = stamp->dev;
	row->op = stamp->op;
	row->owner = stamp->owner;
	row->pid = stamp->pid;
	row->tid = stamp->tid;
	row->uid = stamp->uid;
	row->left_out = stamp->left_out;
	memcpy(row->comm, stamp->comm, sizeof(row->comm));
	return 0;
}

static int add_stamps(struct probe *probe, struct out *out)
{
	int map = bpf_object__find_map_fd_by_name(probe->object, "stamps"), end, err = 0;
	struct ks_stamp stamps[CHUNK];
	uint64_t keys[CHUNK], place, *from = NULL;

	do {
		uint32_t count = CHUNK;

		end = bpf_map_lookup_batch(map, from, &place, keys, stamps, &count, NULL);
		if (end && end != -ENOENT) /* the end of the map, with a valid count */
			return end;
		from = &place;
		for (uint32_t i = 0; !err && i < count; i++)
			if (stamps[i].since == probe->live->attach_ns)
				err = add_stamp(out, &stamps[i]);
	} while (!end && !err);
	return err;
}

/* The program may be writing it: 0 when what was copied isn't one batch. */
static uint64_t copy_batch(struct ks_batch *copy, const struct ks_batch *batch)
{
	uint64_t first = __atomic_load_n(&batch->first_end_ns, __ATOMIC_ACQUIRE);

	memcpy(copy, batch, sizeof(*copy));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return copy->count && copy->first_end_ns == first &&
			       __atomic_load_n(&batch->first_end_ns, __ATOMIC_RELAXED) == first
		       ? first
		       : 0;
}

static int add_batches(const struct ks_block_cpu *cpu, uint32_t id, struct out *out)
{
	uint64_t newest = __atomic_load_n(&cpu->batch, __ATOMIC_ACQUIRE), first = 0;
	struct ks_batch batch;

	for (uint32_t back = 0; back < KS_BATCHES; back++) {
		struct ks_flight *row;
		uint64_t at;

		at = copy_batch(&batch, &cpu->batches[(newest - back) & (KS_BATCHES - 1)]);
		/* Older ones come next; one that is newer was written meanwhile. */
		if (!at || (first && at > first))
			continue;
		first = at;
		row = next_flight(out);
		if (!row)
			return -ENOSPC;
		row->from_ns = batch.from_ns;
		row->first_end_ns = batch.first_end_ns;
		row->end_ns = batch.end_ns;
		row->flight_ns = batch.flight_ns;
		row->bytes = batch.bytes;
		row->count = batch.count;
		row->dev = batch.dev;
		row->owner = batch.owner;
		row->pid = batch.pid;
		row->cpu = id;
		memcpy(row->comm, batch.comm, sizeof(row->comm));
	}
	/* What the oldest one took the place of. */
	if (newest >= KS_BATCHES && first > out->head->since_ns)
		out->head->since_ns = first;
	return 0;
}

int kstop_requests(struct kstop *k, int ended, void *buffer, size_t size)
{
	struct probe *probe = find_probe(k, "block");
	struct out out = {buffer, (void *)((uint8_t *)buffer + sizeof(struct ks_flights)),
			  size - sizeof(struct ks_flights)};
	int err;

	if (size < sizeof(struct ks_flights))
		return -ENOSPC;
	memset(out.head, 0, sizeof(*out.head));
	if (!probe || !probe->object)
		return -ENOENT;
	out.head->since_ns = probe->live->attach_ns;
	err = add_stamps(probe, &out);
	for (int i = 0; ended && !err && i < cpu_slots(); i++)
		err = add_batches((void *)((uint8_t *)probe->cpus + i * probe->cpu_bytes), i, &out);
	return err ? err : (int)((uint8_t *)out.next - (uint8_t *)buffer);
}
