// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps a CPU in the kernel for as long as it is told: `spin_here` in the task that runs it, and
 * `spin_later` in a timer, that is, in a softirq on top of whatever task is there.
 */
#include "../../../bpf/kernel.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

/* Ends long after the time is over. */
#define TURNS (1 << 23)

/* What `lockup` asks for and is told; mapped by it. */
volatile __u64 spin_ns SEC(".data.spin");
volatile __u64 began_ns SEC(".data.spin");
volatile __u64 ended_ns SEC(".data.spin");
volatile __u64 spin_cpu SEC(".data.spin");

struct late {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct late);
} timers SEC(".maps");

static long turn(__u32 i, void *context)
{
	return bpf_ktime_get_ns() - began_ns >= spin_ns;
}

static long turns(__u32 i, void *context)
{
	bpf_loop(TURNS, turn, NULL, 0);
	return bpf_ktime_get_ns() - began_ns >= spin_ns;
}

static __always_inline void spin(void)
{
	spin_cpu = bpf_get_smp_processor_id();
	began_ns = bpf_ktime_get_ns();
	bpf_loop(TURNS, turns, NULL, 0);
	ended_ns = bpf_ktime_get_ns();
}

SEC("raw_tp/sys_enter")
int spin_here(void *ctx)
{
	spin();
	return 0;
}

static int late(void *map, int *key, struct late *value)
{
	spin();
	return 0;
}

/* Tracing programs may not have timers. */
SEC("syscall")
int spin_later(void *ctx)
{
	__u32 zero = 0;
	struct late *value = bpf_map_lookup_elem(&timers, &zero);

	if (!value)
		return 1;
	bpf_timer_init(&value->timer, &timers, 1 /* CLOCK_MONOTONIC */);
	bpf_timer_set_callback(&value->timer, late);
	return bpf_timer_start(&value->timer, 50000000, 0);
}
