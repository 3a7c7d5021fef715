import type {Severity, Status} from '../types/stream.ts';

/** What a colour means. Painters name tokens, never colours. */
export type Token =
  | 'text'
  | 'dim'
  | 'bold'
  | 'title'
  | 'accent'
  | 'border'
  | 'border.focus'
  | 'bar'
  | 'bar.bold'
  | 'bar.dim'
  | 'bar.key'
  | 'mode.live'
  | 'mode.paused'
  | 'mode.replay'
  | 'selected'
  | 'selected.dim'
  | 'status.ok'
  | 'status.warning'
  | 'status.critical'
  | 'status.unknown'
  | 'heat.normal'
  | 'heat.warning'
  | 'heat.critical'
  | 'spark';

/** Characters that a terminal may or may not have. */
export interface Glyphs {
  status: Record<Status, string>;
  severity: Record<Severity, string>;
  /** Rising intensity, the first is "nothing". */
  shades: string;
  /** Rising height, the first is the lowest that isn't nothing. */
  bars: string;
  /** Corners and sides: top left, top right, bottom left, bottom right, horizontal, vertical. */
  box: string;
  focus: string;
  /** Before a row of a tree that has a parent. */
  branch: string;
  /** Before the heading of a group whose rows are hidden, or shown. */
  folded: string;
  unfolded: string;
  dot: string;
  play: string;
  pause: string;
  /** Ascending and descending order. */
  up: string;
  down: string;
  /** The time bar: where it stands, what was played, what is to come. */
  head: string;
  passed: string;
  ahead: string;
}

export interface Theme {
  name: string;
  /** An absolute SGR sequence (with a leading reset) for each token. */
  sgr: Record<Token, string>;
  glyphs: Glyphs;
  /** The terminal shows more than ASCII. */
  utf8: boolean;
}

/** What `--theme` can name; `auto` chooses by the terminal. */
export const THEMES = ['auto', 'dark', 'light', 'contrast', 'sixteen', 'mono'] as const;
export type ThemeName = Exclude<(typeof THEMES)[number], 'auto'>;

const UNICODE: Glyphs = {
  status: {OK: '●', WARNING: '▲', CRITICAL: '✖', UNKNOWN: '○'},
  severity: {info: '·', warning: '▲', critical: '✖'},
  shades: ' ░▒▓█',
  bars: '▁▂▃▄▅▆▇█',
  box: '┌┐└┘─│',
  focus: '▶',
  branch: '└',
  folded: '▸',
  unfolded: '▾',
  dot: '·',
  play: '▶',
  pause: '‖',
  up: '▲',
  down: '▼',
  head: '┃',
  passed: '━',
  ahead: '─',
};

const ASCII: Glyphs = {
  status: {OK: '+', WARNING: '!', CRITICAL: 'X', UNKNOWN: '?'},
  severity: {info: '.', warning: '!', critical: 'X'},
  shades: ' .:*#',
  bars: '_.-:=+*#',
  box: '++++-|',
  focus: '>',
  branch: '`',
  folded: '+',
  unfolded: '-',
  dot: '.',
  play: '>',
  pause: '=',
  up: '^',
  down: 'v',
  head: '|',
  passed: '=',
  ahead: '-',
};

/** Attributes without colour: bold, dim, underline and reverse alone. Every other variant builds on it. */
const MONO: Record<Token, string> = {
  text: '',
  dim: '2',
  bold: '1',
  title: '1',
  accent: '1',
  border: '2',
  'border.focus': '1',
  bar: '7',
  'bar.bold': '7;1',
  'bar.dim': '7',
  'bar.key': '1',
  'mode.live': '7;1',
  'mode.paused': '1',
  'mode.replay': '7;1',
  selected: '7',
  'selected.dim': '4',
  'status.ok': '',
  'status.warning': '1',
  'status.critical': '7;1',
  'status.unknown': '2',
  'heat.normal': '',
  'heat.warning': '1',
  'heat.critical': '1',
  spark: '',
};

/** Blue, yellow and magenta keep apart for red/green blindness; red is never opposed to green. */
const SIXTEEN: Record<Token, string> = {
  ...MONO,
  dim: '90',
  title: '1;36',
  accent: '36',
  border: '90',
  'border.focus': '1;36',
  bar: '44;97',
  'bar.bold': '44;97;1',
  'bar.dim': '44;37',
  'bar.key': '1;36',
  'mode.live': '46;30',
  'mode.paused': '43;30',
  'mode.replay': '45;97',
  'status.ok': '36',
  'status.warning': '33;1',
  'status.critical': '45;97;1',
  'status.unknown': '90',
  'heat.normal': '36',
  'heat.warning': '33',
  'heat.critical': '35;1',
  spark: '36',
};

