// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dropped packets: every one is counted by network namespace and reason; those whose reason user
 * space has classed as a fault or a policy become events.
 *
 * Drops happen in softirqs and timers, so the owner is the socket's (cgroup and user), never the
 * current task.
 */
#include "common.h"

#define ETH_P_IP   0x0800
#define ETH_P_IPV6 0x86DD

#define IPPROTO_UDP	17
#define IPPROTO_DCCP	33
#define IPPROTO_SCTP	132
#define IPPROTO_UDPLITE 136

/* PROC_DYNAMIC_FIRST (fs/proc/generic.c) is 0xF0000000, and the lowest free number is the next one;
 * the first namespaces' fixed numbers lie closely below. Anything else was no namespace. */
#define NETNS_FIRST 0xEFFFFF00U
#define NETNS_LAST  0xF0FFFFFFU

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ks_drop_cpu);
} cpus SEC(".maps");

/* Class by reason (enum ks_drop_class), given by user space before the programs are attached. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KS_DROP_TABLE);
	__type(key, __u32);
	__type(value, __u32);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ks_drop_places);
} places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KS_DROP_SHARED);
	__type(key, __u32);
	__type(value, struct ks_drop_counts);
} shared_places SEC(".maps");

/* What has no place. Preallocated: an allocation in whatever context a packet is freed in is not
 * safe before 6.1. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 2048);
	__type(key, struct ks_drop_key);
	__type(value, __u64);
} drops SEC(".maps");

/* A field of a kernel structure: loaded where the verifier knows the type, else by the helper. */
#define LOAD(typed, from, field) ((typed) ? (from)->field : BPF_CORE_READ(from, field))

static __always_inline __u32 netns_of_socket(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

/* Is it the address of something in the kernel? A queue may have left a number in its place. */
static __always_inline bool is_address(const void *pointer)
{
	return (long)pointer < 0;
}

static __always_inline bool is_netns(__u32 inum)
{
	return inum - NETNS_FIRST <= NETNS_LAST - NETNS_FIRST;
}

/* Who was to receive it (6.11+). Read as a number: 6.12 takes the argument for never NULL and would
 * cut the test away. */
static __always_inline struct sock *receiver_of(unsigned long long *ctx)
{
	__u64 sk = 0;

	if (bpf_core_field_exists(struct trace_event_raw_kfree_skb, rx_sk))
		bpf_probe_read_kernel(&sk, sizeof(sk), &ctx[3]);
	return (struct sock *)sk;
}

/* The socket that was to receive the packet, else the one that sent it. A fragment that waits for
 * the others has its offset there instead (up to 6.8). */
static __always_inline struct sock *socket_of(unsigned long long *ctx, struct sk_buff *skb)
{
	struct sock *sk = receiver_of(ctx);

	if (!sk)
		sk = BPF_CORE_READ(skb, sk);
	return is_address(sk) ? sk : NULL;
}

/* The device's namespace: where the packet is. Then the socket's, which may be the sender's. */
static __always_inline __u32 netns_of(unsigned long long *ctx, struct sk_buff *skb,
				      const bool typed)
{
	struct net_device *dev = LOAD(typed, skb, dev);
	struct net *net;
	struct sock *sk;
	__u32 inum = 0;

	if (is_address(dev)) {
		net = LOAD(typed, dev, nd_net.net);
		if (is_address(net))
			inum = LOAD(typed, net, ns.inum);
	}
	if (is_netns(inum))
		return inum;
	sk = socket_of(ctx, skb);
	inum = sk ? netns_of_socket(sk) : 0;
	return is_netns(inum) ? inum : 0;
}

static __always_inline __u32 class_of(__u32 reason)
{
	__u32 subsystem = reason >> 16, index, *found;

	if (!subsystem && reason >= KS_DROP_SUBSYSTEMS)
		return KS_DROP_NORMAL;
	index = subsystem ? KS_DROP_SUBSYSTEMS + (subsystem & 63) : reason;
	found = bpf_map_lookup_elem(&table, &index);
	return found ? *found & 3 : KS_DROP_NORMAL;
}

/* Places tried for a namespace, from the one that its number points at (Fibonacci hashing: numbers
 * given out one after another lie far apart). */
#define TRIES 4

/* The namespace's place among 1 << bits, taken if one is free; -1: none is. */
static __always_inline int place_of(__u64 *places, const __u32 bits, __u32 netns)
{
	const __u32 mask = (1U << bits) - 1;
	__u32 at = netns * 0x9e3779b1U >> (32 - bits);

	for (int i = 0; i < TRIES; i++, at++) {
		__u64 *place = &places[at & mask], before = *place;

		if (!before)
			before = __sync_val_compare_and_swap(place, 0, netns);
		if (!before || before == netns)
			return at & mask;
	}
	return -1;
}

/*
 * Counts in a place that needs no map to be searched (half the cost of the whole program): of the
 * CPU's own, else of those that the CPUs share. Not before 5.12, which lacks the exchange; those
 * kernels have no reasons either.
 */
static __always_inline bool count_placed(struct ks_drop_cpu *cpu, __u32 netns, __u32 reason)
{
	struct ks_drop_counts *counts;
	struct ks_drop_places *known;
	__u32 key = 0;
	int place;

	if (!netns || reason >= KS_DROP_REASONS)
		return false;
	known = bpf_map_lookup_elem(&places, &key);
	if (!known)
		return false;
	place = place_of(known->netns, KS_DROP_PLACES_BITS, netns);
	if (place >= 0) {
		ks_add(&cpu->placed[(place * KS_DROP_REASONS + reason) &
				    (KS_DROP_PLACES * KS_DROP_REASONS - 1)],
		       1);
		return true;
	}
	place = place_of(known->shared, KS_DROP_SHARED_BITS, netns);
	key = place;
	counts = place < 0 ? NULL : bpf_map_lookup_elem(&shared_places, &key);
	if (!counts)
		return false;
	ks_add(&counts->reasons[reason & (KS_DROP_REASONS - 1)], 1);
	return true;
}

static __always_inline void count(struct ks_drop_cpu *cpu, __u32 netns, __u32 reason, __u32 class)
{
	struct ks_drop_key key = {.netns = netns, .reason = reason};
	__u64 *cell, zero = 0;

	if (reason && count_placed(cpu, netns, reason))
		return;
	cell = bpf_map_lookup_elem(&drops, &key);
	if (!cell) {
		bpf_map_update_elem(&drops, &key, &zero, BPF_NOEXIST);
		cell = bpf_map_lookup_elem(&drops, &key);
	}
	ks_add(cell ? cell : &cpu->beyond[class & 3], 1);
}

/* Has it cgroup and user? Those that only stand for a connection (TIME_WAIT, NEW_SYN_RECV) don't.
 */
static __always_inline bool is_full(struct sock *sk)
{
	__u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);

	return sk && state != TCP_TIME_WAIT && state != TCP_NEW_SYN_RECV;
}

