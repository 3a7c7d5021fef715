/** Everything a key can ask for. */
export type Command =
  | 'quit'
  | 'help'
  | 'close'
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
export type Where = 'tiles' | 'heatmap' | 'events' | 'help' | 'small';

/** One row of the key table. Matcher, help screen and bottom line all read it. */
export interface KeyRow {
  command: Command;
  /** Key names as `keyNames` makes them. */
  keys: readonly string[];
  /** How the keys are written for people. */
  label: string;
  /** One or two words for the bottom line; absent: not shown there. */
  short?: string;
  /** A sentence for the help screen. */
  help: string;
  /** Absent: everywhere but in dialogs. */
  where?: readonly Where[];
  /** `live`: needs the running kernel, unavailable in a replay. `replay`: the other way round, and silent when live. */
  only?: 'live' | 'replay';
  /** Heading in the help screen. */
  group: 'Everywhere' | 'Moving' | 'Probes and thresholds' | 'Replay';
}

const PANES: readonly Where[] = ['tiles', 'heatmap', 'events'];
const SCROLLED: readonly Where[] = ['heatmap', 'events', 'help'];

export const KEYS: readonly KeyRow[] = [
  {
    command: 'help',
    keys: ['?', 'h', 'f1'],
    label: '? h F1',
    short: 'help',
    help: 'this help',
    group: 'Everywhere',
    where: [...PANES, 'small'],
  },
  {
    command: 'close',
    keys: ['escape', '?', 'h', 'f1'],
    label: 'Esc',
    short: 'back',
    help: 'close the help or a dialog',
    group: 'Everywhere',
    where: ['help'],
  },
  {
    command: 'pause',
    keys: ['space'],
    label: 'Space',
    short: 'pause',
    help: 'freeze the view; collecting goes on',
    group: 'Everywhere',
    only: 'live',
  },
  {
    command: 'clear',
    keys: ['c'],
    label: 'c',
    short: 'clear',
    help: 'clear the event pane',
    group: 'Everywhere',
    where: PANES,
  },
  {
    command: 'redraw',
    keys: ['ctrl+l'],
    label: 'Ctrl-L',
    help: 'draw the screen anew',
    group: 'Everywhere',
    where: [...PANES, 'help', 'small'],
  },
  {
    command: 'suspend',
    keys: ['ctrl+z'],
    label: 'Ctrl-Z',
    help: 'back to the shell; fg returns',
    group: 'Everywhere',
    where: [...PANES, 'help', 'small'],
  },
  {
    command: 'quit',
    keys: ['q', 'ctrl+c'],
    label: 'q Ctrl-C',
    short: 'quit',
    help: 'stop and print the summary',
    group: 'Everywhere',
    where: [...PANES, 'help', 'small'],
  },

  {command: 'next-pane', keys: ['tab'], label: 'Tab', short: 'pane', help: 'next pane', group: 'Moving', where: PANES},
  {
    command: 'previous-pane',
    keys: ['shift+tab'],
    label: 'Shift-Tab',
    help: 'previous pane',
    group: 'Moving',
    where: PANES,
  },
  {command: 'left', keys: ['left'], label: '←', help: 'the subsystem to the left', group: 'Moving', where: ['tiles']},
  {
    command: 'right',
    keys: ['right'],
    label: '→',
    short: 'select',
    help: 'the subsystem to the right',
    group: 'Moving',
    where: ['tiles'],
  },
  {command: 'up', keys: ['up', 'k'], label: '↑ k', help: 'one row up', group: 'Moving', where: [...PANES, 'help']},
  {
    command: 'down',
    keys: ['down', 'j'],
    label: '↓ j',
    short: 'scroll',
    help: 'one row down',
    group: 'Moving',
    where: [...PANES, 'help'],
  },
  {command: 'page-up', keys: ['pageup'], label: 'PgUp', help: 'one page up', group: 'Moving', where: SCROLLED},
  {command: 'page-down', keys: ['pagedown'], label: 'PgDn', help: 'one page down', group: 'Moving', where: SCROLLED},
  {
    command: 'first',
    keys: ['g', 'home'],
    label: 'g Home',
    help: 'to the first row',
    group: 'Moving',
    where: [...PANES, 'help'],
  },
  {
    command: 'last',
    keys: ['G', 'end'],
    label: 'G End',
    short: 'newest',
    help: 'to the last row; events follow again',
    group: 'Moving',
    where: [...PANES, 'help'],
  },

  {
    command: 'toggle',
    keys: ['x'],
    label: 'x',
    short: 'on/off',
    help: "attach or detach the selected subsystem's probe",
    group: 'Probes and thresholds',
    where: PANES,
    only: 'live',
  },
  {
    command: 'raise',
    keys: ['+'],
    label: '+',
    help: 'raise its warning threshold (1-2-5 steps)',
    group: 'Probes and thresholds',
    where: PANES,
    only: 'live',
  },
  {
    command: 'lower',
    keys: ['-'],
    label: '-',
    short: 'threshold',
    help: 'lower its warning threshold',
    group: 'Probes and thresholds',
    where: PANES,
    only: 'live',
  },
  {
    command: 'set-threshold',
    keys: ['='],
    label: '=',
    help: 'type its warning threshold',
    group: 'Probes and thresholds',
    where: PANES,
    only: 'live',
  },

  {
    command: 'play-pause',
    keys: ['space'],
    label: 'Space',
    short: 'play/pause',
    help: 'play or pause',
    group: 'Replay',
    where: PANES,
    only: 'replay',
  },
  {
    command: 'step-back',
    keys: [','],
    label: ',',
    help: 'one sample back',
    group: 'Replay',
    where: PANES,
    only: 'replay',
  },
  {
    command: 'step-forward',
    keys: ['.'],
    label: '.',
    short: 'step',
    help: 'one sample on',
    group: 'Replay',
    where: PANES,
    only: 'replay',
  },
  {command: 'slower', keys: ['<'], label: '<', help: 'half the speed', group: 'Replay', where: PANES, only: 'replay'},
  {
    command: 'faster',
    keys: ['>'],
    label: '>',
    short: 'speed',
    help: 'twice the speed',
    group: 'Replay',
    where: PANES,
    only: 'replay',
  },
];
