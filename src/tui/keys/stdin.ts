import {EventEmitter} from 'node:events';
import type {ReadStream} from 'node:tty';
import {F1} from './match.ts';

const PASTE_START = '\x1b[200~';
const PASTE_END = '\x1b[201~';
/** More of a paste than this is of no use to any dialog. */
const PASTE_MAX = 4096;
const ESC = '\x1b';
const F1_SEQUENCES = ['\x1bOP', '\x1b[11~', '\x1b[[A'];

/** What the mouse did. */
export interface MouseReport {
  /** As xterm numbers them, without modifiers: 0 left, 1 middle, 2 right, 64 wheel up, 65 wheel down. */
  button: number;
  /** Column and row, from 0. */
  x: number;
  y: number;
  /** Released otherwise. */
  pressed: boolean;
}

const MOUSE_START = '\x1b[<';
/** Shift, Meta and Control held with a button. */
const MODIFIERS = 28;

/**
 * Takes out of the terminal's input what would reach Ink as letters: reports of the mouse, which go to `onMouse`,
 * coordinates of X10 ones, and all of a paste beyond the first 4 KiB. F1 becomes a character of its own. A Ctrl-C alone ends a paste that lost its end.
 */
export class InputFilter {
  private skip = 0;
  private recent = '';
  private pasted = -1;
  /** The report that is being read. */
  private report: string | undefined;

  constructor(private readonly onMouse: (report: MouseReport) => void = () => {}) {}

  push(chunk: string): string {
    if (this.pasted >= 0 && chunk === '\x03') {
      this.pasted = -1;
      return PASTE_END + chunk;
    }
    let out = '';
    for (const char of chunk) {
      out += this.take(char);
      // The start of a report looked like that of a key.
      if (this.report === '' && out.endsWith('\x1b[')) out = out.slice(0, -2);
    }
    if (this.pasted < 0) for (const sequence of F1_SEQUENCES) out = out.replaceAll(sequence, F1);
    return out;
  }

  private take(char: string): string {
    if (this.report !== undefined) return this.takeReport(char);
    if (this.skip > 0 && char !== ESC) {
      this.skip--;
      return '';
    }
    this.skip = 0;
    this.recent = (char === ESC ? '' : this.recent.slice(-PASTE_END.length)) + char;
    if (this.pasted >= 0) return this.takePasted(char);
    if (this.recent === MOUSE_START) {
      this.report = '';
      return '';
    }
    if (this.recent === '\x1b[M') this.skip = 3;
    if (this.recent === PASTE_START) this.pasted = 0;
    return char;
  }

  private takeReport(char: string): string {
    const {report = ''} = this;
    if (/[\d;]/.test(char)) {
      if (report.length < 20) this.report = report + char;
      return '';
    }
    this.report = undefined;
    const [, button, x, y] = /^(\d+);(\d+);(\d+)$/.exec(report) ?? [];
    if (char !== 'M' && char !== 'm') return this.take(char);
    if (button !== undefined) {
      this.onMouse({button: Number(button) & ~MODIFIERS, x: Number(x) - 1, y: Number(y) - 1, pressed: char === 'M'});
    }
    return '';
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
  private readonly filter: InputFilter;
  private readonly chunks: string[] = [];
  private readonly readable = (): void => {
    for (let chunk = this.source.read(); chunk !== null; chunk = this.source.read()) {
      const kept = this.filter.push(String(chunk));
      if (kept) this.chunks.push(kept);
    }
    if (this.chunks.length > 0) this.emit('readable');
  };

  constructor(
    private readonly source: ReadStream,
    onMouse?: (report: MouseReport) => void,
  ) {
    super();
    this.filter = new InputFilter(onMouse);
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
