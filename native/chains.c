// SPDX-License-Identifier: GPL-2.0-only
/* The attach chains: for each probe its roles, for each role its programs, best first. */
#include "internal.h"

const struct chain chains[] = {
	{
		.id = "sched",
		.roles =
			{
				{
					.name = "sched_switch",
					.choices =
						{
							{"sched_switch_storage", "tp_btf", NULL},
							{"sched_switch_hash", "tp_btf",
							 "no task storage: waits are kept in a "
							 "hash by thread id, at a higher cost"},
							{"sched_switch_raw", "raw_tp",
							 "no BTF arguments: waits are kept in a "
							 "hash by thread id, at a higher cost"},
						},
				},
				{
					.name = "sched_migrate_task",
					.lost = "a sleep may pass for a wait when a sleeper is "
						"migrated (6.12 and newer)",
					.choices =
						{
							{"sched_migrate_storage", "tp_btf", NULL},
							{"sched_migrate_hash", "tp_btf", NULL},
							{"sched_migrate_raw", "raw_tp", NULL},
						},
				},
			},
	},
	{
		.id = "block",
		.roles =
			{
				{
					.name = "block_rq_complete",
					.choices = {{"block_rq_complete", "tp_btf", NULL}},
				},
				{
					.name = "request owner",
					.lost = "requests have no owner",
					.choices =
						{
							{"block_io_start", "tp_btf", NULL},
							{"block_account_fentry", "fentry", NULL},
							{"block_account_fentry_inner", "fentry",
							 NULL},
							{"block_account_kprobe", "kprobe", NULL},
							{"block_account_kprobe_inner", "kprobe",
							 NULL},
							{"block_rq_insert", "tp_btf",
							 "requests that a kernel worker issues "
							 "have no owner"},
						},
				},
				{
					.name = "block_rq_issue",
					.lost = "queue and device time only where the queue keeps "
						"statistics",
					.choices = {{"block_rq_issue", "tp_btf", NULL}},
				},
			},
	},
	{
		.id = "oom",
		.roles =
			{
				{
					.name = "mark_victim",
					.choices =
						{
							{"mark_victim_task", "tp_btf", NULL},
							{"mark_victim_pid", "tp_btf",
							 "victims other than the allocating task "
							 "are known by thread id only"},
						},
				},
				{
					.name = "oom_kill_process",
					.lost = "whose limit it was is inferred from the page "
						"counters",
					.choices =
						{
							{"oom_kill_fentry", "fentry", NULL},
							{"oom_kill_kprobe", "kprobe", NULL},
						},
				},
			},
	},
	{
		.id = "retransmit",
		.roles =
			{
				{
					.name = "tcp_retransmit_skb",
					.choices =
						{
							{"tcp_retransmit_skb", "tp_btf", NULL},
							{"tcp_retransmit_skb_bare", "tp_btf",
							 "no socket storage: sockets have no "
							 "owning process"},
						},
				},
				{
					.name = "tcp_retransmit_synack",
					.lost = "repeated SYN-ACKs are not seen",
					.choices =
						{
							{"tcp_retransmit_synack", "tp_btf", NULL},
							{"tcp_retransmit_synack_bare", "tp_btf",
							 NULL},
						},
				},
				{
					.name = "inet_sock_set_state",
					.lost = "the process of a new connection is found late or "
						"not at all",
					.choices = {{"inet_sock_set_state", "tp_btf", NULL}},
				},
				{
					.name = "socket owners",
					.lost = "the process of accepted and older connections is "
						"unknown",
					.choices = {{"find_owners", "iter", NULL}},
				},
			},
	},
};

const size_t chain_count = sizeof(chains) / sizeof(chains[0]);
