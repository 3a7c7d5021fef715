/**
 * How many terminal cells a text takes, and cutting by cells. Own and small, because width is asked for thousands
 * of times a frame and nearly always of plain ASCII, which must cost a regular expression and no more.
 */

/** Pairs of first and last code point that take two cells (East Asian Wide and Fullwidth, emoji included). */
const WIDE = [
  0x1100, 0x115f, 0x231a, 0x231b, 0x2329, 0x232a, 0x23e9, 0x23ec, 0x23f0, 0x23f0, 0x23f3, 0x23f3, 0x25fd, 0x25fe,
  0x2614, 0x2615, 0x2630, 0x2637, 0x2648, 0x2653, 0x267f, 0x267f, 0x268a, 0x268f, 0x2693, 0x2693, 0x26a1, 0x26a1,
  0x26aa, 0x26ab, 0x26bd, 0x26be, 0x26c4, 0x26c5, 0x26ce, 0x26ce, 0x26d4, 0x26d4, 0x26ea, 0x26ea, 0x26f2, 0x26f3,
  0x26f5, 0x26f5, 0x26fa, 0x26fa, 0x26fd, 0x26fd, 0x2705, 0x2705, 0x270a, 0x270b, 0x2728, 0x2728, 0x274c, 0x274c,
  0x274e, 0x274e, 0x2753, 0x2755, 0x2757, 0x2757, 0x2795, 0x2797, 0x27b0, 0x27b0, 0x27bf, 0x27bf, 0x2b1b, 0x2b1c,
  0x2b50, 0x2b50, 0x2b55, 0x2b55, 0x2e80, 0x303e, 0x3041, 0x3247, 0x3250, 0xa4c6, 0xa960, 0xa97c, 0xac00, 0xd7a3,
  0xf900, 0xfaff, 0xfe10, 0xfe19, 0xfe30, 0xfe6b, 0xff01, 0xff60, 0xffe0, 0xffe6, 0x16fe0, 0x1b2fb, 0x1d300, 0x1d376,
  0x1f004, 0x1f004, 0x1f0cf, 0x1f0cf, 0x1f18e, 0x1f18e, 0x1f191, 0x1f19a, 0x1f1ae, 0x1f1ae, 0x1f200, 0x1f320, 0x1f32d,
  0x1f335, 0x1f337, 0x1f37c, 0x1f37e, 0x1f393, 0x1f3a0, 0x1f3ca, 0x1f3cf, 0x1f3d3, 0x1f3e0, 0x1f3f0, 0x1f3f4, 0x1f3f4,
  0x1f3f8, 0x1f43e, 0x1f440, 0x1f440, 0x1f442, 0x1f4fc, 0x1f4ff, 0x1f53d, 0x1f54b, 0x1f54e, 0x1f550, 0x1f567, 0x1f57a,
  0x1f57a, 0x1f595, 0x1f596, 0x1f5a4, 0x1f5a4, 0x1f5fb, 0x1f64f, 0x1f680, 0x1f6c5, 0x1f6cc, 0x1f6cc, 0x1f6d0, 0x1f6d2,
  0x1f6d5, 0x1f6d9, 0x1f6dc, 0x1f6df, 0x1f6eb, 0x1f6ec, 0x1f6f4, 0x1f6fc, 0x1f7da, 0x1f7da, 0x1f7e0, 0x1f7eb, 0x1f7f0,
  0x1f7f0, 0x1f90c, 0x1f93a, 0x1f93c, 0x1f945, 0x1f947, 0x1f9ff, 0x1fa70, 0x1faff, 0x20000, 0x3fffd,
];

const ASCII = /^[\x20-\x7e]*$/;
const ZERO = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]/u;
const SGR = /\x1b\[[0-9;:]*m/y;
const RESET = /^\x1b\[0?(;|m)/;

function isWide(codePoint: number): boolean {
  let low = 0;
  let high = WIDE.length / 2 - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (codePoint > WIDE[middle * 2 + 1]!) low = middle + 1;
    else if (codePoint < WIDE[middle * 2]!) high = middle - 1;
    else return true;
  }
  return false;
}

/** Cells of one code point: 0 for combining and format characters, 2 for wide ones. */
export function charWidth(char: string): number {
  const codePoint = char.codePointAt(0)!;
  if (codePoint < 0x300) return 1;
  if (codePoint >= 0x2500 && codePoint <= 0x25fc) return 1;
  if (codePoint >= 0x2800 && codePoint <= 0x28ff) return 1;
  if (ZERO.test(char)) return 0;
  return codePoint >= 0x1100 && isWide(codePoint) ? 2 : 1;
}

/** Cells that a text without escape sequences takes. */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

/** Cuts a text without escape sequences to at most `width` cells; `mark` is put where something was cut off. */
export function cutText(text: string, width: number, mark = '…'): string {
  if (width <= 0) return '';
  if (text.length <= width && ASCII.test(text)) return text;
  if (textWidth(text) <= width) return text;
  const room = width - textWidth(mark);
  if (room < 0) return '';
  let used = 0;
  let out = '';
  for (const char of text) {
    used += charWidth(char);
    if (used > room) break;
    out += char;
  }
  return out + mark;
}

/** As `cutText`, but what is kept is the end: of a path it says more than the start. */
export function cutStart(text: string, width: number, mark = '…'): string {
  if (textWidth(text) <= width) return text;
  let room = width - textWidth(mark);
  if (room < 0) return '';
  let out = '';
  for (const char of [...text].reverse()) {
    room -= charWidth(char);
    if (room < 0) break;
    out = char + out;
  }
  return mark + out;
}

/** Cuts to `width` cells and fills up with spaces, so that the result takes `width` cells exactly. */
export function fitText(text: string, width: number, mark = '…'): string {
  const cut = cutText(text, width, mark);
  return cut + ' '.repeat(Math.max(0, width - textWidth(cut)));
}

/** Right-aligned: cut to `width` cells, with spaces before it. */
export function padStart(text: string, width: number): string {
  const cut = cutText(text, width);
  return ' '.repeat(Math.max(0, width - textWidth(cut))) + cut;
}

/**
 * The cells from `start` on, `width` of them, of a line that may hold SGR sequences: the style in force at `start`
 * is kept, a wide character cut in half becomes a space, and the result takes `width` cells exactly.
 */
export function sliceCells(line: string, start: number, width: number): string {
  let style = '';
  let out = '';
  let x = 0;
  let index = 0;
  const end = start + width;
  while (index < line.length && x < end) {
    SGR.lastIndex = index;
    const sgr = line[index] === '\x1b' ? SGR.exec(line)?.[0] : undefined;
    if (sgr !== undefined) {
      index += sgr.length;
      style = RESET.test(sgr) ? sgr : style + sgr;
      if (x >= start) out += sgr;
      continue;
    }
    const char = String.fromCodePoint(line.codePointAt(index)!);
    index += char.length;
    const cells = charWidth(char);
    if (x >= start && out === '') out = style;
    if (x < start && x + cells > start) out = style + ' '.repeat(Math.min(x + cells, end) - start);
    else if (x >= start) out += x + cells > end ? ' ' : char;
    x += cells;
  }
  return out + ' '.repeat(Math.max(0, end - Math.max(x, start)));
}
