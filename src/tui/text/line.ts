import type {Theme, Token} from '../theme.ts';
import {toAscii} from './ascii.ts';
import {charWidth, cutText, textWidth} from './cells.ts';

/**
 * One painted line of an exact number of cells. Texts are cut at the right edge, the rest is filled with spaces.
 * Each style is absolute (it starts with a reset), so that a line can be sliced anywhere.
 */
export class Line {
  private out = '';
  private used = 0;
  private current: Token = 'text';

  constructor(
    private readonly width: number,
    private readonly theme: Theme,
    /** The style of what fills the line up. */
    private readonly fill: Token = 'text',
  ) {}

  /** Cells still free. */
  get room(): number {
    return this.width - this.used;
  }

  /** Adds a text (no control characters), cut with an ellipsis where it doesn't fit. */
  add(text: string, token: Token = this.fill): this {
    if (this.room <= 0 || text === '') return this;
    const cut = cutText(text, this.room);
    this.style(token);
    this.out += this.theme.utf8 ? cut : toAscii(cut);
    this.used += textWidth(cut);
    return this;
  }

  /** Adds a glyph several times, as far as there is room. */
  repeat(glyph: string, times: number, token: Token = this.fill): this {
    const count = Math.min(times, Math.floor(this.room / charWidth(glyph)));
    if (count > 0) this.add(glyph.repeat(count), token);
    return this;
  }

  /** Spaces up to a column. */
  to(column: number, token: Token = this.fill): this {
    const count = Math.min(column, this.width) - this.used;
    return count > 0 ? this.add(' '.repeat(count), token) : this;
  }

  /** Right-aligns what comes next: spaces so that `cells` are left. */
  right(cells: number, token: Token = this.fill): this {
    return this.to(this.width - cells, token);
  }

  /** The finished line. */
  end(): string {
    this.to(this.width);
    this.style('text');
    return this.out;
  }

  private style(token: Token): void {
    const sgr = this.theme.sgr[token];
    if (sgr === this.theme.sgr[this.current]) return;
    this.current = token;
    this.out += sgr;
  }
}

/** An empty line. */
export function blank(width: number): string {
  return ' '.repeat(Math.max(0, width));
}
