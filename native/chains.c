// SPDX-License-Identifier: GPL-2.0-only
/* The attach chains: for each probe its roles, for each role its programs, best first. */
#include "internal.h"

#include <linux/perf_event.h>

static const struct perf_source major_faults = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ,
						1};
#define NO_REASONS                                                                                 \
	"the kernel gives no drop reasons (5.17 and newer do): drops are counted, but none is "    \
	"told from a normal one, and there are no events"

/* A look at each CPU once a second: one wake-up of an idle one. */
static const struct perf_source every_second = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK,
						1000000000, true};

#define IN_A_HASH "faults under way are kept in a hash by thread id, at a higher cost"

/* clang-format off: a table */

#define FEXIT(function)                                                                            \
	{                                                                                          \
		function "_fentry", "fexit", .with = function "_fexit"                             \
	}
#define KPROBE(function)                                                                           \
	{                                                                                          \
		function "_kprobe", "kprobe", .with = function "_kretprobe"                        \
	}

#define NO_VECTORS   "vectored calls are not timed"
#define NO_FDATASYNC "fdatasync may not be timed"

/* A kretprobe occupies one of few places until the call returns, be it a read of an idle pipe. */
static const struct chain vfs_kprobes = {
	"vfs",
	{
		{"vfs_read",
		 REQUIRED,
		 {{"vfs_read_kprobe", "kprobe", .with = "vfs_read_kretprobe",
		   .lost = "while about two calls a CPU are under way, idle ones included, no more "
			   "are "
			   "timed"}}},
		{"vfs_write", REQUIRED, {KPROBE("vfs_write")}},
		{"vfs_readv", NO_VECTORS, {KPROBE("vfs_readv")}},
		{"vfs_writev", NO_VECTORS, {KPROBE("vfs_writev")}},
		{"vfs_fsync_range", "fsync is not timed", {KPROBE("vfs_fsync_range")}},
		{"fdatasync", NO_FDATASYNC, {KPROBE("sys_fdatasync")}},
		{"do_sys_openat2", "open is not timed", {KPROBE("do_sys_openat2")}},
	}};

#define AT_SYSCALLS                                                                                \
	"timed at the system calls: every call on the host pays for it, and 32-bit programs are "  \
	"not seen"

static const struct chain vfs_syscalls = {
	"vfs",
	{
		{"system calls",
		 REQUIRED,
		 {
			 {"vfs_sys_cast_enter", "tp_btf", .with = "vfs_sys_cast_exit",
			  .lost = AT_SYSCALLS},
			 {"vfs_sys_read_enter", "tp_btf", .with = "vfs_sys_read_exit",
			  .lost = AT_SYSCALLS},
		 }},
	},
	&vfs_kprobes};

