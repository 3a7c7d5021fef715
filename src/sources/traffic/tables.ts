/** One counter of a file: what it belongs to and its value. */
export interface Figure {
  owner: string;
  field: string;
  value: bigint;
}

/** Columns of /proc/net/dev behind the name (net/core/net-procfs.c), by our names of them. */
const DEVICE_COLUMNS = [
  ['rx_bytes', 0],
  ['rx_packets', 1],
  ['rx_errors', 2],
  ['rx_drops', 3],
  ['tx_bytes', 8],
  ['tx_packets', 9],
  ['tx_errors', 10],
  ['tx_drops', 11],
] as const;

const isNumber = (text: string | undefined): text is string => text !== undefined && /^\d{1,20}$/.test(text);

/** /proc/net/dev: two lines of titles, then `NAME: COLUMN…`; a name may hold anything but space, slash and colon. */
export function* readDevices(text: string): Generator<Figure> {
  for (const line of text.split('\n').slice(2)) {
    const colon = line.lastIndexOf(':');
    if (colon < 0) continue;
    const columns = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/);
    for (const [field, at] of DEVICE_COLUMNS) {
      const value = columns[at];
      if (isNumber(value)) yield {owner: line.slice(0, colon).trim(), field, value: BigInt(value)};
    }
  }
}

/** /proc/net/snmp and netstat: pairs of lines, `PROTOCOL: NAME…` and `PROTOCOL: VALUE…`. */
export function* readPairs(text: string): Generator<Figure> {
  const lines = text.split('\n');
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [owner, ...names] = lines[i].split(' ');
    const [same, ...values] = lines[i + 1].split(' ');
    if (owner !== same) continue;
    for (const [at, field] of names.entries()) {
      if (isNumber(values[at])) yield {owner: owner.replace(/:$/, ''), field, value: BigInt(values[at])};
    }
  }
}

/** /proc/net/snmp6: `Udp6NoPorts VALUE`. */
export function* readSixes(text: string): Generator<Figure> {
  for (const line of text.split('\n')) {
    const [, owner, field, value] = /^([A-Z][a-z]+6)(\w+)\s+(\d{1,20})$/.exec(line) ?? [];
    if (owner) yield {owner, field, value: BigInt(value)};
  }
}

/** Columns of /proc/net/softnet_stat (softnet_seq_show, net/core/net-procfs.c): hexadecimal, a row for each CPU online. */
const DROPPED = 1;
const SQUEEZED = 2;
/** 5.10 and newer: the CPU's number. Rows of older kernels are told by their place. */
const CPU = 12;

export function* readBacklog(text: string): Generator<Figure> {
  for (const [row, line] of text.trim().split('\n').entries()) {
    const columns = line.split(' ');
    if (columns.length <= SQUEEZED || columns.some((column) => !/^[0-9a-f]{1,16}$/.test(column))) continue;
    const owner = String(columns[CPU] === undefined ? row : Number.parseInt(columns[CPU], 16));
    yield {owner, field: 'backlog_drops', value: BigInt(`0x${columns[DROPPED]}`)};
    yield {owner, field: 'backlog_squeezed', value: BigInt(`0x${columns[SQUEEZED]}`)};
  }
}
