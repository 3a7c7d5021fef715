import {count} from '../../util/format.ts';
import type {Facts} from '../facts/facts.ts';
import type {Figures} from '../figures.ts';
import type {DropCount} from '../status/drops.ts';
import {many, type Rule, short, taskOf} from './rule.ts';

const MIN_FAULTS = 10;
const MIN_POLICY = 50;
/** Reasons that are told apart, the most frequent ones. */
const MAX_SHOWN = 3;

/** What to do about a fault, by the reason that the kernel gives (include/net/dropreason-core.h). First match. */
const REMEDIES: [RegExp, (drop: DropCount, facts: Facts) => string][] = [
  [
    /^SOCKET_RCVBUFF$/,
    ({reason}, {network}) => {
      const owner = network.dropOwners.topUnder(reason);
      const whose = owner ? taskOf(owner.key) : 'the receiving process';
      return `a socket’s receive buffer is full: raise it (net.core.rmem_max, SO_RCVBUF), or let ${whose} read faster`;
    },
  ],
  [
    /CSUM/,
    () => 'packets arrive damaged: check the NIC, its cable or switch, and its checksum offload (ethtool -k, -S)',
  ],
  [
    /^QDISC/,
    ({reason}, {network}) => {
      const device = network.dropDevices.topUnder(reason)?.key ?? 'DEV';
      return `a transmit queue is full: see tc -s qdisc show dev ${device}, txqueuelen, and who sends faster than the link`;
    },
  ],
  [
    /^CPU_BACKLOG$/,
    () => 'the CPUs’ input queue is full: raise net.core.netdev_max_backlog, spread receive work (RSS, RPS)',
  ],
  [/^NEIGH/, () => 'the next hop doesn’t answer: ip neigh, ip route get'],
  [/^PROTO_MEM$|^NOMEM$/, () => 'no memory for packets: net.ipv4.tcp_mem and udp_mem, memory of the host'],
  [/^FULL_RING$/, () => 'a virtual machine or container doesn’t take its packets: give it CPU, or more queues'],
];

/** Packets that were dropped for a fault, by reason. */
export const faultDrops: Rule = ({drops, facts, periods}) =>
  drops
    .filter((drop) => drop.class === 'fault' && drop.n >= MIN_FAULTS)
    .slice(0, MAX_SHOWN)
    .map((drop) => {
      const remedy = REMEDIES.find(([reason]) => reason.test(drop.reason));
      const advice = remedy
        ? remedy[1](drop, facts)
        : `find what dropped them${place(drop, facts)} (dropwatch, perf trace -e skb:kfree_skb)`;
      const text = `network: ${dropped(drop)}${place(drop, facts)} ${periods.counts}`;
      return {text, advice: `network: ${advice}`};
    });

/** A rule did what it says: information, no trouble. */
export const policyDrops: Rule = ({drops, facts, periods}) => {
  const all = drops.filter((drop) => drop.class === 'policy');
  const sum = all.reduce((total, {n}) => total + n, 0);
  const [top] = all;
  if (!top || sum < MIN_POLICY) return [];
  const text = `network: ${many(sum, 'packet')} dropped by rules ${periods.counts}, most ${short(top.reason)}${place(top, facts)}`;
  return [{text, advice: `network: if those packets are wanted, find the rule: ${tool(top.reason)}`}];
};

function tool(reason: string): string {
  if (reason === 'NETFILTER_DROP') return 'nft list ruleset (counters), nft monitor trace, iptables -nvL';
  if (reason === 'XDP') return 'ip link (xdp), bpftool net';
  if (/^(SOCKET_FILTER|BPF|CGROUP)/.test(reason) || /EGRESS|INGRESS/.test(reason))
    return 'bpftool prog, bpftool cgroup tree';
  return 'tc filter, nft list ruleset, bpftool net';
}

function dropped({n, reason}: DropCount): string {
  return `${many(n, 'packet')} dropped: ${short(reason)}`;
}

function place({reason}: DropCount, {network}: Facts): string {
  const at = network.dropLocations.topUnder(reason);
  return at ? ` at ${short(at.key)}` : '';
}

/** Drops that no packet's own path shows: full input queues of the CPUs, and what the NICs and drivers report. */
export const deviceDrops: Rule = ({counts, periods}: Figures) => {
  const findings = [];
  const backlog = counts.get('backlog_drops');
  if (backlog > 0) {
    findings.push({
      text: `network: ${many(backlog, 'packet')} dropped ${periods.counts}: the CPUs’ input queue was full`,
      advice: 'network: raise net.core.netdev_max_backlog, spread receive work (RSS, RPS)',
    });
  }
  for (const kind of ['net_errors', 'net_drops']) {
    const top = counts.topUnder(kind);
    if (!top || top.n < MIN_FAULTS) continue;
    const [device = '', direction = ''] = top.key.split(' ');
    const what = kind === 'net_errors' ? 'errors' : 'drops';
    findings.push({
      text: `network: ${short(device)} reports ${count(top.n)} ${direction === 'tx' ? 'transmit' : 'receive'} ${what} ${periods.counts}`,
      advice: `network: see ethtool -S ${short(device)} and ip -s -s link show ${short(device)}`,
    });
  }
  return findings;
};
