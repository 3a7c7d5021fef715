/**
 * What the screen costs live, beside htop and btop in the same round, and how soon a key shows: with nothing else to
 * do, and with 50,000 events a second arriving.
 */
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {built, cpuNs, findCommand, KSTOP, output, ringId, rssMb} from '../lib/process.mjs';
import {absent, figure, say} from '../lib/report.mjs';
import {alternate, percentile} from '../lib/stats.mjs';
import {Terminal} from '../lib/terminal.mjs';

const WARM_UP_MS = 5000;
const [SMALL, LARGE] = ['120×40', '200×60'];
const SIZES = {[SMALL]: {cols: 120, rows: 40}, [LARGE]: {cols: 200, rows: 60}};
/** As often as kstop: once a second, which btop is told in a file only. */
const PEERS = {
  htop: (path) => [path, '-d', '10'],
  btop: (path, folder) => ['env', `XDG_CONFIG_HOME=${folder}`, path, '--utf-force'],
};
/** A view and words that only it shows: going to and fro writes them anew. */
const KEYS = [
  ['8', /NS\/RUN/],
  ['1', /Block I\/O/],
];
const EVENTS_PER_S = 50_000;

/** CPU in percent of one, resident MB, bytes and frames a second. */
async function watch([command, size], seconds) {
  const terminal = new Terminal(command, SIZES[size]);
  try {
    await delay(WARM_UP_MS);
    const before = {cpu: cpuNs(terminal.pid), at: performance.now(), bytes: terminal.bytes, frames: terminal.frames};
    await delay(seconds * 1000);
    const ms = performance.now() - before.at;
    return {
      pct: (cpuNs(terminal.pid) - before.cpu) / ms / 1e4,
      mb: rssMb(terminal.pid),
      bytes: ((terminal.bytes - before.bytes) / ms) * 1000,
      frames: ((terminal.frames - before.frames) / ms) * 1000,
    };
  } finally {
    await terminal.stop();
  }
}

/** Milliseconds from each of many keys to its effect, and what was sent meanwhile. */
async function keyTimes(flooded, count) {
  const terminal = new Terminal([KSTOP, ...(flooded ? ['--probes', 'sched', '--sched-warn', '60000000'] : [])]);
  try {
    await delay(WARM_UP_MS);
    const records = EVENTS_PER_S * Math.ceil(count * 0.15 + 3);
    const flood =
      flooded &&
      output([built('flood'), '-m', String(ringId(terminal.pid)), '-r', String(EVENTS_PER_S), String(records)]);
    await delay(1000);
    const times = [];
    for (let i = 0; i < count; i++) {
      const [key, effect] = KEYS[i % KEYS.length];
      times.push(await terminal.key(key, effect));
      // Not in step with the samples.
      await delay(53 + (i % 7) * 11);
    }
    return {times, flood: flood && JSON.parse(await flood)};
  } finally {
    await terminal.stop();
  }
}

/** A folder with btop's settings, for as long as `body` takes. */
async function withSettings(body) {
  const folder = mkdtempSync(join(tmpdir(), 'kstop-bench-'));
  mkdirSync(join(folder, 'btop'));
  writeFileSync(join(folder, 'btop/btop.conf'), 'update_ms=1000\n');
  try {
    return await body(folder);
  } finally {
    rmSync(folder, {recursive: true});
  }
}

async function costs(quick, folder) {
  const found = Object.entries(PEERS).flatMap(([name, command]) => {
    const path = findCommand(name);
    return path ? [[name, command(path, folder)]] : [];
  });
  const subjects = {
    [`kstop, ${SMALL}`]: [[KSTOP], SMALL],
    [`kstop, ${LARGE}`]: [[KSTOP], LARGE],
    ...Object.fromEntries(found.map(([name, command]) => [`${name}, ${SMALL}`, [command, SMALL]])),
  };
  const values = await alternate(
    quick ? 1 : 5,
    Object.keys(subjects),
    (name) => watch(subjects[name], quick ? 15 : 30),
    (round) => say(`screen: round ${round}`),
  );
  const of = (name, what) => values.get(name).map((run) => run[what]);
  const cpu = {unit: '% of one', digits: 2};
  const rows = Object.keys(subjects).flatMap((name) => [
    figure(`${name}: CPU`, of(name, 'pct'), cpu),
    figure(`${name}: resident`, of(name, 'mb'), {unit: 'MB', ...(name.startsWith('kstop') && {most: 100})}),
    figure(`${name}: written`, of(name, 'bytes'), {unit: 'bytes/s', digits: 0}),
  ]);
  const [small, large] = [of(`kstop, ${SMALL}`, 'pct'), of(`kstop, ${LARGE}`, 'pct')];
  const ratio = large.map((pct, round) => pct / small[round]);
  rows.push(figure(`kstop: CPU at ${LARGE} over that at ${SMALL}`, ratio, {digits: 2, most: 2}));
  if (values.has(`btop, ${SMALL}`)) {
    const more = of(`btop, ${SMALL}`, 'pct').map((pct, round) => small[round] - pct);
    rows.push(figure(`kstop: more CPU than btop, ${SMALL}`, more, {...cpu, most: 0.5}));
  }
  for (const name of Object.keys(PEERS))
    if (!values.has(`${name}, ${SMALL}`)) rows.push(absent(name, `${name} is not installed`));
  return rows;
}

/** The part `screen`. */
export async function screen({quick}) {
  const rows = await withSettings((folder) => costs(quick, folder));
  for (const [name, flooded] of [
    ['nothing else to do', false],
    [`${EVENTS_PER_S} events/s`, true],
  ]) {
    const {times, flood} = await keyTimes(flooded, quick ? 60 : 300);
    if (flood)
      rows.push(figure(`${name}: sent`, [flood.sent / (flood.ns / 1e9)], {digits: 0, least: 0.9 * EVENTS_PER_S}));
    rows.push(
      figure(`a key's effect, ${name}`, times, {unit: 'ms'}),
      figure(`a key's effect at p99, ${name}`, [percentile(times, 99)], {unit: 'ms', most: 50}),
    );
  }
  return rows;
}
