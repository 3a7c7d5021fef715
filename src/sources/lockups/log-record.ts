/** A line of the kernel's log. */
export interface LogRecord {
  /** The log's own clock, close to CLOCK_MONOTONIC. */
  us: number;
  text: string;
}

const PREFIX = /^(\d+),\d+,(\d+),[^;]*;/;
const ESCAPED = /\\x([0-9a-f]{2})/g;

/**
 * A record of /dev/kmsg (Documentation/ABI/testing/dev-kmsg): `PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;TEXT`, then lines of
 * properties, each after a space. Undefined for what user space wrote (facility other than 0, which nobody but the
 * kernel can use) and for what is no record.
 */
export function parseRecord(record: string): LogRecord | undefined {
  const prefix = PREFIX.exec(record);
  if (!prefix || Number(prefix[1]) >> 3 !== 0) return undefined;
  const [line] = record.slice(prefix[0].length).split('\n', 1);
  return {us: Number(prefix[2]), text: plain(line)};
}

/** Bytes that aren't printable ASCII, and the backslash, come as `\xHH`. */
function plain(line: string): string {
  if (!line.includes('\\x')) return line;
  const bytes = line.replace(ESCAPED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
