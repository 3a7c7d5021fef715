const COMM_LENGTH = 16;
const LIMIT = 8192;

/**
 * Task names as strings, found by their 16 bytes without decoding: the two halves are read as doubles and used as map
 * keys. Bit patterns that doubles can't tell apart (NaN, the two zeros) are decoded each time.
 */
export class CommCache {
  private readonly halves = new Map<number, Map<number, string>>();
  private size = 0;

  get(view: DataView, at: number): string {
    const first = view.getFloat64(at, true);
    const second = view.getFloat64(at + 8, true);
    if (!this.isKey(first, view, at) || !this.isKey(second, view, at + 8)) return decodeComm(view, at);
    const known = this.halves.get(first)?.get(second);
    return known ?? this.add(first, second, decodeComm(view, at));
  }

  private isKey(half: number, view: DataView, at: number): boolean {
    if (half === 0) return view.getUint32(at + 4, true) === 0;
    return !Number.isNaN(half);
  }

  private add(first: number, second: number, comm: string): string {
    if (this.size >= LIMIT) {
      this.halves.clear();
      this.size = 0;
    }
    let seconds = this.halves.get(first);
    if (!seconds) {
      seconds = new Map();
      this.halves.set(first, seconds);
    }
    seconds.set(second, comm);
    this.size++;
    return comm;
  }
}

/** Up to the first NUL, as UTF-8; what isn't becomes U+FFFD. */
function decodeComm(view: DataView, at: number): string {
  const bytes = Buffer.from(view.buffer, view.byteOffset + at, COMM_LENGTH);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? COMM_LENGTH : end);
}
