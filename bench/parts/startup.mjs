/** How long a user waits: from exec to the first line of text, and to the first painted frame, probes attached. */
import {setTimeout as delay} from 'node:timers/promises';
import {findCommand, KSTOP, output, REPO, start, stop} from '../lib/process.mjs';
import {absent, figure, say} from '../lib/report.mjs';
import {alternate} from '../lib/stats.mjs';
import {Terminal} from '../lib/terminal.mjs';

/** Milliseconds from exec to the first byte through a pipe. */
async function firstText(command) {
  const started = performance.now();
  const child = start(command, {stdio: ['ignore', 'pipe', 'pipe']});
  const first = await Promise.race([
    new Promise((resolve) => child.stdout.once('data', () => resolve(performance.now() - started))),
    child.ended.then(() => undefined),
  ]);
  child.stdout.resume();
  await stop(child);
  if (first === undefined) throw new Error(`${command[0]} printed nothing: ${child.said.trim()}`);
  return first;
}

/** Milliseconds from exec to output in a terminal that matches. */
async function firstFrame(command, pattern) {
  const terminal = new Terminal(command);
  try {
    return await terminal.shows(pattern);
  } finally {
    await terminal.stop();
  }
}

/** Milliseconds of a whole run. */
async function wholeRun(command) {
  const started = performance.now();
  await output(command);
  return performance.now() - started;
}

const NODE = `${REPO}node_modules/.bin/node`;
/** A tile and the heatmap's frame: both are in the first painted frame. */
const PAINTED = /Scheduler[\s\S]*Run-queue wait/;
const SUBJECTS = {
  text: () => firstText([KSTOP, '--plain']),
  frame: () => firstFrame([KSTOP], PAINTED),
  launched: () => wholeRun([KSTOP, '--version']),
  direct: () => wholeRun([NODE, `${REPO}dist/kstop.mjs`, '--version']),
  // Its first line stays in a buffer unless it writes to a terminal.
  runqlat: () => firstFrame([findCommand('runqlat')], /Tracing/),
};

/** The part `startup`. */
export async function startup({quick}) {
  const peer = findCommand('runqlat');
  const subjects = Object.keys(SUBJECTS).filter((name) => name !== 'runqlat' || peer);
  const measure = async (name) => {
    // What the last program left to be torn down shall not count for the next.
    await delay(100);
    return await SUBJECTS[name]();
  };
  for (const name of subjects) await measure(name);
  const values = await alternate(quick ? 5 : 21, subjects, measure, (round) => {
    if (round % 7 === 0) say(`startup: round ${round}`);
  });
  const launcher = values.get('launched').map((ms, round) => ms - values.get('direct')[round]);
  const ms = {unit: 'ms', digits: 0};
  return [
    figure('exec to the first line of text, probes attached', values.get('text'), {...ms, most: 400}),
    figure('exec to the first painted frame, 120×40', values.get('frame'), {...ms, most: 500}),
    figure('bin/kstop --version, whole', values.get('launched'), ms),
    figure('the launcher alone', launcher, {...ms, most: 50}),
    peer
      ? figure('runqlat: exec to its first output', values.get('runqlat'), ms)
      : absent('runqlat: exec to its first output', 'runqlat is not installed'),
  ];
}
