import type {CounterRate} from '../../types/detail.ts';
import {perSample} from './shared.ts';

/** One way through an interface, a second over the last sample. */
export interface Way {
  bytes?: number;
  packets?: number;
  errors?: number;
  drops?: number;
}

export interface Interface {
  device: string;
  rx: Way;
  tx: Way;
  /** Errors and drops of both ways since kstop looks. */
  bad: number;
}

export interface ProtocolRow {
  /** As /proc/net/snmp and netstat call it: `Tcp.RetransSegs`. */
  name: string;
  per_s?: number;
  grown: number;
  /** Since boot. */
  value: number;
  /** It counts what should not be. */
  bad: boolean;
}

const FIGURES = {net_bytes: 'bytes', net_packets: 'packets', net_errors: 'errors', net_drops: 'drops'} as const;

/** Interfaces in the order of the counters. */
export const interfaces = perSample(({detail}): Interface[] => {
  const found = new Map<string, Interface>();
  for (const {name, labels, per_s, grown} of detail.rates) {
    const figure = FIGURES[name as keyof typeof FIGURES];
    const way = labels.direction;
    if (!figure || labels.device === undefined || (way !== 'rx' && way !== 'tx')) continue;
    const row = found.get(labels.device) ?? {device: labels.device, rx: {}, tx: {}, bad: 0};
    found.set(labels.device, row);
    row[way][figure] = per_s;
    if (figure === 'errors' || figure === 'drops') row.bad += grown;
  }
  return [...found.values()];
});

/** Names of what counts trouble. */
const BAD =
  /err|drop|fail|discard|retrans|overflow|timeout|prune|abort|unreach|noroute|noport|lost|sndbuf|rcvbuf|collapsed|pressure|squeezed|truncated|rsts|resets/i;

/** Protocol counters and the receive backlog: those that moved first, and of these what counts trouble. */
export const protocolRows = perSample(({detail}): ProtocolRow[] => {
  const rows = detail.rates.flatMap((rate) => {
    const name = nameOf(rate);
    return name === undefined
      ? []
      : [{name, per_s: rate.per_s, grown: rate.grown, value: rate.value, bad: BAD.test(name)}];
  });
  const rank = ({grown, bad}: ProtocolRow) => (grown === 0 ? 2 : bad ? 0 : 1);
  return rows.sort((a, b) => rank(a) - rank(b));
});

function nameOf({name, labels}: CounterRate): string | undefined {
  if (name === 'protocol_counters') return `${labels.protocol ?? '-'}.${labels.field ?? '-'}`;
  if (name === 'backlog_drops') return 'Backlog.Drops';
  return name === 'backlog_squeezed' ? 'Backlog.Squeezed' : undefined;
}
