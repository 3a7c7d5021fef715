import type {PacketDropEvent} from '../../types/stream.ts';
import {dropClass} from '../drop-reasons.ts';
import {LAYOUT, WIRE} from '../wire.gen.ts';
import type {Records} from './records.ts';

const layout = LAYOUT.drop_event;
const DEVICE_LENGTH = 16;

/** include/uapi/linux/if_ether.h */
const ETHER_TYPES: Readonly<Record<number, string>> = {
  2048: 'IPv4',
  2054: 'ARP',
  32821: 'RARP',
  33024: 'VLAN',
  34525: 'IPv6',
  34887: 'MPLS',
  34915: 'PPPoE',
  34916: 'PPPoE',
  34984: 'VLAN',
  35020: 'LLDP',
};

/** include/uapi/linux/in.h and in6.h */
const IP_PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'ICMP',
  2: 'IGMP',
  4: 'IPIP',
  6: 'TCP',
  17: 'UDP',
  33: 'DCCP',
  41: 'IPv6',
  47: 'GRE',
  50: 'ESP',
  51: 'AH',
  58: 'ICMPv6',
  89: 'OSPF',
  103: 'PIM',
  112: 'VRRP',
  132: 'SCTP',
  136: 'UDPLite',
};

export function packetDrop(r: Records, at: number): PacketDropEvent {
  const flags = r.u32(at + layout.drop_flags);
  const family = r.u16(at + layout.family);
  const reason = r.u32(at + layout.reason);
  const location = r.big(at + layout.location);
  const kind = dropClass(r.u32(at + layout.drop_class));
  const netns = r.u32(at + layout.netns);
  const device = r.text(at + layout.device, DEVICE_LENGTH);
  const {context} = r;
  return {
    ...r.base(at, 'PACKET_DROP', 'network', kind === 'fault' ? 'warning' : 'info'),
    reason: context.dropReason?.(reason) ?? `REASON_${reason}`,
    class: kind,
    location: context.symbol?.(location) ?? `0x${location.toString(16)}`,
    protocol: protocolOf(r.u16(at + layout.protocol), r.u32(at + layout.ip_protocol), flags),
    ...(flags & WIRE.DROP_HAS_ADDRESSES && {
      saddr: r.address(at + layout.saddr, family),
      daddr: r.address(at + layout.daddr, family),
    }),
    ...(flags & WIRE.DROP_HAS_PORTS && {sport: r.u16(at + layout.sport), dport: r.u16(at + layout.dport)}),
    ...(device && {device}),
    ...(netns > 0 && {netns}),
  };
}

function protocolOf(etherType: number, ipProtocol: number, flags: number): string {
  const name = ETHER_TYPES[etherType] ?? `0x${etherType.toString(16).padStart(4, '0')}`;
  if (!(flags & WIRE.DROP_HAS_ADDRESSES)) return name;
  return IP_PROTOCOLS[ipProtocol] ?? `${name}/${ipProtocol}`;
}
