import {visibleUpTo} from '../../../util/sanitize.ts';
import {textWidth} from '../../text/cells.ts';
import {Line} from '../../text/line.ts';
import type {Theme, Token} from '../../theme.ts';

/** A named value; one without a name is a sentence. */
export interface Field {
  name?: string;
  text: string;
  token?: Token;
  /** Begins a line of its own. */
  alone?: boolean;
}

/** Characters of a value that are looked at: a name of combining characters must not make a line of any length. */
const LONGEST = 1000;

/** Puts fields beside each other, as many as a line has room for, each whole where it can be. */
export function flow(fields: readonly Field[], theme: Theme, width: number, height: number): string[] {
  const lines: Line[] = [];
  let line: Line | undefined;
  for (const {name, text, token, alone} of fields) {
    const shown = visibleUpTo(text, LONGEST);
    const cells = textWidth(shown) + (name ? textWidth(name) + 1 : 0) + 3;
    if (!line || alone || line.room < cells) {
      if (lines.length === height) break;
      line = new Line(width, theme).add(' ');
      lines.push(line);
    }
    if (name) line.add(`${name} `, 'dim');
    line.add(shown, token ?? 'text').add('  ');
    if (alone) line = undefined;
  }
  return lines.map((each) => each.end());
}
