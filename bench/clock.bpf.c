// SPDX-License-Identifier: GPL-2.0-only
/* Programs at sys_enter and sys_exit that read the clock and keep nothing: the least that the exact
 * time of each call costs, wherever it is kept. */
#include "../bpf/kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

volatile __u64 began_ns, ns;

SEC("tp_btf/sys_enter")
int BPF_PROG(clock_enter, void *regs, long number)
{
	began_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(clock_exit, void *regs, long result)
{
	ns += bpf_ktime_get_ns() - began_ns;
	return 0;
}
