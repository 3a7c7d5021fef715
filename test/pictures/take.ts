import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {Pty} from '../tui/pty.ts';

export const REPO = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLE = `${REPO}examples/trouble.ndjson.gz`;
const SIZE = {columns: 120, rows: 40};

/** A picture in docs/pictures/: keys that lead to it from the one before; the first from the example's end. */
export interface Picture {
  name: string;
  title: string;
  keys: string;
}

export const PICTURES: readonly Picture[] = [
  {name: 'overview', title: 'kstop: the overview of a machine in trouble', keys: '1'},
  {name: 'sched', title: 'kstop: who waits for a CPU, and behind whom', keys: '\x1b[D2'},
  {name: 'disk', title: 'kstop: disks, and calls on files', keys: '3'},
  {name: 'network', title: 'kstop: retransmits, drops and interfaces', keys: '\x1b[C5'},
];

/** Command line that shows the example in the program itself. */
export const KSTOP = [`${REPO}bin/kstop`, 'replay', EXAMPLE];

/**
 * Plays the example to its end, where its screen is the same every time, and hands the terminal over as each picture
 * shows it. `command` is what shows the example: kstop itself, or when absent the tests' app.
 */
export async function take(
  command: readonly string[] | undefined,
  shown: (picture: Picture, pty: Pty) => void,
): Promise<void> {
  const pty = new Pty({...SIZE, command, options: {recording: EXAMPLE}});
  try {
    await pty.shows('REPLAY');
    pty.send('>>>>>>>>>');
    await pty.shows('REPLAY ended');
    pty.send('<<<<<<<<<');
    await pty.shows('speed 1x');
    // The answer to the last key gives its line back.
    await pty.until((text) => !text.includes('speed 1x'), 'the message to go');
    for (const picture of PICTURES) {
      pty.send(picture.keys);
      await settled(pty);
      shown(picture, pty);
    }
    pty.send('q');
    await pty.end();
  } finally {
    pty.kill();
  }
}

/** Waits until nothing has changed for a while. */
async function settled(pty: Pty): Promise<void> {
  for (let before = ''; before !== pty.text; ) {
    before = pty.text;
    await delay(700);
  }
}
