import type {Theme, Token} from '../theme.ts';
import {cutText, textWidth} from './cells.ts';
import {blank, Line} from './line.ts';

/** What stands in a pane's border. */
export interface Border {
  title: string;
  titleToken?: Token;
  /** Shown right in the upper border. */
  right?: string;
  rightToken?: Token;
  /** The pane has the keys: its border and a mark say so. */
  focus?: boolean;
  /** A remark in the lower border. */
  footer?: string;
}

/** Puts lines (each `width - 2` cells) into a border of `width` × `height`. */
export function framed(border: Border, lines: string[], width: number, height: number, theme: Theme): string[] {
  if (width < 4 || height < 2) return [];
  const [topLeft, topRight, bottomLeft, bottomRight, horizontal, vertical] = theme.glyphs.box;
  const token: Token = border.focus ? 'border.focus' : 'border';
  const side = theme.sgr[token] + vertical + theme.sgr.text;
  const top = new Line(width, theme).add(topLeft + horizontal, token);
  if (border.focus) top.add(theme.glyphs.focus, 'border.focus');
  top.add(` ${cutText(border.title, top.room - 4)} `, border.titleToken ?? 'title');
  const right = border.right ? ` ${border.right} ` : '';
  const room = top.room - 2 - textWidth(right);
  if (room >= 0) top.repeat(horizontal, room, token).add(right, border.rightToken ?? 'dim');
  top.repeat(horizontal, top.room - 1, token).add(topRight, token);
  const out = [top.end()];
  for (let i = 0; i < height - 2; i++) out.push(side + (lines[i] ?? blank(width - 2)) + side);
  const bottom = new Line(width, theme).add(bottomLeft, token);
  if (border.footer && width > 20) {
    bottom.add(horizontal, token).add(` ${cutText(border.footer, width - 6)} `, 'dim');
  }
  out.push(
    bottom
      .repeat(horizontal, bottom.room - 1, token)
      .add(bottomRight, token)
      .end(),
  );
  return out;
}
