// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP segments sent again, SYN-ACKs included: what TcpRetransSegs counts.
 *
 * Retransmits run from timers and softirqs, so the owner is the socket's: the process that
 * connected it, or that held its file when the owners were last looked up (iter/task_file); its
 * cgroup is the kernel's own record.
 */
#include "counters.h"
#include <linux/errno.h>

struct owner {
	__u32 pid;
	__u32 tid;
	__u8 comm[KS_COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct owner);
} owners SEC(".maps");

/* Segments by network namespace (inode number). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} segments_by_netns SEC(".maps");

static __always_inline void count_segments(__u32 netns, __u32 segments)
{
	__u64 *sum = bpf_map_lookup_elem(&segments_by_netns, &netns), zero = 0;

	if (!sum) {
		bpf_map_update_elem(&segments_by_netns, &netns, &zero, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(&segments_by_netns, &netns);
	}
	if (sum)
		ks_add(sum, segments);
}

static __always_inline bool is_wanted(struct owner *owner, struct cgroup *cgrp)
{
	__u64 comm[2] = {};

	if (!settings.filter_flags)
		return true;
	if (!owner && (settings.filter_flags & (KS_FILTER_PID | KS_FILTER_COMM)))
		return false;
	if (owner)
		__builtin_memcpy(comm, owner->comm, sizeof(comm));
	return ks_wanted(owner ? owner->pid : 0, comm, cgrp);
}

/* Addresses are the same fields in a full socket and in a request socket: both begin with
 * sock_common. */
static __always_inline void describe(struct ks_retransmit_event *event, struct sock_common *c)
{
	event->family = BPF_CORE_READ(c, skc_family);
	event->sport = BPF_CORE_READ(c, skc_num);
	event->dport = bpf_ntohs(BPF_CORE_READ(c, skc_dport));
	event->state = BPF_CORE_READ(c, skc_state);
	event->netns = BPF_CORE_READ(c, skc_net.net, ns.inum);
	if (event->family == AF_INET6) {
		BPF_CORE_READ_INTO(&event->saddr, c, skc_v6_rcv_saddr.in6_u.u6_addr8);
		BPF_CORE_READ_INTO(&event->daddr, c, skc_v6_daddr.in6_u.u6_addr8);
	} else {
		BPF_CORE_READ_INTO((__u32 *)&event->saddr, c, skc_rcv_saddr);
		BPF_CORE_READ_INTO((__u32 *)&event->daddr, c, skc_daddr);
	}
}

static __always_inline int retransmitted(struct sock *sk, struct owner *owner,
					 struct sock_common *addresses, __u32 segments)
{
	struct cgroup *cgrp = BPF_CORE_READ(sk, sk_cgrp_data.cgroup);
	struct ks_counters *n = this_cpu();
	struct ks_retransmit_event *event;

	if (!n)
		return 0;
	ks_add(&n->runs, 1);
	if (!is_wanted(owner, cgrp))
		return 0;
	count_segments(BPF_CORE_READ(addresses, skc_net.net, ns.inum), segments);
	event = ks_reserve(n, KS_TCP_RETRANSMIT, sizeof(*event));
	if (!event)
		return 0;
	describe(event, addresses);
	event->segments = segments;
	event->e.uid = BPF_CORE_READ(sk, sk_uid.val);
	event->e.cgroup_id = cgrp ? ks_cgroup_id(cgrp) : 0;
	event->e.flags = KS_HAS_UID | (event->e.cgroup_id ? KS_HAS_CGROUP : 0);
	if (owner) {
		event->e.flags |= KS_HAS_TASK;
		event->e.pid = owner->pid;
		event->e.tid = owner->tid;
		__builtin_memcpy(event->e.comm, owner->comm, KS_COMM_LEN);
	}
	ks_submit(n, event);
	return 0;
}

static __always_inline __u32 segments_of(struct sk_buff *skb)
{
	struct tcp_skb_cb *cb = (void *)skb + bpf_core_field_offset(struct sk_buff, cb);
	__u32 segments = BPF_CORE_READ(cb, tcp_gso_segs);

	return segments ? segments : 1;
}

/* 6.16 added the result, and tells of attempts too that were given up before anything was sent. */
struct trace_event_raw_tcp_retransmit_skb {
	int err;
} __attribute__((preserve_access_index));

/* Was it counted in TcpRetransSegs? So is what the queue or a firewall of this host then refused.
 */
static __always_inline bool is_counted(unsigned long long *ctx)
{
	int err;

	if (!bpf_core_field_exists(struct trace_event_raw_tcp_retransmit_skb, err))
		return true;
	err = ctx[2];
	return err >= 0 || err == -EPERM || err == -ENOBUFS;
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit_skb, struct sock *sk, struct sk_buff *skb)
{
	if (!is_counted(ctx))
		return 0;
	return retransmitted(sk, bpf_sk_storage_get(&owners, sk, 0, 0), &sk->__sk_common,
			     segments_of(skb));
}

/* The listener owns what isn't accepted yet. */
SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(tcp_retransmit_synack, struct sock *sk, struct request_sock *req)
{
	return retransmitted(sk, bpf_sk_storage_get(&owners, sk, 0, 0), &req->__req_common, 1);
}

/* Kernels without socket storage for tracing (before 5.11): cgroup and uid only. */
SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit_skb_bare, struct sock *sk, struct sk_buff *skb)
{
	if (!is_counted(ctx))
		return 0;
	return retransmitted(sk, NULL, &sk->__sk_common, segments_of(skb));
}

SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(tcp_retransmit_synack_bare, struct sock *sk, struct request_sock *req)
{
	return retransmitted(sk, NULL, &req->__req_common, 1);
}

static __always_inline void own_by_current(struct owner *owner)
{
	__u64 ids = bpf_get_current_pid_tgid();

	owner->pid = ids >> 32;
	owner->tid = ids;
	bpf_get_current_comm(owner->comm, sizeof(owner->comm));
}

/* connect() and listen() run in the owner's own context. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(inet_sock_set_state, struct sock *sk, int oldstate, int newstate)
{
	struct ks_counters *n = this_cpu();
	struct owner *owner;

	if (n)
		ks_add(&n->runs, 1);
	if ((newstate != TCP_SYN_SENT && newstate != TCP_LISTEN) || sk->sk_protocol != IPPROTO_TCP)
		return 0;
	owner = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (owner)
		own_by_current(owner);
	return 0;
}

/* One pass over all open files stamps sockets that were there before, and accepted ones with who
 * holds them. */
SEC("iter/task_file")
int find_owners(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket *socket;
	struct owner *owner;
	struct sock *sk;
	__u16 family;

	if (!task || !file || task->tgid != task->pid)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk)
		return 0;
	family = sk->__sk_common.skc_family;
	if ((family != AF_INET && family != AF_INET6) || sk->sk_protocol != IPPROTO_TCP)
		return 0;
	owner = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!owner || owner->pid)
		return 0;
	owner->pid = task->tgid;
	owner->tid = task->pid;
	bpf_probe_read_kernel_str(owner->comm, sizeof(owner->comm), task->comm);
	return 0;
}
