const LABEL_MAX = 63;

/**
 * The name that a DNS query asks for, from its question's first bytes as a text: each label after its length, without the zero at the
 * end. What is no such name, as other traffic to that port, gives an empty text, so that nothing but names is told.
 */
export function dnsName(printed: string): string {
  const labels: string[] = [];
  for (let at = 0; at < printed.length; ) {
    const length = printed.charCodeAt(at);
    const label = printed.slice(at + 1, at + 1 + length);
    if (length === 0 || length > LABEL_MAX || !/^[A-Za-z0-9_-]*$/.test(label)) return '';
    const cut = label.length < length;
    labels.push(cut ? `${label}…` : label);
    at += 1 + length;
  }
  return labels.join('.');
}
