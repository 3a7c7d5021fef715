import {charWidth} from './cells.ts';

const PLAIN: Record<string, string> = {
  '…': '~',
  '→': '>',
  '←': '<',
  '↑': '^',
  '↓': 'v',
  '≤': '<',
  '─': '-',
  '│': '|',
  '╭': '+',
  '╮': '+',
  '╰': '+',
  '╯': '+',
  '▲': '^',
  '▼': 'v',
  '█': '#',
  '•': '*',
  '·': '.',
};

/** A line for a terminal without UTF-8, as many cells wide as before: what has no likeness in ASCII becomes `?`. */
export function toAscii(text: string): string {
  return text.replace(/[^\x00-\x7f]/gu, (char) => PLAIN[char] ?? '?'.repeat(charWidth(char)));
}
