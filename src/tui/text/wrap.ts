import {cutText, textWidth} from './cells.ts';

/** Breaks a text (no control characters) at its spaces into lines of at most `width` cells; a longer word is cut. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (textWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = cutText(word, width);
  }
  if (line !== '') lines.push(line);
  return lines;
}
