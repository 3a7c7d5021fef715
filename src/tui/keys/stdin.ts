import {EventEmitter} from 'node:events';
import type {ReadStream} from 'node:tty';
import {F1} from './match.ts';

const PASTE_START = '\x1b[200~';
const PASTE_END = '\x1b[201~';
/** More of a paste than this is of no use to any dialog. */
const PASTE_MAX = 4096;
const ESC = '\x1b';
const F1_SEQUENCES = ['\x1bOP', '\x1b[11~', '\x1b[[A'];

/**
 * Takes out of the terminal's input what would reach Ink as letters: coordinates of X10 mouse reports, and all of a
 * paste beyond the first 4 KiB. F1 becomes a character of its own. A Ctrl-C alone ends a paste that lost its end.
 */
export class InputFilter {
  private skip = 0;
  private recent = '';
  private pasted = -1;

  push(chunk: string): string {
    if (this.pasted >= 0 && chunk === '\x03') {
      this.pasted = -1;
      return PASTE_END + chunk;
    }
    let out = '';
    for (const char of chunk) out += this.take(char);
    if (this.pasted < 0) for (const sequence of F1_SEQUENCES) out = out.replaceAll(sequence, F1);
    return out;
  }

  private take(char: string): string {
    if (this.skip > 0 && char !== ESC) {
      this.skip--;
      return '';
    }
    this.skip = 0;
    this.recent = (char === ESC ? '' : this.recent.slice(-PASTE_END.length)) + char;
    if (this.pasted >= 0) return this.takePasted(char);
    if (this.recent === '\x1b[M') this.skip = 3;
    if (this.recent === PASTE_START) this.pasted = 0;
    return char;
  }

  private takePasted(char: string): string {
    if (this.recent.endsWith(PASTE_END)) {
      this.pasted = -1;
      return PASTE_END;
    }
    // What may become the end marker is held back until it has; no key is lost by it.
    if (PASTE_END.startsWith(this.recent)) return '';
    return ++this.pasted <= PASTE_MAX && char >= ' ' ? char : '';
  }
}

/** The terminal's input as Ink reads it: the real stream behind the filter. */
export class KeyStream extends EventEmitter {
  private readonly filter = new InputFilter();
  private readonly chunks: string[] = [];
  private readonly readable = (): void => {
    for (let chunk = this.source.read(); chunk !== null; chunk = this.source.read()) {
      const kept = this.filter.push(String(chunk));
      if (kept) this.chunks.push(kept);
    }
    if (this.chunks.length > 0) this.emit('readable');
  };

  constructor(private readonly source: ReadStream) {
    super();
    this.on('newListener', (name) => {
      if (name === 'readable' && this.listenerCount('readable') === 0) source.on('readable', this.readable);
    });
    this.on('removeListener', (name) => {
      if (name === 'readable' && this.listenerCount('readable') === 0) source.off('readable', this.readable);
    });
  }

  get isTTY(): boolean {
    return this.source.isTTY === true && typeof this.source.setRawMode === 'function';
  }

  read(): string | null {
    return this.chunks.shift() ?? null;
  }

  setEncoding(encoding: BufferEncoding): this {
    this.source.setEncoding(encoding);
    return this;
  }

  setRawMode(on: boolean): this {
    this.source.setRawMode(on);
    return this;
  }

  ref(): this {
    this.source.ref?.();
    return this;
  }

  unref(): this {
    this.source.unref?.();
    return this;
  }
}
