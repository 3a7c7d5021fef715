/**
 * How a value is had and shown. `int`; `text`: a pointer (or place) to a text; `chars`: an array that holds the text itself; `address`;
 * `ip4`, `ip6`: the bytes of an address; `other`: not shown.
 */
export type Shape = 'int' | 'text' | 'chars' | 'address' | 'ip4' | 'ip6' | 'other';

/** A tracepoint's field, a function's parameter or result, a probe's argument. */
export interface HookField {
  name: string;
  /** As the kernel writes it. */
  type: string;
  shape: Shape;
  /** Of an int: its own, not those of the place it stands in. */
  bits: 8 | 16 | 32 | 64;
  signed: boolean;
  /** Stands in a wider place, whose upper bits don't belong to it. */
  narrow: boolean;
  /** Which argument of a function or probe, from 0; none for a tracepoint's fields and for `retval`. */
  position?: number;
}

const WIDTHS: Record<string, [8 | 16 | 32 | 64, signed: boolean]> = {
  bool: [8, false],
  char: [8, true],
  u8: [8, false],
  s8: [8, true],
  u16: [16, false],
  s16: [16, true],
  umode_t: [16, false],
  short: [16, true],
  int: [32, true],
  u32: [32, false],
  s32: [32, true],
  unsigned: [32, false],
  uint: [32, false],
  pid_t: [32, true],
  clockid_t: [32, true],
  timer_t: [32, true],
  mqd_t: [32, true],
  key_t: [32, true],
  key_serial_t: [32, true],
  rwf_t: [32, true],
  uid_t: [32, false],
  gid_t: [32, false],
  qid_t: [32, false],
  long: [64, true],
  off_t: [64, true],
  loff_t: [64, true],
  ssize_t: [64, true],
  s64: [64, true],
  u64: [64, false],
  size_t: [64, false],
};

/** Bits and sign of a C integer type by its name; undefined for names that aren't known. */
export function widthOf(type: string): {bits: 8 | 16 | 32 | 64; signed: boolean} | undefined {
  const words = type
    .replace(/\b(?:const|volatile)\b/g, '')
    .trim()
    .split(/\s+/);
  const unsigned = words.includes('unsigned');
  const bare = words.filter((word) => word !== 'unsigned' && word !== 'signed');
  const base = bare.length > 1 ? bare.filter((word) => word !== 'int').join(' ') : (bare[0] ?? 'int');
  const name =
    base === 'long long'
      ? 'long'
      : base.replace(/^__(?=[us]\d+$)/, '').replace(/^(u?)int(\d+)_t$/, (_, u, n) => `${u || 's'}${n}`);
  const width = Object.hasOwn(WIDTHS, name) ? WIDTHS[name] : undefined;
  return width && {bits: width[0], signed: width[1] && !unsigned};
}

/** Names of parameters that hold data, not a text. */
const BUFFER = /^(?:u?buf(?:f|fer)?|data|ubuf|kbuf|payload|value|val|msg|optval|shmaddr)$/;
/** Names of parameters that say how long the one before is. */
const LENGTH =
  /^(?:count|len|length|size|nbytes|n|bytes|buf_?len|buf_?size|bufsiz|bufsize|ulen|siz|maxlen|msg_len|optlen|[ns]r_bytes)$/;

/** A `char *` that is followed by its length, or is named so, is a buffer: what programs read and write, which isn't traced. */
export function isBuffer(name: string, next: string | undefined): boolean {
  return BUFFER.test(name) || (next !== undefined && LENGTH.test(next));
}
