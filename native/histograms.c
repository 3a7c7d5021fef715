// SPDX-License-Identifier: GPL-2.0-only
/* Histograms as the programs keep them, by CPU -> rows of a snapshot. */
#include "internal.h"

#include <errno.h>

void copy_hist(struct ks_hist_row *row, const struct ks_hist *hist)
{
	for (size_t i = 0; i < KS_HIST_CELLS; i++)
		row->cells[i] += __atomic_load_n(&hist->cells[i], __ATOMIC_RELAXED);
	row->sum_ns += __atomic_load_n(&hist->sum_ns, __ATOMIC_RELAXED);
}

/* 0: none in that epoch. */
static uint64_t max_of(const struct ks_hist *hist, uint64_t epoch)
{
	uint64_t max = __atomic_load_n(&hist->max_ns[epoch & 1], __ATOMIC_RELAXED);

	return __atomic_load_n(&hist->max_epoch[epoch & 1], __ATOMIC_RELAXED) == epoch ? max : 0;
}

void take_max(struct ks_hist_row *row, const struct ks_hist *hist, uint64_t epoch)
{
	uint64_t max = max_of(hist, epoch), next = max_of(hist, epoch + 1);

	if (max > row->max_ns)
		row->max_ns = max;
	if (next > row->next_max_ns)
		row->next_max_ns = next;
}

int folded_rows(struct probe *probe, size_t offset, size_t count, uint64_t epoch, struct sink *sink)
{
	struct ks_hist_row *rows = (void *)sink->at;

	for (size_t i = 0; i < count; i++) {
		if (!next_row(sink, sizeof(*rows)))
			return -ENOSPC;
		rows[i].op = i;
	}
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < cpu_slots() * count; i++) {
			const uint8_t *cpu = (uint8_t *)probe->cpus + i / count * probe->cpu_bytes;
			const struct ks_hist *hist = (const void *)(cpu + offset);

			if (pass == 0)
				copy_hist(&rows[i % count], &hist[i % count]);
			else
				take_max(&rows[i % count], &hist[i % count], epoch);
		}
	return 0;
}

int focus_rows(struct probe *probe, size_t offset, size_t count, uint64_t epoch, struct sink *sink)
{
	struct ks_hist_row *rows = (void *)sink->at;
	int err;

	if (!probe->settings.focus_pid)
		return 0;
	err = folded_rows(probe, offset, count, epoch, sink);
	for (size_t i = 0; !err && i < count; i++)
		rows[i].focus = probe->settings.focus_pid;
	return err;
}

size_t focus_bytes(struct probe *probe, size_t count)
{
	return probe->settings.focus_pid ? count * sizeof(struct ks_hist_row) : 0;
}