static __always_inline struct cgroup *cgroup_of(struct sock *sk)
{
	if (!bpf_core_field_exists(struct sock_cgroup_data, cgroup))
		return NULL;
	return BPF_CORE_READ(sk, sk_cgrp_data.cgroup);
}

/* No process is known: what filters by one leaves all drops out. */
static __always_inline bool is_wanted(struct sock *sk)
{
	__u32 flags = settings.filter_flags;

	if (!flags)
		return true;
	return flags == KS_FILTER_CGROUP && is_full(sk) && ks_below_filter(cgroup_of(sk));
}

static __always_inline void own_by_socket(struct ks_event *e, struct sock *sk)
{
	struct cgroup *cgrp;

	if (!is_full(sk))
		return;
	cgrp = cgroup_of(sk);
	e->uid = BPF_CORE_READ(sk, sk_uid.val);
	e->cgroup_id = cgrp ? ks_cgroup_id(cgrp) : 0;
	e->flags = KS_HAS_UID | (e->cgroup_id ? KS_HAS_CGROUP : 0);
}

/* The linear part of the packet: headers lie between start and end, or aren't looked at. */
struct linear {
	void *start;
	__u32 end;
};

static __always_inline bool take(struct linear *linear, __u32 at, void *into, const __u32 bytes)
{
	return at + bytes <= linear->end && !bpf_probe_read_kernel(into, bytes, linear->start + at);
}

static __always_inline bool has_ports(__u32 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_DCCP || protocol == IPPROTO_UDPLITE;
}

static __always_inline void take_ports(struct ks_drop_event *event, struct linear *linear, __u32 at)
{
	__u16 ports[2];

	if (!has_ports(event->ip_protocol) || !take(linear, at, ports, sizeof(ports)))
		return;
	event->sport = bpf_ntohs(ports[0]);
	event->dport = bpf_ntohs(ports[1]);
	event->drop_flags |= KS_DROP_HAS_PORTS;
}

struct ipv4_header {
	__u8 version_and_words;
	__u8 tos;
	__u16 bytes;
	__u16 id;
	__u16 fragment;
	__u8 ttl;
	__u8 protocol;
	__u16 checksum;
	__u32 saddr;
	__u32 daddr;
};

