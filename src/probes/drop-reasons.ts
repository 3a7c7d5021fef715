import type {DropClass} from '../types/stream.ts';

/**
 * The classes of drop reasons, by the names of the kernel's enum skb_drop_reason (include/net/dropreason-core.h,
 * 5.17 to 7.2). A name that isn't here is `normal`: a new kernel's new name must not raise a false alarm, and it is
 * counted under its name all the same.
 */
const FAULTS = [
  // Somebody reads too slowly, or has too little room.
  'SOCKET_RCVBUFF',
  'SOCKET_BACKLOG',
  'TCP_OFO_QUEUE_PRUNE',
  'TCP_OFO_DROP',
  'TCP_LISTEN_OVERFLOW',
  'FULL_RING',
  'CPU_BACKLOG',
  'MACVLAN_BROADCAST_BACKLOG',
  'IPVLAN_MULTICAST_BACKLOG',
  // Memory has run out, or its limit for a protocol has been reached.
  'PROTO_MEM',
  'NOMEM',
  'PFMEMALLOC',
  'SKB_UCOPY_FAULT',
  // The way out is too narrow for what is sent.
  'QDISC_DROP',
  'QDISC_OVERLIMIT',
  'QDISC_CONGESTED',
  'QDISC_BURST_DROP',
  'CAKE_FLOOD',
  'FQ_BAND_LIMIT',
  'FQ_HORIZON_LIMIT',
  'FQ_FLOW_LIMIT',
  'DUALPI2_STEP_DROP',
  // The next hop doesn't answer, or the table of neighbours is full.
  'NEIGH_CREATEFAIL',
  'NEIGH_FAILED',
  'NEIGH_QUEUEFULL',
  'NEIGH_HH_FILLFAIL',
  // Damaged on the way, or made wrongly.
  'IP_CSUM',
  'TCP_CSUM',
  'UDP_CSUM',
  'ICMP_CSUM',
  'SKB_CSUM',
  'SKB_BAD_GSO',
  'SKB_GSO_SEG',
  'PKT_TOO_SMALL',
  'HDR_TRUNC',
  'IP_INHDR',
  'DEV_HDR',
  'VXLAN_INVALID_HDR',
  'MAC_INVALID_SOURCE',
  'CAN_RX_INVALID_FRAME',
  'CANFD_RX_INVALID_FRAME',
  'CANXL_RX_INVALID_FRAME',
  // Fragments went missing.
  'FRAG_REASM_TIMEOUT',
  'FRAG_TOO_FAR',
  // A configuration that can't work.
  'TC_COOKIE_ERROR',
  'TC_CHAIN_NOTFOUND',
  'TC_RECLASSIFY_LOOP',
  'TUNNEL_TXINFO',
  'RECURSION_LIMIT',
] as const;

/** Somebody's rule: a firewall, a filter, a program, a key, a switch that is off. */
const POLICIES = [
  'NETFILTER_DROP',
  'SOCKET_FILTER',
  'BPF_CGROUP_EGRESS',
  'TC_EGRESS',
  'TC_INGRESS',
  'XDP',
  'SECURITY_HOOK',
  'XFRM_POLICY',
  'IP_RPFILTER',
  'IPV6DISABLED',
  'TAP_FILTER',
  'TAP_TXFILTER',
  'ARP_PVLAN_DISABLE',
  'TCP_MINTTL',
  'TCP_AUTH_HDR',
  'TCP_MD5NOTFOUND',
  'TCP_MD5UNEXPECTED',
  'TCP_MD5FAILURE',
  'TCP_AONOTFOUND',
  'TCP_AOUNEXPECTED',
  'TCP_AOKEYNOTFOUND',
  'TCP_AOFAILURE',
  'PSP_INPUT',
  'PSP_OUTPUT',
] as const;

/** A healthy network has these: ends of connections, repetitions, strangers' packets, what nobody asked for. */
const NORMAL = [
  // The kernel frees packets that were used to the end under this name too.
  'NOT_SPECIFIED',
  'CONSUMED',
  // Nobody is there (any more): a closed port is answered, a closing socket empties its queue.
  'NO_SOCKET',
  'SOCKET_CLOSE',
  'QUEUE_PURGE',
  'UNIX_DISCONNECT',
  'UNIX_SKIP_OOB',
  'NEIGH_DEAD',
  'DEV_READY',
  // TCP's own life: old, repeated, merged and probing segments, resets, closes.
  'TCP_FLAGS',
  'TCP_ABORT_ON_DATA',
  'TCP_ZEROWINDOW',
  'TCP_OLD_DATA',
  'TCP_OVERWINDOW',
  'TCP_OFOMERGE',
  'TCP_RFC7323_PAWS',
  'TCP_RFC7323_PAWS_ACK',
  'TCP_RFC7323_TW_PAWS',
  'TCP_RFC7323_TSECR',
  'TCP_OLD_SEQUENCE',
  'TCP_INVALID_SEQUENCE',
  'TCP_INVALID_END_SEQUENCE',
  'TCP_INVALID_ACK_SEQUENCE',
  'TCP_INVALID_SYN',
  'TCP_RESET',
  'TCP_CLOSE',
  'TCP_FASTOPEN',
  'TCP_OLD_ACK',
  'TCP_TOO_OLD_ACK',
  'TCP_ACK_UNSENT_DATA',
  // Meant for others, or of a kind that nobody here speaks.
  'OTHERHOST',
  'UNICAST_IN_L2_MULTICAST',
  'LOCAL_MAC',
  'IP_NOPROTO',
  'UNHANDLED_PROTO',
  'INVALID_PROTO',
  'MAC_IEEE_MAC_CONTROL',
  'BRIDGE_INGRESS_STP_STATE',
  'VXLAN_VNI_NOT_FOUND',
  'VXLAN_ENTRY_EXISTS',
  'NO_TX_TARGET',
  // Routing: no way to there, addresses that can't be; the sender is told where it can be.
  'IP_OUTNOROUTES',
  'IP_INNOROUTES',
  'IP_INADDRERRORS',
  'IP_LOCAL_SOURCE',
  'IP_INVALID_SOURCE',
  'IP_INVALID_DEST',
  'IP_LOCALNET',
  'IP_TUNNEL_ECN',
  'PKT_TOO_BIG',
  'DUP_FRAG',
  'IPV6_BAD_EXTHDR',
  'IPV6_TOO_MANY_EXTHDRS',
  'IPV6_NDISC_FRAG',
  'IPV6_NDISC_HOP_LIMIT',
  'IPV6_NDISC_BAD_CODE',
  'IPV6_NDISC_BAD_OPTIONS',
  'IPV6_NDISC_NS_OTHERHOST',
  // The copy of a capture that reads too slowly; the packet itself goes on.
  'PACKET_SOCK_ERROR',
] as const;

const CLASSES: ReadonlyMap<string, DropClass> = new Map([
  ...FAULTS.map((name) => [name, 'fault'] as const),
  ...POLICIES.map((name) => [name, 'policy'] as const),
  ...NORMAL.map((name) => [name, 'normal'] as const),
]);

/** Class of a reason by its name; undefined for a name that this version doesn't know, which counts as `normal`. */
export const knownDropClass = (name: string): DropClass | undefined => CLASSES.get(name);
