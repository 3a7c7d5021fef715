/** Everything a key can ask for. */
export type Command =
  | 'quit'
  | 'help'
  | 'close'
  | 'submit'
  | 'suspend'
  | 'redraw'
  | 'view'
  | 'drill'
  | 'filter'
  | 'drill-pid'
  | 'back'
  | 'sort'
  | 'reverse'
  | 'tree'
  | 'group'
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
  | 'pages'
  | 'trace'
  | 'toggle'
  | 'raise'
  | 'lower'
  | 'set-threshold'
  | 'seek-back'
  | 'seek-forward'
  | 'export'
  | 'record'
  | 'clear';

/** Where the keys go: a pane of the screen, or what covers it. */
export type Where =
  | 'tiles'
  | 'heatmap'
  | 'events'
  | 'list'
  | 'canvas'
  | 'help'
  | 'threshold'
  | 'probes'
  | 'filter'
  | 'pid'
  | 'trace'
  | 'small';

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
  /** Only in the view of one process or container; `back`: also in what was asked for from there. */
  drilled?: true | 'back';
  /** Heading in the help screen. */
  group: 'Everywhere' | 'Moving' | 'Lists' | 'Probes and thresholds' | 'Replay';
}

type More = Partial<Pick<KeyRow, 'keys' | 'short' | 'where' | 'only' | 'drilled'>>;
type Row = Omit<KeyRow, 'group'>;

const PANES: readonly Where[] = ['tiles', 'heatmap', 'events', 'list', 'canvas'];
const QUIET: readonly Where[] = [...PANES, 'help', 'probes', 'small'];
const ALL: readonly Where[] = [...QUIET, 'threshold', 'filter', 'pid', 'trace'];
const SCROLLED: readonly Where[] = ['heatmap', 'events', 'list', 'help'];
const MOVED: readonly Where[] = ['tiles', ...SCROLLED, 'probes'];

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
  row('export', 'e', 'export what is shown: a .json to replay and a report', {
    short: 'export',
  }),
  row('record', 'r', 'start a recording of the stream, or stop it', {short: 'record', only: 'live'}),
  row('clear', 'c', 'clear the event pane', {short: 'clear'}),
  row('redraw', 'Ctrl-L', 'draw the screen anew', {where: ALL}),
  row('suspend', 'Ctrl-Z', 'back to the shell; fg returns', {where: ALL}),
  row('quit', 'q Ctrl-C', 'stop and print the summary', {short: 'quit', where: QUIET}),
];

const TYPING: Row[] = [
  row('submit', 'Enter', 'keep the filter that was typed', {where: ['filter']}),
  row('submit', 'Enter', 'set what was typed', {short: 'set', where: ['threshold']}),
  row('submit', 'Enter', 'look into that process', {short: 'look', where: ['pid']}),
  row('submit', 'Enter', 'start the trace', {short: 'start', where: ['trace']}),
  row('close', 'Esc', 'leave it', {short: 'leave', where: ['threshold', 'filter', 'pid', 'trace']}),
  row('quit', 'Ctrl-C', 'stop and print the summary', {
    short: 'quit',
    where: ['threshold', 'filter', 'pid', 'trace'],
  }),
];

const MOVING: Row[] = [
  row('view', '1-9', 'a view: Overview, Sched, Disk & files, Memory, Network …', {
    short: 'view',
    keys: [...'123456789'],
  }),
  row('next-pane', 'Tab', 'next pane', {short: 'pane'}),
  row('previous-pane', 'Shift-Tab', 'previous pane'),
  row('left', '←', 'the subsystem to the left', {where: ['tiles'], only: 'live'}),
  row('right', '→', 'the subsystem to the right', {short: 'select', where: ['tiles'], only: 'live'}),
  row('up', '↑ k', 'one row up', {where: MOVED}),
  row('down', '↓ j', 'one row down', {short: 'scroll', where: SCROLLED}),
  row('down', '↓ j', 'one row down', {where: ['tiles']}),
  row('down', '↓ j', 'one row down', {short: 'select', where: ['probes']}),
  row('page-up', 'PgUp', 'one page up', {where: SCROLLED}),
  row('page-down', 'PgDn', 'one page down', {where: SCROLLED}),
  row('first', 'g Home', 'to the first row', {where: MOVED}),
  row('last', 'G End', 'to the last row; events follow again', {short: 'newest', where: ['events']}),
  row('last', 'G End', 'to the last row', {where: ['tiles', 'heatmap', 'list', 'help', 'probes']}),
];

const LISTS: Row[] = [
  row('filter', '/', 'show only some: comm:nginx pid:42 /regex/ …', {short: 'filter'}),
  row('drill', 'Enter', "look into the selected row's process or container", {
    short: 'process',
    where: ['events', 'list'],
  }),
  row('drill-pid', 'd', 'look into a process by its number', {short: 'by number'}),
  row('pages', 'p', 'of a process: count for 10 s where its pages come from, or end that', {
    short: 'pages',
    only: 'live',
    drilled: true,
  }),
  row('trace', 'T', 'of a process: the traces that suit it', {short: 'trace', only: 'live', drilled: true}),
  row('back', 'Esc Backspace', 'back from a process or container', {short: 'back', drilled: 'back'}),
  row('sort', 's', 'sort by the next column', {short: 'sort', where: ['list']}),
  row('reverse', 'I', 'reverse the order', {short: 'reverse', where: ['list']}),
  row('tree', 't', 'processes below their parents, or as a list', {where: ['list']}),
  row('group', 'b', 'processes by container, with sums, or as a list; Enter folds one', {
    short: 'group',
    where: ['list'],
  }),
];

const PROBES: Row[] = [
  row('toggle', 'x', "attach or detach the selected subsystem's probe; of several, list them; start or stop a trace", {
    short: 'on/off',
    only: 'live',
  }),
  row('toggle', 'x Enter', 'attach or detach the selected probe', {short: 'on/off', where: ['probes'], only: 'live'}),
  row('close', 'Esc', 'leave the list of probes', {short: 'back', where: ['probes']}),
  row('raise', '+', 'raise its warning threshold (1-2-5 steps)', {only: 'live'}),
  row('lower', '-', 'lower its warning threshold', {short: 'warn', only: 'live'}),
  row('set-threshold', '=', 'type its warning threshold', {only: 'live'}),
];

const REPLAY: Row[] = [
  row('play-pause', 'Space', 'play or pause', {short: 'play/pause', only: 'replay'}),
  row('step-back', ',', 'one sample back', {only: 'replay'}),
  row('step-forward', '.', 'one sample on', {short: 'step', only: 'replay'}),
  row('seek-back', '←', 'ten seconds back', {only: 'replay'}),
  row('seek-forward', '→', 'ten seconds on', {short: 'seek', only: 'replay'}),
  row('slower', '<', 'half the speed', {only: 'replay'}),
  row('faster', '>', 'twice the speed', {short: 'speed', only: 'replay'}),
];

const grouped = (group: KeyRow['group'], rows: Row[]): KeyRow[] => rows.map((each) => ({...each, group}));

/** The key table. */
export const KEYS: readonly KeyRow[] = [
  ...grouped('Everywhere', [...EVERYWHERE, ...TYPING]),
  ...grouped('Moving', MOVING),
  ...grouped('Lists', LISTS),
  ...grouped('Probes and thresholds', PROBES),
  ...grouped('Replay', REPLAY),
];