static __always_inline void take_ipv4(struct ks_drop_event *event, struct linear *linear, __u32 at)
{
	struct ipv4_header ip;

	if (!take(linear, at, &ip, sizeof(ip)) || ip.version_and_words >> 4 != 4)
		return;
	event->family = AF_INET;
	event->drop_flags |= KS_DROP_HAS_ADDRESSES;
	event->ip_protocol = ip.protocol;
	__builtin_memcpy(event->saddr, &ip.saddr, sizeof(ip.saddr));
	__builtin_memcpy(event->daddr, &ip.daddr, sizeof(ip.daddr));
	/* Only the first fragment begins with the ports; a header of fewer than five words is none.
	 */
	if (!(ip.fragment & bpf_htons(0x1fff)) && (ip.version_and_words & 15) >= 5)
		take_ports(event, linear, at + (ip.version_and_words & 15) * 4);
}

struct ipv6_header {
	__u8 version_and_class;
	__u8 flow[3];
	__u16 bytes;
	__u8 next;
	__u8 hops;
	__u8 saddr[16];
	__u8 daddr[16];
};

static __always_inline void take_ipv6(struct ks_drop_event *event, struct linear *linear, __u32 at)
{
	struct ipv6_header ip;

	if (!take(linear, at, &ip, sizeof(ip)) || ip.version_and_class >> 4 != 6)
		return;
	event->family = AF_INET6;
	event->drop_flags |= KS_DROP_HAS_ADDRESSES;
	event->ip_protocol = ip.next;
	__builtin_memcpy(event->saddr, ip.saddr, sizeof(ip.saddr));
	__builtin_memcpy(event->daddr, ip.daddr, sizeof(ip.daddr));
	take_ports(event, linear, at + sizeof(ip));
}

/* 0 stands for "no network header": a packet begins with the link's. */
static __always_inline void take_headers(struct ks_drop_event *event, struct sk_buff *skb)
{
	struct linear linear = {.start = BPF_CORE_READ(skb, head), .end = BPF_CORE_READ(skb, tail)};
	__u32 at = BPF_CORE_READ(skb, network_header);

	event->protocol = bpf_ntohs(BPF_CORE_READ(skb, protocol));
	if (!at)
		return;
	if (event->protocol == ETH_P_IP)
		take_ipv4(event, &linear, at);
	else if (event->protocol == ETH_P_IPV6)
		take_ipv6(event, &linear, at);
}

static __always_inline void describe(struct ks_drop_event *event, struct sk_buff *skb,
				     struct sock *sk)
{
	struct net_device *dev = BPF_CORE_READ(skb, dev);

	/* Not a queue's leftover: the namespace was found through it, or it names itself. */
	if (is_address(dev) && is_netns(BPF_CORE_READ(dev, nd_net.net, ns.inum)))
		bpf_core_read_str(event->device, sizeof(event->device), &dev->name);
	take_headers(event, skb);
	own_by_socket(&event->e, sk);
}

static __always_inline int dropped(unsigned long long *ctx, struct sk_buff *skb, __u32 reason,
				   const bool typed)
{
	__u32 id = bpf_get_smp_processor_id(), class, netns;
	struct ks_drop_cpu *cpu = bpf_map_lookup_elem(&cpus, &id);
	struct ks_drop_event *event;

	if (!cpu)
		return 0;
	/* Only for the estimate of the cost: an interrupt may take one away. */
	cpu->n.runs++;
	if (settings.filter_flags && !is_wanted(socket_of(ctx, skb)))
		return 0;
	class = class_of(reason);
	netns = netns_of(ctx, skb, typed);
	count(cpu, netns, reason, class);
	if (class == KS_DROP_NORMAL)
		return 0;
	/* Half the credit is for faults: a firewall at work doesn't hide them. */
	event = ks_reserve_keeping(&cpu->n, KS_PACKET_DROP, sizeof(*event),
				   class == KS_DROP_POLICY ? settings.burst_ns / 2 : 0);
	if (!event)
		return 0;
	event->location = ctx[1];
	event->reason = reason;
	event->drop_class = class;
	event->netns = netns;
	describe(event, skb, socket_of(ctx, skb));
	ks_submit(&cpu->n, event);
	return 0;
}

/* 5.17+ pass the reason. */
SEC("tp_btf/kfree_skb")
int BPF_PROG(kfree_skb_reason, struct sk_buff *skb, void *location, __u32 reason)
{
	return dropped(ctx, skb, reason, true);
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(kfree_skb_bare, struct sk_buff *skb)
{
	return dropped(ctx, skb, 0, true);
}

/* A raw program may read arguments that aren't there: without a reason it must not load. */
SEC("raw_tp/kfree_skb")
int BPF_PROG(kfree_skb_raw, struct sk_buff *skb, void *location, __u32 reason)
{
	if (!bpf_core_field_offset(struct trace_event_raw_kfree_skb, reason))
		return 0;
	return dropped(ctx, skb, reason, false);
}

SEC("raw_tp/kfree_skb")
int BPF_PROG(kfree_skb_raw_bare, struct sk_buff *skb)
{
	return dropped(ctx, skb, 0, false);
}