/** After Okabe and Ito's palette: sky blue, orange, and vermilion or reddish purple differ for every colour vision. */
const DARK: Record<Token, string> = {
  ...SIXTEEN,
  dim: '38;5;245',
  title: '1;38;5;153',
  accent: '38;5;117',
  border: '38;5;240',
  'border.focus': '1;38;5;117',
  bar: '48;5;236;38;5;252',
  'bar.bold': '48;5;236;38;5;231;1',
  'bar.dim': '48;5;236;38;5;246',
  'bar.key': '1;38;5;117',
  'mode.live': '48;5;31;38;5;231;1',
  'mode.paused': '48;5;214;38;5;16;1',
  'mode.replay': '48;5;97;38;5;231;1',
  selected: '48;5;24;38;5;231',
  'selected.dim': '48;5;238',
  'status.ok': '38;5;74',
  'status.warning': '38;5;214;1',
  'status.critical': '48;5;166;38;5;231;1',
  'status.unknown': '38;5;245',
  'heat.normal': '38;5;74',
  'heat.warning': '38;5;214',
  'heat.critical': '38;5;202;1',
  spark: '38;5;74',
};

/** The same hues for a light background. */
const LIGHT: Record<Token, string> = {
  ...DARK,
  dim: '38;5;240',
  title: '1;38;5;24',
  accent: '38;5;25',
  border: '38;5;248',
  'border.focus': '1;38;5;25',
  bar: '48;5;254;38;5;236',
  'bar.bold': '48;5;254;38;5;16;1',
  'bar.dim': '48;5;254;38;5;240',
  'bar.key': '1;38;5;25',
  selected: '48;5;153;38;5;16',
  'selected.dim': '48;5;254',
  'status.ok': '38;5;25',
  'status.warning': '38;5;136;1',
  'status.critical': '48;5;125;38;5;231;1',
  'status.unknown': '38;5;242',
  'heat.normal': '38;5;25',
  'heat.warning': '38;5;172',
  'heat.critical': '38;5;160;1',
  spark: '38;5;25',
};

/** Bright colours of any terminal, nothing dimmed, and what is selected or wrong on a bright ground. */
const CONTRAST: Record<Token, string> = {
  ...SIXTEEN,
  dim: '',
  title: '1',
  accent: '1;96',
  border: '',
  'border.focus': '1;93',
  bar: '107;30',
  'bar.bold': '107;30;1',
  'bar.dim': '107;30',
  'bar.key': '1;93',
  'mode.live': '106;30;1',
  'mode.paused': '103;30;1',
  'mode.replay': '105;30;1',
  selected: '103;30;1',
  'selected.dim': '4',
  'status.ok': '1;96',
  'status.warning': '103;30;1',
  'status.critical': '105;30;1',
  'status.unknown': '',
  'heat.normal': '96',
  'heat.warning': '1;93',
  'heat.critical': '1;95',
  spark: '96',
};

const VARIANTS: Record<ThemeName, Record<Token, string>> = {
  dark: DARK,
  light: LIGHT,
  contrast: CONTRAST,
  sixteen: SIXTEEN,
  mono: MONO,
};

/** Makes a theme. `utf8: false` draws with ASCII characters alone. */
export function makeTheme(name: ThemeName, utf8 = true): Theme {
  const sgr = {} as Record<Token, string>;
  for (const [token, codes] of Object.entries(VARIANTS[name])) {
    sgr[token as Token] = codes === '' ? '\x1b[m' : `\x1b[0;${codes}m`;
  }
  return {name, sgr, utf8, glyphs: utf8 ? UNICODE : ASCII};
}

/** What decides about the theme, from command line and environment. */
export interface ThemeChoice {
  /** `--theme`; `auto` when absent. */
  name?: string;
  /** `--no-color`. */
  noColor?: boolean;
  env: NodeJS.ProcessEnv;
}

/** Picks the theme: NO_COLOR and TERM=dumb win, then the name asked for, then what the terminal can. */
export function chooseTheme({name, noColor, env}: ThemeChoice): Theme {
  const utf8 = /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || 'utf-8');
  const term = env['TERM'] ?? '';
  if (noColor || env['NO_COLOR'] || term === 'dumb' || name === 'mono') return makeTheme('mono', utf8);
  if (name !== undefined && name !== 'auto' && Object.hasOwn(VARIANTS, name)) {
    return makeTheme(name as ThemeName, utf8);
  }
  const many = /256|kitty|alacritty|ghostty|direct/.test(term) || Boolean(env['COLORTERM']);
  return makeTheme(many ? 'dark' : 'sixteen', utf8);
}

/** The token of a subsystem's status. */
export function statusToken(status: Status): Token {
  return `status.${status.toLowerCase()}` as Token;
}

/** The token of an event's severity. */
export function severityToken(severity: Severity): Token {
  if (severity === 'critical') return 'status.critical';
  return severity === 'warning' ? 'status.warning' : 'dim';
}
