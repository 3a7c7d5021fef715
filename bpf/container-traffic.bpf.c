// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes and packets by the cgroup of the socket that receives or sends them: IP packets, as the
 * socket layer sees them. Attached to the root of the unified hierarchy beside whatever else is
 * there; every packet is let through.
 */
#include "counters.h"

#define LET_THROUGH 1

/* The least recently used cgroup makes room: user space sees that its counts begin anew. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct ks_traffic);
} traffic SEC(".maps");

static __always_inline bool is_wanted(struct __sk_buff *skb)
{
	__u32 flags = settings.filter_flags;

	if (!flags)
		return true;
	return flags == KS_FILTER_CGROUP &&
	       bpf_skb_ancestor_cgroup_id(skb, settings.filter_level) == settings.filter_cgroup;
}

static __always_inline int count(struct __sk_buff *skb, const bool sent)
{
	/* A packet that the device cuts up, or that was put together, stands for its segments. */
	__u32 packets = skb->gso_segs > 1 ? skb->gso_segs : 1;
	struct ks_traffic *sum, zero = {};
	struct ks_counters *n = this_cpu();
	__u64 id = bpf_skb_cgroup_id(skb);

	if (n)
		ks_add(&n->runs, 1);
	if (!id || !is_wanted(skb))
		return LET_THROUGH;
	sum = bpf_map_lookup_elem(&traffic, &id);
	if (!sum) {
		bpf_map_update_elem(&traffic, &id, &zero, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(&traffic, &id);
	}
	if (!sum)
		return LET_THROUGH;
	ks_add(sent ? &sum->tx_bytes : &sum->rx_bytes, skb->len);
	ks_add(sent ? &sum->tx_packets : &sum->rx_packets, packets);
	return LET_THROUGH;
}

SEC("cgroup_skb/ingress")
int count_received(struct __sk_buff *skb)
{
	return count(skb, false);
}

SEC("cgroup_skb/egress")
int count_sent(struct __sk_buff *skb)
{
	return count(skb, true);
}