const struct chain chains[] = {
	{"sched",
	 {
		 {"sched_switch",
		  REQUIRED,
		  {
			  {"sched_switch_storage", "tp_btf", .maps = "arrivals"},
			  {"sched_switch_hash", "tp_btf", .maps = "arrivals_by_tid",
			   .lost = "no task storage: waits are kept in a hash by thread id, at a "
				   "higher cost"},
			  {"sched_switch_raw", "raw_tp", .maps = "arrivals_by_tid",
			   .lost = "no BTF arguments: waits are kept in a hash by thread id, at a "
				   "higher cost"},
		  }},
		 {"sched_migrate_task",
		  "a sleep may pass for a wait when a sleeper is migrated (6.12 and newer)",
		  {
			  {"sched_migrate_storage", "tp_btf"},
			  {"sched_migrate_hash", "tp_btf"},
			  {"sched_migrate_raw", "raw_tp"},
		  }},
	 }},
	{"block",
	 {
		 {"block_rq_complete",
		  REQUIRED,
		  {
			  {"block_rq_complete", "tp_btf"},
		  }},
		 {"request owner",
		  "requests have no owner",
		  {
			  {"block_io_start", "tp_btf"},
			  {"block_account_fentry", "fentry"},
			  {"block_account_fentry_inner", "fentry"},
			  {"block_account_kprobe", "kprobe"},
			  {"block_account_kprobe_inner", "kprobe"},
			  {"block_rq_insert", "tp_btf",
			   .lost = "requests that a kernel worker issues have no owner"},
		  }},
		 {"block_rq_issue",
		  "queue and device time only where the queue keeps statistics",
		  {
			  {"block_rq_issue", "tp_btf"},
		  }},
		 {"block_rq_merge",
		  "requests that merge into others may be shown as still in flight",
		  {
			  {"block_rq_merge", "tp_btf"},
		  }},
	 }},
	{"oom",
	 {
		 {"mark_victim",
		  REQUIRED,
		  {
			  {"mark_victim_task", "tp_btf"},
			  {"mark_victim_pid", "tp_btf",
			   .lost = "victims other than the allocating task are known by thread id "
				   "only"},
		  }},
		 {"oom_kill_process",
		  "whose limit it was is inferred from the page counters",
		  {
			  {"oom_kill_fentry", "fentry"},
			  {"oom_kill_kprobe", "kprobe"},
		  }},
	 }},
	{"retransmit",
	 {
		 {"tcp_retransmit_skb",
		  REQUIRED,
		  {
			  {"tcp_retransmit_skb", "tp_btf", .maps = "owners"},
			  {"tcp_retransmit_skb_bare", "tp_btf",
			   .lost = "no socket storage: sockets have no owning process"},
		  }},
		 {"tcp_retransmit_synack",
		  "repeated SYN-ACKs are not seen",
		  {
			  {"tcp_retransmit_synack", "tp_btf"},
			  {"tcp_retransmit_synack_bare", "tp_btf"},
		  }},
		 {"inet_sock_set_state",
		  "the process of a new connection is found late or not at all",
		  {
			  {"inet_sock_set_state", "tp_btf"},
		  }},
		 {"socket owners",
		  "the process of accepted and older connections is unknown",
		  {
			  {"find_owners", "iter"},
		  }},
	 }},
	{"faults",
	 {
		 {"major faults",
		  REQUIRED,
		  {
			  {"major_fault", "perf_event", .perf = &major_faults},
		  }},
	 }},
	{"wakeups",
	 {
		 {"sched_wakeup",
		  REQUIRED,
		  {
			  {"sched_wakeup", "tp_btf"},
		  }},
		 {"sched_wakeup_new",
		  REQUIRED,
		  {
			  {"sched_wakeup_new", "tp_btf"},
		  }},
	 }},
	{"tasks",
	 {
		 {"task iterator",
		  REQUIRED,
		  {
			  {"list_tasks", "iter"},
		  }},
	 }},
	{"fault-latency",
	 {
		 {"handle_mm_fault",
		  REQUIRED,
		  {
			  {"fault_fentry_storage", "fexit", .with = "fault_fexit_storage",
			   .maps = "starts"},
			  {"fault_fentry_hash", "fexit", .with = "fault_fexit_hash",
			   .maps = "starts_by_tid", .lost = IN_A_HASH},
			  {"fault_kprobe", "kprobe", .with = "fault_kretprobe",
			   .maps = "starts_by_tid",
			   .lost = IN_A_HASH "; while many are under way no more are timed"},
		  }},
	 }},
	{"pages",
	 {
		 {"mm_page_alloc",
		  REQUIRED,
		  {
			  {"page_alloc", "raw_tp"},
		  }},
	 }},
	{"reclaim",
	 {
		 {"direct_reclaim",
		  REQUIRED,
		  {
			  {"direct_begin", "tp_btf", .with = "direct_end"},
			  {"direct_raw_begin", "raw_tp", .with = "direct_raw_end"},
		  }},
		 {"memcg_reclaim",
		  "what memory cgroups at their limit reclaim is not timed",
		  {
			  {"memcg_begin", "tp_btf", .with = "memcg_end"},
			  {"memcg_raw_begin", "raw_tp", .with = "memcg_raw_end"},
		  }},
	 }},
	{"drops",
	 {
		 {"kfree_skb",
		  REQUIRED,
		  {
			  {"kfree_skb_reason", "tp_btf"},
			  {"kfree_skb_bare", "tp_btf", .lost = NO_REASONS},
			  {"kfree_skb_raw", "raw_tp"},
			  {"kfree_skb_raw_bare", "raw_tp", .lost = NO_REASONS},
		  }},
	 }},
	{"container-traffic",
	 {
		 {"received",
		  REQUIRED,
		  {
			  {"count_received", "cgroup_skb"},
		  }},
		 {"sent",
		  REQUIRED,
		  {
			  {"count_sent", "cgroup_skb"},
		  }},
	 }},
	{"vfs",
	 {
		 {"vfs_read", REQUIRED, {FEXIT("vfs_read")}},
		 {"vfs_write", REQUIRED, {FEXIT("vfs_write")}},
		 {"vfs_readv", NO_VECTORS, {FEXIT("vfs_readv")}},
		 {"vfs_writev", NO_VECTORS, {FEXIT("vfs_writev")}},
		 {"vfs_fsync_range", "fsync is not timed", {FEXIT("vfs_fsync_range")}},
		 {"fdatasync", NO_FDATASYNC, {FEXIT("sys_fdatasync")}},
		 {"do_sys_openat2",
		  "open is not timed",
		  {
			  {"do_sys_openat2_fentry", "fexit", .with = "do_sys_openat2_cast"},
			  FEXIT("do_sys_openat2"),
		  }},
	 },
	 &vfs_syscalls},
	{"syscall",
	 {
		 {"system calls",
		  REQUIRED,
		  {
			  {"syscall_cast_enter", "tp_btf", .with = "syscall_cast_exit"},
			  {"syscall_read_enter", "tp_btf", .with = "syscall_read_exit"},
			  {"syscall_raw_enter", "raw_tp", .with = "syscall_raw_exit"},
		  }},
	 }},
	{"process",
	 {
		 {"sched_process_exit",
		  REQUIRED,
		  {
			  {"process_exit", "tp_btf"},
			  {"process_exit_raw", "raw_tp"},
		  }},
		 {"sched_process_exec",
		  "which programs are run is unknown",
		  {
			  {"process_exec", "tp_btf"},
			  {"process_exec_raw", "raw_tp"},
		  }},
	 }},
	{"fork",
	 {
		 {"sched_process_fork",
		  REQUIRED,
		  {
			  {"process_fork", "tp_btf"},
			  {"process_fork_raw", "raw_tp"},
		  }},
	 }},
	{"lockup",
	 {
		 {"CPU clock",
		  "soft lock-ups are known from the kernel's log alone",
		  {
			  {"cpu_clock", "perf_event", .perf = &every_second},
		  }},
		 {"sched_process_hang",
		  "hung tasks are known from the kernel's log alone",
		  {
			  {"hung_task", "tp_btf"},
			  {"hung_task_bare", "tp_btf", .lost = "hung tasks have no stack"},
		  }},
		 {"rcu_stall_warning",
		  "RCU stalls are known from the kernel's log alone",
		  {
			  {"rcu_stall", "tp_btf"},
		  }},
	 }},
};
/* clang-format on */

const size_t chain_count = sizeof(chains) / sizeof(chains[0]);
