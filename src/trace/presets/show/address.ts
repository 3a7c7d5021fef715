/** An address as it is written: what IPv6 sockets have of IPv4 is IPv4. */
export function address(printed: string): string {
  return printed.replace(/^::ffff:(?=\d+\.)/, '');
}
