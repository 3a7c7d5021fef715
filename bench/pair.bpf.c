// SPDX-License-Identifier: GPL-2.0-only
/* Programs at sys_enter and sys_exit that do nothing: what the hooks alone cost. */
#include "../bpf/kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tp_btf/sys_enter")
int BPF_PROG(empty_enter, void *regs, long number)
{
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(empty_exit, void *regs, long result)
{
	return 0;
}
