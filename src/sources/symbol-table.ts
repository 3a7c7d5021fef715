/** No function is larger: an address farther from the next symbol below belongs to something that has none. */
const FUNCTION_MAX = 0x40000;
/** Kernel addresses differ in their lower 48 bits only, which a double holds exactly. */
const LOW_BITS = 48;
const NEWLINE = 10;
const SPACE = 32;
/** Types of functions as nm names them: t, T, w, W. */
const FUNCTIONS = new Set(['t', 'T', 'w', 'W'].map((letter) => letter.charCodeAt(0)));
/** Padding before a function, which has a symbol of its own from 6.2 on. */
const PADDING = Buffer.from('__pfx_');

/** Functions by address: sorted start addresses, and all names in one buffer. */
export class SymbolTable {
  constructor(
    private readonly starts: Float64Array,
    /** Where each one's name begins in `names`; it ends at a newline. */
    private readonly nameAt: Uint32Array,
    private readonly names: Buffer,
  ) {}

  get size(): number {
    return this.starts.length;
  }

  /** `name+0xOFFSET`, followed by the module in brackets where there is one. */
  find(address: bigint): string | undefined {
    const low = Number(BigInt.asUintN(LOW_BITS, address));
    const at = this.lastUpTo(low);
    const offset = at < 0 ? FUNCTION_MAX : low - this.starts[at];
    if (offset >= FUNCTION_MAX) return undefined;
    const end = this.names.indexOf(NEWLINE, this.nameAt[at]);
    const [name, module] = this.names.toString('latin1', this.nameAt[at], end).split('\t');
    return `${name}+0x${offset.toString(16)}${module ? ` ${module}` : ''}`;
  }

  /** Index of the last start that isn't above; -1: all are. */
  private lastUpTo(low: number): number {
    let [from, to] = [0, this.starts.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.starts[middle] <= low) from = middle + 1;
      else to = middle;
    }
    return from - 1;
  }
}

/** Reads the text of /proc/kallsyms (`ADDRESS TYPE NAME[<tab>[MODULE]]`) in chunks, without a string for each line. */
export class SymbolTableBuilder {
  private starts = new Float64Array(1 << 16);
  private nameAt = new Uint32Array(1 << 16);
  private count = 0;
  private names = Buffer.alloc(1 << 20);
  private used = 0;
  private rest = Buffer.alloc(0);

  add(chunk: Buffer): void {
    let at = 0;
    if (this.rest.length > 0) {
      const end = chunk.indexOf(NEWLINE) + 1;
      this.rest = Buffer.concat([this.rest, end > 0 ? chunk.subarray(0, end) : chunk]);
      if (end === 0) return;
      this.line(this.rest, 0, this.rest.length);
      at = end;
    }
    for (let end = chunk.indexOf(NEWLINE, at); end >= 0; end = chunk.indexOf(NEWLINE, at)) {
      this.line(chunk, at, end + 1);
      at = end + 1;
    }
    this.rest = Buffer.from(chunk.subarray(at));
  }

  /** Undefined when no function with an address was found. */
  finish(): SymbolTable | undefined {
    if (this.count === 0) return undefined;
    const names = Buffer.from(this.names.subarray(0, this.used));
    const starts = this.starts.slice(0, this.count);
    const nameAt = this.nameAt.slice(0, this.count);
    // The kernel's own are in order, the modules' behind them are not.
    if (this.isSorted()) return new SymbolTable(starts, nameAt, names);
    const order = nameAt.map((_, i) => i).sort((a, b) => this.starts[a] - this.starts[b]);
    starts.forEach((_, i) => {
      starts[i] = this.starts[order[i]];
      nameAt[i] = this.nameAt[order[i]];
    });
    return new SymbolTable(starts, nameAt, names);
  }

  /** `end` is behind the newline. */
  private line(text: Buffer, start: number, end: number): void {
    let low = 0;
    let at = start;
    for (; at < end && text[at] !== SPACE; at++) {
      const digit = hexDigit(text[at]);
      if (digit < 0) return;
      low = (low % 2 ** (LOW_BITS - 4)) * 16 + digit;
    }
    const name = at + 3;
    if (low === 0 || name >= end || !FUNCTIONS.has(text[at + 1]) || text[at + 2] !== SPACE) return;
    if (text.compare(PADDING, 0, PADDING.length, name, Math.min(end, name + PADDING.length)) === 0) return;
    this.push(low, text, name, end);
  }

  private push(low: number, text: Buffer, from: number, to: number): void {
    if (this.count === this.starts.length) {
      this.starts = grown(this.starts, new Float64Array(this.count * 2));
      this.nameAt = grown(this.nameAt, new Uint32Array(this.count * 2));
    }
    if (this.used + to - from > this.names.length) {
      const larger = Buffer.alloc(this.names.length * 2 + to - from);
      this.names.copy(larger, 0, 0, this.used);
      this.names = larger;
    }
    this.starts[this.count] = low;
    this.nameAt[this.count++] = this.used;
    this.used += text.copy(this.names, this.used, from, to);
  }

  private isSorted(): boolean {
    for (let i = 1; i < this.count; i++) if (this.starts[i] < this.starts[i - 1]) return false;
    return true;
  }
}

function grown<T extends Float64Array | Uint32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

/** -1: not a hexadecimal digit. */
function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  if (byte >= 97 && byte <= 102) return byte - 87;
  return -1;
}
