import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {Pty} from './pty.ts';

/** After the end: main screen, cursor shown, paste mode off, line settings as before. */
function restored(t: ExecutionContext, pty: Pty): void {
  const after = pty.raw.slice(pty.raw.lastIndexOf('\x1b[?2026h') + 1);
  t.false(pty.alternate);
  for (const sequence of ['\x1b[?1049l', '\x1b[?25h', '\x1b[?2004l', '\x1b[?7h']) t.true(after.includes(sequence));
  t.true(after.lastIndexOf('\x1b[?25h') > after.lastIndexOf('\x1b[?25l'));
  const {settings} = pty;
  t.is(settings.length, 2);
  t.is(settings[0], settings[1]);
}

/** Whether a process ends in good time. */
async function gone(pid: number): Promise<boolean> {
  for (const end = Date.now() + 10_000; Date.now() < end; await delay(50)) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
  }
  return false;
}

interface Way {
  name: string;
  /** Options of the fixture. */
  options?: Record<string, unknown>;
  /** Leaves. */
  leave?: (pty: Pty) => void | Promise<void>;
  /** What the fixture prints as its reason. */
  reason: RegExp;
}

const signal = (name: NodeJS.Signals): Way => ({
  name,
  leave: (pty) => void process.kill(pty.program, name),
  reason: new RegExp(`"kind":"signal","signal":"${name}"`),
});

const WAYS: Way[] = [
  {
    name: 'q twice, with a source that never drains',
    options: {stuck: true},
    leave: async (pty) => {
      pty.send('q');
      await pty.shows('STOPPING');
      pty.send('q');
    },
    reason: /"kind":"quit"/,
  },
  {name: 'q', leave: (pty) => pty.send('q'), reason: /"kind":"quit"/},
  {name: 'Ctrl-C', leave: (pty) => pty.send('\x03'), reason: /"kind":"quit"/},
  signal('SIGTERM'),
  signal('SIGINT'),
  signal('SIGHUP'),
  {name: 'the end of the source', options: {samples: 2, intervalMs: 300}, reason: /"kind":"end"/},
  {name: 'an exception in the source', options: {failAfter: 2, intervalMs: 300}, reason: /the synthetic source failed/},
  {name: 'an exception in the model', options: {throwInModel: true}, reason: /the model threw/},
  {name: 'an exception in a view', options: {throwInView: true}, reason: /a view threw/},
  {name: 'an uncaught exception', options: {throwLater: true}, reason: /uncaught, as it was asked to be/},
];

for (const {name, options, leave, reason} of WAYS) {
  test.serial(`the terminal is restored after ${name}`, async (t) => {
    const pty = new Pty({options});
    try {
      if (leave) {
        await pty.shows('LIVE');
        await leave(pty);
      }
      await pty.end();
      t.regex(pty.text, reason);
      t.regex(pty.text, /rc 0/);
      restored(t, pty);
    } finally {
      pty.kill();
    }
  });
}

const STOPS: [name: string, stop: (pty: Pty) => void][] = [
  ['Ctrl-Z', (pty) => pty.send('\x1a')],
  ['SIGTSTP', ({program}) => void process.kill(program, 'SIGTSTP')],
];

for (const [name, stop] of STOPS) {
  test.serial(`${name} gives the terminal to the shell as it was, and fg takes it again`, async (t) => {
    const pty = new Pty({jobs: true});
    try {
      await pty.shows('LIVE');
      stop(pty);
      await pty.shows(/stopped 148/);
      t.false(pty.alternate);
      t.true(pty.raw.lastIndexOf('\x1b[?25h') > pty.raw.lastIndexOf('\x1b[?25l'), 'the cursor is shown');
      t.true(pty.raw.lastIndexOf('\x1b[?2004l') > pty.raw.lastIndexOf('\x1b[?2004h'), 'pastes are not bracketed');
      await pty.until(() => pty.settings.length === 2, 'the settings', 5000);
      t.is(pty.settings[1], pty.settings[0]);
      pty.send('\n');
      await pty.shows('LIVE');
      t.true(pty.alternate);
      pty.send('?');
      await pty.shows(/Keys \(/);
      pty.send('?q');
      await pty.end();
      t.regex(pty.text, /"kind":"quit"/);
      t.regex(pty.text, /rc 0/);
      t.is(pty.settings[2], pty.settings[0]);
    } finally {
      pty.kill();
    }
  });
}

test.serial('a stop that nobody announced: after SIGCONT the screen is whole again', async (t) => {
  const pty = new Pty({jobs: true});
  try {
    await pty.shows('LIVE');
    process.kill(pty.program, 'SIGSTOP');
    await pty.shows(/stopped 147/);
    pty.send('\n');
    await pty.until((text) => text.includes('LIVE') && !text.includes('stopped'), 'a whole screen');
    pty.send('q');
    await pty.end();
    t.regex(pty.text, /rc 0/);
    t.is(pty.settings.at(-1), pty.settings[0]);
    t.false(pty.alternate);
  } finally {
    pty.kill();
  }
});

test.serial('the program ends when its terminal vanishes', async (t) => {
  const pty = new Pty();
  try {
    await pty.shows('LIVE');
    const {program} = pty;
    pty.hangUp();
    t.true(await gone(program));
  } finally {
    pty.kill();
  }
});
