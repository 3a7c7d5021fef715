import {sliceCells, textWidth} from '../text/cells.ts';

/** A part of one row: what stands from column `x` on, `width` cells of it. */
export interface Segment {
  x: number;
  width: number;
  text: string;
}

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

const ALL_SGR = /\x1b\[[0-9;:]*m/g;

/** The row that Ink wrote, as one segment of the full width. */
export function baseSegment(line: string, width: number): Segment {
  const plain = line.replace(ALL_SGR, '');
  if (plain.trim() === '') return {x: 0, width, text: ' '.repeat(width)};
  const used = textWidth(plain);
  const text = used > width ? sliceCells(line, 0, width) : line + ' '.repeat(width - used);
  return {x: 0, width, text};
}

/** Puts a segment above those of a row: what it covers is cut away. */
export function place(row: Segment[], top: Segment): Segment[] {
  const end = top.x + top.width;
  const out: Segment[] = [];
  for (const below of row) {
    const belowEnd = below.x + below.width;
    if (belowEnd <= top.x || below.x >= end) {
      out.push(below);
      continue;
    }
    if (below.x < top.x) out.push(part(below, below.x, top.x));
    if (belowEnd > end) out.push(part(below, end, belowEnd));
  }
  out.push(top);
  return out.sort((a, b) => a.x - b.x);
}

function part(segment: Segment, from: number, to: number): Segment {
  return {x: from, width: to - from, text: sliceCells(segment.text, from - segment.x, to - from)};
}

/** What must be written so that a row shows `now` where it showed `before`; row and columns count from 0. */
export function rowUpdate(y: number, before: Segment[] | undefined, now: Segment[]): string {
  let out = '';
  const same =
    before?.length === now.length && now.every((s, i) => s.x === before[i]!.x && s.width === before[i]!.width);
  for (const [index, segment] of now.entries()) {
    if (same && segment.text === before![index]!.text) continue;
    out += `\x1b[${y + 1};${segment.x + 1}H${segment.text}\x1b[m`;
  }
  return out;
}
