import type {TcpRetransmitEvent} from '../../types/stream.ts';
import {LAYOUT} from '../wire.gen.ts';
import {familyOf, type Records} from './records.ts';

/** include/net/tcp_states.h */
const TCP_STATES = [
  '',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'NEW_SYN_RECV',
  'BOUND_INACTIVE',
];
const layout = LAYOUT.retransmit_event;

export function tcpRetransmit(r: Records, at: number): TcpRetransmitEvent {
  const family = r.u16(at + layout.family);
  const saddr = r.address(at + layout.saddr, family);
  return {
    ...r.base(at, 'TCP_RETRANSMIT', 'network', 'info'),
    saddr,
    sport: r.u16(at + layout.sport),
    daddr: r.address(at + layout.daddr, family),
    dport: r.u16(at + layout.dport),
    family: familyOf(saddr),
    state: TCP_STATES[r.u16(at + layout.state)] || 'UNKNOWN',
    segments: r.u32(at + layout.segments),
    netns: r.u32(at + layout.netns),
  };
}
