/** Everything a key can ask for. */
export type Command =
  | 'quit'
  | 'help'
  | 'close'
  | 'submit'
  | 'suspend'
  | 'redraw'
  | 'next-pane'
  | 'previous-pane'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'page-up'
  | 'page-down'
  | 'first'
  | 'last'
  | 'pause'
  | 'play-pause'
  | 'step-back'
  | 'step-forward'
  | 'slower'
  | 'faster'
  | 'toggle'
  | 'raise'
  | 'lower'
  | 'set-threshold'
  | 'clear';

/** Where the keys go: a pane of the screen, or what covers it. */
export type Where = 'tiles' | 'heatmap' | 'events' | 'help' | 'threshold' | 'small';

/** One row of the key table. Matcher, help screen and bottom line all read it. */
export interface KeyRow {
  command: Command;
  /** How the keys are written for people, with spaces between them. */
  label: string;
  /** The same as names that `keyNames` makes. */
  keys: readonly string[];
  /** One or two words for the bottom line; absent: not shown there. */
  short?: string;
  /** A sentence for the help screen. */
  help: string;
  where: readonly Where[];
  /** `live`: needs the running kernel, unavailable in a replay. `replay`: the other way round, and silent when live. */
  only?: 'live' | 'replay';
  /** Heading in the help screen. */
  group: 'Everywhere' | 'Moving' | 'Probes and thresholds' | 'Replay';
}

type More = Partial<Pick<KeyRow, 'short' | 'where' | 'only'>>;
type Row = Omit<KeyRow, 'group'>;

const PANES: readonly Where[] = ['tiles', 'heatmap', 'events'];
const QUIET: readonly Where[] = [...PANES, 'help', 'small'];
const ALL: readonly Where[] = [...QUIET, 'threshold'];
const MOVED: readonly Where[] = [...PANES, 'help'];
const SCROLLED: readonly Where[] = ['heatmap', 'events', 'help'];

const NAMES: Record<string, string> = {
  Enter: 'return',
  Esc: 'escape',
  PgUp: 'pageup',
  PgDn: 'pagedown',
  '↑': 'up',
  '↓': 'down',
  '←': 'left',
  '→': 'right',
  'Shift-Tab': 'shift+tab',
};

/** The name of a key as written in a label. */
function nameOf(written: string): string {
  if (written.length === 1 && !NAMES[written]) return written;
  return NAMES[written] ?? written.toLowerCase().replace('ctrl-', 'ctrl+');
}

function row(command: Command, label: string, help: string, more: More = {}): Row {
  return {command, label, keys: label.split(' ').map(nameOf), help, where: PANES, ...more};
}

const EVERYWHERE: Row[] = [
  row('help', '? h F1', 'this help', {short: 'help', where: [...PANES, 'small']}),
  row('close', 'Esc ? h F1', 'close the help or a dialog', {short: 'back', where: ['help']}),
  row('pause', 'Space', 'freeze the view; collecting goes on', {short: 'pause', only: 'live'}),
  row('clear', 'c', 'clear the event pane', {short: 'clear'}),
  row('redraw', 'Ctrl-L', 'draw the screen anew', {where: ALL}),
  row('suspend', 'Ctrl-Z', 'back to the shell; fg returns', {where: ALL}),
  row('quit', 'q Ctrl-C', 'stop and print the summary', {short: 'quit', where: QUIET}),
];

const TYPING: Row[] = [
  row('submit', 'Enter', 'set what was typed', {short: 'set', where: ['threshold']}),
  row('close', 'Esc', 'leave it', {short: 'leave', where: ['threshold']}),
  row('quit', 'Ctrl-C', 'stop and print the summary', {short: 'quit', where: ['threshold']}),
];

const MOVING: Row[] = [
  row('next-pane', 'Tab', 'next pane', {short: 'pane'}),
  row('previous-pane', 'Shift-Tab', 'previous pane'),
  row('left', '←', 'the subsystem to the left', {where: ['tiles']}),
  row('right', '→', 'the subsystem to the right', {short: 'select', where: ['tiles']}),
  row('up', '↑ k', 'one row up', {where: MOVED}),
  row('down', '↓ j', 'one row down', {short: 'scroll', where: SCROLLED}),
  row('down', '↓ j', 'one row down', {where: ['tiles']}),
  row('page-up', 'PgUp', 'one page up', {where: SCROLLED}),
  row('page-down', 'PgDn', 'one page down', {where: SCROLLED}),
  row('first', 'g Home', 'to the first row', {where: MOVED}),
  row('last', 'G End', 'to the last row; events follow again', {short: 'newest', where: ['events']}),
  row('last', 'G End', 'to the last row', {where: ['tiles', 'heatmap', 'help']}),
];

const PROBES: Row[] = [
  row('toggle', 'x', "attach or detach the selected subsystem's probe", {short: 'on/off', only: 'live'}),
  row('raise', '+', 'raise its warning threshold (1-2-5 steps)', {only: 'live'}),
  row('lower', '-', 'lower its warning threshold', {short: 'threshold', only: 'live'}),
  row('set-threshold', '=', 'type its warning threshold', {only: 'live'}),
];

const REPLAY: Row[] = [
  row('play-pause', 'Space', 'play or pause', {short: 'play/pause', only: 'replay'}),
  row('step-back', ',', 'one sample back', {only: 'replay'}),
  row('step-forward', '.', 'one sample on', {short: 'step', only: 'replay'}),
  row('slower', '<', 'half the speed', {only: 'replay'}),
  row('faster', '>', 'twice the speed', {short: 'speed', only: 'replay'}),
];

const grouped = (group: KeyRow['group'], rows: Row[]): KeyRow[] => rows.map((each) => ({...each, group}));

/** The key table. */
export const KEYS: readonly KeyRow[] = [
  ...grouped('Everywhere', [...EVERYWHERE, ...TYPING]),
  ...grouped('Moving', MOVING),
  ...grouped('Probes and thresholds', PROBES),
  ...grouped('Replay', REPLAY),
];
