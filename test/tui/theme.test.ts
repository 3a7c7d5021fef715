import test from 'ava';
import {Line} from '../../src/tui/text/line.ts';
import {chooseTheme, makeTheme, THEMES, type ThemeName, type Token} from '../../src/tui/theme.ts';

const NAMES = THEMES.filter((name): name is ThemeName => name !== 'auto');
/** Tokens of which one must never look like another. */
const APART: Token[][] = [
  ['status.ok', 'status.warning', 'status.critical'],
  ['heat.normal', 'heat.warning', 'heat.critical'],
];

type Rgb = [number, number, number];

/** A colour of xterm's palette of 256 (from 16 on). */
function rgbOf(index: number): Rgb {
  if (index >= 232) return [0, 1, 2].map(() => 8 + (index - 232) * 10) as Rgb;
  const cube = index - 16;
  return [36, 6, 1].map((unit) => [0, 95, 135, 175, 215, 255][Math.floor(cube / unit) % 6]!) as Rgb;
}

/** How one without red (protanopia) or green cones (deuteranopia) sees linear colours: Viénot, Brettel, Mollon 1999. */
const SEEN: Record<string, number[][]> = {
  everyone: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.11238, 0.88762, 0],
    [0.11238, 0.88762, 0],
    [0.00401, -0.00401, 1],
  ],
  deuteranopia: [
    [0.29275, 0.70725, 0],
    [0.29275, 0.70725, 0],
    [-0.02234, 0.02234, 1],
  ],
};

function seen(rgb: Rgb, matrix: number[][]): number[] {
  const linear = rgb.map((value) => (value / 255) ** 2.2);
  return matrix.map((row) => {
    const sum = row.reduce((total, factor, i) => total + factor * linear[i]!, 0);
    return Math.max(0, sum) ** (1 / 2.2) * 255;
  });
}

/** The colour that an SGR sequence shows most of: the ground where it has one. */
function colourOf(sgr: string): Rgb {
  const index = /48;5;(\d+)/.exec(sgr)?.[1] ?? /38;5;(\d+)/.exec(sgr)?.[1];
  return rgbOf(Number(index));
}

test('statuses and heat differ for every colour vision', (t) => {
  for (const name of ['dark', 'light'] as const) {
    const {sgr} = makeTheme(name);
    for (const [kind, matrix] of Object.entries(SEEN)) {
      for (const group of APART) {
        for (const [i, one] of group.entries()) {
          for (const other of group.slice(i + 1)) {
            const [a, b] = [seen(colourOf(sgr[one]), matrix), seen(colourOf(sgr[other]), matrix)];
            const distance = Math.hypot(...a.map((value, j) => value - b[j]!));
            t.true(distance > 40, `${name}: ${one} and ${other} are ${distance.toFixed(0)} apart in ${kind}`);
          }
        }
      }
    }
  }
});

test('in every theme what is wrong looks different, and is said by a glyph of its own', (t) => {
  for (const name of NAMES) {
    const {sgr, glyphs} = makeTheme(name);
    for (const group of APART.slice(0, 1)) t.is(new Set(group.map((token) => sgr[token])).size, group.length, name);
    t.is(new Set(Object.values(glyphs.status)).size, 4);
    t.not(sgr.selected, sgr.text);
    for (const codes of Object.values(sgr)) t.regex(codes, /^\x1b\[(0;[\d;]+)?m$/);
  }
});

test('the terminal and its user decide', (t) => {
  const chosen = (env: NodeJS.ProcessEnv, name?: string, noColor?: boolean) => {
    const theme = chooseTheme({name, noColor, env});
    return `${theme.name}${theme.utf8 ? '' : ' ascii'}`;
  };
  const xterm = {TERM: 'xterm-256color', LANG: 'C.UTF-8'};
  t.is(chosen(xterm), 'dark');
  t.is(chosen(xterm, 'auto'), 'dark');
  t.is(chosen({TERM: 'xterm'}), 'sixteen');
  t.is(chosen({TERM: 'linux', COLORTERM: 'truecolor'}), 'dark');
  for (const name of NAMES) t.is(chosen(xterm, name), name);
  t.is(chosen({...xterm, NO_COLOR: '1'}, 'contrast'), 'mono');
  t.is(chosen({...xterm, NO_COLOR: ''}), 'dark');
  t.is(chosen({...xterm, TERM: 'dumb'}), 'mono');
  t.is(chosen(xterm, undefined, true), 'mono');
  t.is(chosen({...xterm, LANG: 'C'}), 'dark ascii');
  t.is(chosen({...xterm, LC_ALL: 'POSIX'}), 'dark ascii');
  t.is(chosen(xterm, 'toString'), 'dark');
});

test('mono and ASCII: attributes alone, and characters of any terminal', (t) => {
  const theme = makeTheme('mono', false);
  for (const codes of Object.values(theme.sgr)) t.notRegex(codes, /[;[](3[0-8]|4[0-8]|9\d|10\d)[;m]/);
  const all = JSON.stringify(theme.glyphs);
  t.regex(all, /^[\x20-\x7e]*$/);
  t.is(
    new Line(12, theme)
      .add('▲▼→…█é名')
      .end()
      .replace(/\x1b\[[\d;]*m/g, ''),
    '^v>~#???    ',
  );
});
