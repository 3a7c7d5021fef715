/** An address as it is written: what IPv6 sockets have of IPv4 is IPv4. */
export function address(printed: string): string {
  return printed.replace(/^::ffff:(?=\d+\.)/, '');
}

/** A port as it is written, from one in the order of the network on a little-endian machine, as all are that kstop runs on. */
export function networkPort(printed: string): string {
  const port = Number(printed);
  return String(((port & 0xff) << 8) | ((port >> 8) & 0xff));
}
