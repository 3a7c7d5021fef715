import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import * as pty from '@lydell/node-pty';
import type {ExecutionContext} from 'ava';
import {completions} from '../../src/cli/completions/index.ts';
import {COMMANDS, type Command, FLAGS} from '../../src/cli/flags.ts';
import {PROBES} from '../../src/probes/catalog.ts';
import {lacks, testUnless} from '../kernel/util/machine.ts';

const ids = PROBES.map(({id}) => id);
const named = Object.keys(COMMANDS).filter((name) => name !== 'live');
const longOf = (command: Command, start: string) =>
  FLAGS.filter((flag) => flag.commands.includes(command) && `--${flag.name}`.startsWith(start)).map(
    ({name}) => `--${name}`,
  );
const lists = ['all', 'default', ...ids, ...ids.map((id) => `-${id}`)];

/** Words typed so far, the last one unfinished -> what is offered. Bash has split --flag=value at the sign. */
const OFFERS: [words: string[], offered: string[]][] = [
  [[''], named],
  [['re'], named.filter((name) => name.startsWith('re'))],
  [['--sched'], longOf('live', '--sched')],
  [['record', '--'], longOf('record', '--')],
  [['replay', '--'], longOf('replay', '--')],
  [['record', '--pla'], []],
  [
    ['completions', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [
    ['trace', '--preset', 'tcp-'],
    ['tcp-connect', 'tcp-retransmit'],
  ],
  [
    ['trace', '--type', 'k'],
    ['kprobe', 'kretprobe'],
  ],
  [
    ['trace', '--a'],
    ['--args', '--aggregate'],
  ],
  [['--preset'], []],
  [['--probes', ''], lists],
  [['--probes', 'sched,-bl'], ['sched,-block']],
  [['--probes', 'default,-sched,o'], ['default,-sched,oom']],
  [['--pid', '1', 'repl'], ['replay']],
  [['-d', 'replay', '--max'], ['--max-overhead']],
  [
    ['-o', 'so'],
    ['some file', 'some folder/'],
  ],
  [['--config', 'some fi'], ['some file']],
  [['replay', 'some fo'], ['some folder/']],
  [['--duration', ''], []],
  [['replay', 'x', ''], []],
];

function place(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kstop-completions-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  mkdirSync(join(folder, 'some folder'));
  writeFileSync(join(folder, 'some file'), '');
  for (const shell of ['bash', 'zsh', 'fish'] as const) writeFileSync(join(folder, shell), completions(shell));
  return folder;
}

const slashless = (words: readonly string[]) => words.map((word) => word.replace(/\/$/, '')).sort();
const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

testUnless(lacks('bash'), 'bash offers what belongs there', (t) => {
  const cwd = place(t);
  const split: [string[], string[]] = [['--probes', '=', 'bl'], ['block']];
  for (const [words, offered] of [...OFFERS, split]) {
    const script = `set -u; source ./bash; COMP_WORDS=(kstop ${words.map(quote).join(' ')}); COMP_CWORD=${words.length}
      _kstop; for each in "\${COMPREPLY[@]}"; do printf '%s\\n' "$each"; done`;
    const {stdout, stderr} = spawnSync('bash', ['--norc', '-c', script], {cwd, encoding: 'utf8', timeout: 20_000});
    t.is(stderr, '', words.join(' '));
    t.deepEqual(slashless(stdout.split('\n').filter(Boolean)), slashless(offered), words.join(' '));
  }
});

testUnless(lacks('fish'), 'fish offers what belongs there', (t) => {
  const cwd = place(t);
  const split: [string[], string[]] = [['--probes=bl'], ['--probes=block']];
  const all = [...OFFERS, split];
  const lines = all.map(
    ([words]) =>
      `echo '#'; complete -C ${quote(`kstop ${words.map((word) => word.replaceAll(' ', '\\ ')).join(' ')}`)}`,
  );
  const {stdout, stderr} = spawnSync('fish', ['--no-config', '-c', `source ./fish\n${lines.join('\n')}`], {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
    env: {...process.env, HOME: cwd, XDG_CONFIG_HOME: cwd, XDG_DATA_HOME: cwd},
  });
  t.is(stderr, '');
  const answers = stdout.split('#\n').slice(1);
  all.forEach(([words, offered], i) => {
    const got = (answers[i] ?? '')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t')[0]!.replaceAll('\\ ', ' '));
    // Fish falls back to matching in the middle of a word where nothing begins with it.
    const start = words.at(-1)!;
    t.deepEqual(slashless(got.filter((word) => word.startsWith(start))), slashless(offered), words.join(' '));
  });
});

/** What a user sees: the line after Tab, in a shell on a terminal. */
async function tabbed(t: ExecutionContext, command: string[], setup: string, lines: Record<string, string>) {
  const cwd = place(t);
  const env = {PATH: process.env.PATH ?? '', HOME: cwd, TERM: 'dumb', LANG: 'C.UTF-8', PS1: '', HISTFILE: ''};
  const shell = pty.spawn(command[0]!, command.slice(1), {cols: 200, rows: 50, cwd, env});
  t.teardown(() => shell.kill('SIGKILL'));
  let seen = '';
  shell.onData((data) => {
    // Without the bell that asks for another Tab.
    seen += data.replaceAll('\x07', '');
  });
  const shows = async (text: string, from: number) => {
    for (let i = 0; i < 1500 && !seen.slice(from).includes(text); i++) await delay(20);
    t.true(seen.slice(from).includes(text), `${text}: ${JSON.stringify(seen.slice(from))}`);
  };
  shell.write(`${setup}; echo rea''dy\r`);
  await shows('ready', 0);
  for (const [typed, completed] of Object.entries(lines)) {
    const from = seen.length;
    shell.write(`${typed}\t`);
    await shows(completed, from);
    shell.write('\x15');
  }
}

const TABBED = {
  'kstop --sched-w': 'kstop --sched-warn',
  'kstop repl': 'kstop replay ',
  'kstop replay --pl': 'kstop replay --plain',
  'kstop --probes sched,bl': 'kstop --probes sched,block',
  'kstop completions z': 'kstop completions zsh',
  'kstop -q replay some\\ fi': 'kstop -q replay some\\ file',
};

testUnless(lacks('bash'), 'bash on a terminal completes at Tab', (t) =>
  tabbed(t, ['bash', '--norc', '--noprofile', '-i'], 'source ./bash', {
    ...TABBED,
    'kstop --probes=bl': 'kstop --probes=block',
  }),
);

testUnless(lacks('zsh'), 'zsh on a terminal completes at Tab', (t) =>
  tabbed(t, ['zsh', '-f', '-i'], 'autoload -U compinit; compinit -u -D; source ./zsh', {
    ...TABBED,
    'kstop --probes=bl': 'kstop --probes=block',
  }),
);
