/** What an ad-hoc trace costs kstop: events read from bpftrace's output, memory, and whether it keeps up. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {built, findCommand, nodeFlags, output, REPO} from '../lib/process.mjs';
import {figure, truth} from '../lib/report.mjs';

const RATE = 50_000;
/** More than anybody can read: how many a second are taken then. */
const FLOOD = 2_000_000;
const ROUNDS = 3;

/** One run of the benchmark program. */
async function round(audit, rate, seconds) {
  const command = [
    process.execPath,
    ...nodeFlags(),
    built('trace.mjs'),
    join(REPO, 'dist/kstop-supervise'),
    built('say'),
  ];
  return JSON.parse(await output([...command, String(rate), String(seconds), audit]));
}

/** To the first event, more than bpftrace takes by itself. */
async function firstEvent(audit, rounds) {
  const bpftrace = findCommand('bpftrace');
  if (!bpftrace) return {what: 'the first event', problem: 'bpftrace is not installed'};
  const command = [process.execPath, ...nodeFlags(), built('trace-first.mjs'), join(REPO, 'dist/kstop-supervise')];
  const {alone, kstop} = JSON.parse(await output([...command, bpftrace, String(rounds), audit]));
  const more = kstop.map((ms, i) => ms - alone[i]);
  return figure('to the first event that a listener hears of, more than bpftrace takes by itself', more, {
    unit: 'ms',
    digits: 0,
    most: 100,
  });
}

/** The part `trace`. */
export async function trace({quick}) {
  const folder = mkdtempSync(join(tmpdir(), 'kstop-bench.'));
  const seconds = quick ? 3 : 10;
  try {
    const rounds = [];
    for (let i = 0; i < (quick ? 1 : ROUNDS); i++) rounds.push(await round(join(folder, 'audit.log'), RATE, seconds));
    const wrong = rounds
      .filter(({events, kept}) => events !== RATE * seconds || kept !== 10_000)
      .map(({events, kept}) => `${events} counted, ${kept} kept`);
    const flood = await round(join(folder, 'audit.log'), FLOOD, 1);
    const of = (field) => rounds.map((each) => each[field]);
    return [
      truth(`${RATE} events a second for ${seconds} s: each counted, 10,000 kept`, rounds.length, wrong),
      figure('how late the printing was at the end', of('lateMs'), {unit: 'ms', digits: 0, most: 100}),
      figure('CPU time of kstop', of('cpuPct'), {unit: '%', digits: 0, most: 50}),
      figure('of it an event', of('cpuUsEach'), {unit: 'µs', digits: 2}),
      figure('resident memory at its most, more than before', of('rssMb'), {unit: 'MB', most: 20}),
      figure('the same of the first trace in a process, with its code', of('firstRssMb'), {unit: 'MB', most: 20}),
      figure('the slowest result', of('resultMs'), {unit: 'ms', digits: 1}),
      figure('CPU time of kstop while nobody could keep up', [flood.cpuPct], {unit: '%', digits: 0, most: 75}),
      figure('then an event', [flood.cpuUsEach], {unit: 'µs', digits: 2}),
      await firstEvent(join(folder, 'audit.log'), quick ? 3 : 10),
    ];
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}
