/**
 * The counters of /proc/net/snmp, netstat and snmp6 that a sample carries: traffic, and each way in which a protocol
 * tells of trouble. Gauges (CurrEstab) are left out. Their meanings: the kernel's Documentation/networking/snmp_counter.rst.
 */
const FIELDS: Readonly<Record<string, string>> = {
  Ip: 'InReceives InDelivers OutRequests ForwDatagrams InHdrErrors InAddrErrors InDiscards OutDiscards OutNoRoutes ReasmFails FragFails',
  IpExt: 'InNoRoutes InTruncatedPkts InCsumErrors ReasmOverlaps',
  Icmp: 'InErrors InCsumErrors InDestUnreachs OutDestUnreachs',
  Tcp: 'ActiveOpens PassiveOpens AttemptFails EstabResets InSegs OutSegs RetransSegs InErrs InCsumErrors OutRsts',
  TcpExt:
    'ListenOverflows ListenDrops TCPTimeouts TCPSynRetrans TCPFastRetrans TCPLostRetransmit TCPSpuriousRTOs TCPBacklogDrop ' +
    'PFMemallocDrop TCPRcvQDrop TCPOFODrop TCPZeroWindowDrop PruneCalled RcvPruned OfoPruned TCPRcvCollapsed TCPMemoryPressures ' +
    'TCPAbortOnMemory TCPAbortOnTimeout TCPReqQFullDrop TCPReqQFullDoCookies SyncookiesSent SyncookiesFailed TWRecycled',
  Udp: 'InDatagrams OutDatagrams NoPorts InErrors RcvbufErrors SndbufErrors InCsumErrors MemErrors',
  Ip6: 'InReceives InDelivers OutRequests OutForwDatagrams InHdrErrors InAddrErrors InDiscards OutDiscards OutNoRoutes InNoRoutes ReasmFails',
  Icmp6: 'InErrors InCsumErrors InDestUnreachs OutDestUnreachs',
  Udp6: 'InDatagrams OutDatagrams NoPorts InErrors RcvbufErrors SndbufErrors InCsumErrors MemErrors',
};

const CHOSEN = new Set(
  Object.entries(FIELDS).flatMap(([protocol, fields]) => fields.split(' ').map((field) => `${protocol} ${field}`)),
);

/** Is it one of the counters that a sample carries? */
export const isChosen = (protocol: string, field: string): boolean => CHOSEN.has(`${protocol} ${field}`);
