/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The per-CPU counters of a probe that keeps nothing else by CPU, or what KS_CPU names. Indexed by
 * CPU id: user space sizes the map, and reads it through a mapping (which a per-CPU array doesn't
 * allow).
 */
#ifndef KSTOP_COUNTERS_H
#define KSTOP_COUNTERS_H

#include "common.h"

#ifndef KS_CPU
#define KS_CPU ks_cpu
#endif

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct KS_CPU);
} cpus SEC(".maps");

static __always_inline struct KS_CPU *cpu_cell(void)
{
	__u32 id = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&cpus, &id);
}

static __always_inline struct ks_counters *this_cpu(void)
{
	struct KS_CPU *cpu = cpu_cell();

	return cpu ? &cpu->n : NULL;
}

#endif
