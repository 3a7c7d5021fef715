/** Bytes that aren't ASCII: as they are, or as bpftrace writes them where `char` is signed (a byte sign-extended to 32 bits). */
const ODD = /[\x80-\xff]|\\uffffff/;
const HIGH = /[\x80-\xff]/;
const NEWLINE = 10;
/** A whole escape at a time, so that an escaped backslash before `uffffff` isn't taken for one. */
const ESCAPE = /\\(?:uffffff([89a-f][0-9a-f])|.)/gs;

/**
 * A line of bpftrace's JSON with its bytes as they are. bpftrace knows nothing of UTF-8: it writes a byte from 0x80 on as `\uffffffc3`,
 * which would be U+FFFF and `ffc3` to a JSON parser, or as it is.
 * @param line one character a byte
 */
export function lineBytes(line: string): string {
  if (!ODD.test(line)) return line;
  return line.replace(ESCAPE, (whole, hex?: string) =>
    hex === undefined ? whole : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/**
 * What is no UTF-8 becomes U+FFFD: so two names may become one text, and what is counted by name is told apart before.
 * @param bytes one character a byte
 */
export function textOf(bytes: string): string {
  return HIGH.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes;
}

/** A line of bpftrace's JSON as text: both of the above. */
export const lineText = (line: string): string => textOf(lineBytes(line));

/**
 * Cuts a stream of bytes into lines, of which none is longer than `max` bytes: those are left out and counted. One line is handed on at
 * a time, so that it's garbage at once.
 */
export class LineCutter {
  /** Lines that were too long. */
  tooLong = 0;
  readonly #max: number;
  readonly #take: (line: string) => void;
  #rest = '';
  #skipping = false;

  /** @param take gets each line without its newline, one character a byte */
  constructor(max: number, take: (line: string) => void) {
    this.#max = max;
    this.#take = take;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      // Each by itself: a large string would live long enough to be taken for one that stays.
      const line = this.#rest + chunk.toString('latin1', from, to);
      this.#rest = '';
      from = to + 1;
      if (this.#skipping) this.#skipping = false;
      else if (line.length > this.#max) this.tooLong++;
      else this.#take(line);
    }
    if (!this.#skipping) this.#keep(chunk.toString('latin1', from));
  }

  /** The stream has ended: what stands behind its last newline is a line, too. */
  end(): void {
    const rest = this.#rest;
    this.#rest = '';
    if (rest !== '') this.#take(rest);
  }

  #keep(piece: string): void {
    this.#rest += piece;
    if (this.#rest.length <= this.#max) return;
    this.tooLong++;
    this.#skipping = true;
    this.#rest = '';
  }
}
