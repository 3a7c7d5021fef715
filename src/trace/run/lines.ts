/** Bytes that aren't ASCII: as they are, or as bpftrace writes them where `char` is signed (a byte sign-extended to 32 bits). */
const ODD = /[\x80-\xff]|\\uffffff/;
/** A whole escape at a time, so that an escaped backslash before `uffffff` isn't taken for one. */
const ESCAPE = /\\(?:uffffff([89a-f][0-9a-f])|.)/gs;

/**
 * A line of bpftrace's JSON as text. bpftrace knows nothing of UTF-8: it writes a byte from 0x80 on as `\uffffffc3`, which would
 * be U+FFFF and `ffc3` to a JSON parser, or as it is. What then is no UTF-8 becomes U+FFFD.
 * @param line one character a byte
 */
export function lineText(line: string): string {
  if (!ODD.test(line)) return line;
  const bytes = line.replace(ESCAPE, (whole, hex?: string) =>
    hex === undefined ? whole : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Cuts a stream of bytes into lines, of which none is longer than `max` bytes: those are left out and counted. */
export class LineCutter {
  /** Lines that were too long. */
  tooLong = 0;
  readonly #max: number;
  #rest = '';
  #skipping = false;

  constructor(max: number) {
    this.#max = max;
  }

  /** The lines that end in this chunk, without their newlines, one character a byte. */
  push(chunk: Buffer): string[] {
    const lines = (this.#rest + chunk.toString('latin1')).split('\n');
    this.#rest = lines.pop() as string;
    if (this.#skipping && lines.length > 0) {
      this.#skipping = false;
      lines.shift();
    }
    if (this.#rest.length > this.#max) {
      if (!this.#skipping) this.tooLong++;
      this.#skipping = true;
    }
    if (this.#skipping) this.#rest = '';
    return lines.some((line) => line.length > this.#max) ? this.#withoutLong(lines) : lines;
  }

  /** What stands behind the last newline, when the stream has ended. */
  end(): string | undefined {
    const rest = this.#rest;
    this.#rest = '';
    return rest === '' ? undefined : rest;
  }

  #withoutLong(lines: string[]): string[] {
    const kept = lines.filter((line) => line.length <= this.#max);
    this.tooLong += lines.length - kept.length;
    return kept;
  }
}
