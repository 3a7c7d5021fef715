/**
 * The way of an event: ring buffer, libkstop's drain, decoded object, line of JSON. First each step by itself on one
 * core, then a whole kstop under floods, where not one event may go uncounted.
 */
import {createInterface} from 'node:readline';
import {setTimeout as delay} from 'node:timers/promises';
import {splitCpus} from '../lib/machine.mjs';
import {built, cpuNs, KSTOP, nodeFlags, output, ringId, start, UNBOUND} from '../lib/process.mjs';
import {figure, say, truth} from '../lib/report.mjs';
import {alternate} from '../lib/stats.mjs';

/** Records of 112 bytes that fit into the ring buffer of 4 MiB. */
const BATCH = 32_000;
const FLOODS = {'500,000/s': 500_000, '1,000,000/s': 1_000_000, unlimited: 0};
const UNLIMITED_RECORDS = 4_000_000;
/** No wait is as long: the probe itself sends nothing. */
const QUIET = ['--probes', 'sched', '--sched-warn', '60000000'];

async function decodeRun(batches) {
  const {load, tools} = splitCpus();
  const flood = load === 0 ? [built('flood')] : ['taskset', '-c', tools, built('flood')];
  const command = [process.execPath, ...nodeFlags(), built('decode.mjs'), String(batches), String(BATCH), ...flood];
  return JSON.parse(await output(command, {cpus: String(load)}));
}

async function steps(quick) {
  const runs = [];
  for (let i = 0; i < (quick ? 2 : 7); i++) {
    runs.push(await decodeRun(quick ? 10 : 40));
    say(`event-path: decoding, run ${i + 1}`);
  }
  const perSecond = (ns) => 1e9 / ns;
  const wrong = runs.filter(({sent, decoded}) => sent !== decoded).map((run) => `${run.decoded} of ${run.sent}`);
  return [
    figure(
      'drained and decoded on one core: events/s',
      runs.map(({decode}) => perSecond(decode.wall)),
      {digits: 0, least: 500_000},
    ),
    figure(
      'the same: CPU for each event',
      runs.map(({decode}) => decode.cpu),
      {unit: 'ns', digits: 0},
    ),
    figure(
      'written as JSON, in addition: CPU for each event',
      runs.map(({stringify}) => stringify.cpu),
      {unit: 'ns', digits: 0},
    ),
    figure(
      'drained, decoded and written as JSON on one core: events/s',
      runs.map(({decode, stringify}) => perSecond(decode.wall + stringify.wall)),
      {digits: 0},
    ),
    truth('every record sent is decoded', runs.length, wrong),
  ];
}

/** The running kstop's stream as far as it isn't events. */
class Reader {
  lines = [];
  header = Promise.withResolvers();

  constructor(child) {
    this.input = createInterface({input: child.stdout});
    this.input.on('line', (line) => {
      const object = JSON.parse(line);
      this.lines.push(object);
      if (object.kind === 'header') this.header.resolve(object);
    });
    this.closed = new Promise((resolve) => {
      this.input.on('close', resolve);
    });
    child.ended.then(() => this.header.reject(new Error(`kstop ended: ${child.said.trim()}`)), this.header.reject);
    this.header.promise.catch(() => {});
  }

  get pid() {
    return this.lines[0].pid;
  }

  /** What the last sample says of the sched probe. */
  get last() {
    const sample = this.lines.findLast(({kind}) => kind === 'sample');
    const counter = (name) =>
      sample.counters.find((each) => each.name === name && each.labels.probe === 'sched')?.value ?? 0;
    const {held, lost, missed} = sample.loss.sched;
    return {own: counter('hits') - held - lost - missed, delivered: counter('delivered')};
  }

  /** What the reader counted. */
  get end() {
    return this.lines.at(-1);
  }
}

async function floodRun(name, records) {
  const child = start([built('count'), KSTOP, ...UNBOUND, '--json', ...QUIET], {stdio: ['ignore', 'pipe', 'pipe']});
  const reader = new Reader(child);
  await reader.header.promise;
  await delay(1000);
  const {pid} = reader;
  const rate = FLOODS[name];
  const before = {cpu: cpuNs(pid), at: performance.now()};
  const command = [built('flood'), '-m', String(ringId(pid)), '-r', String(rate), String(records)];
  const flood = JSON.parse(await output(command));
  const during = {cpu: cpuNs(pid) - before.cpu, ms: performance.now() - before.at};
  await delay(1500);
  process.kill(pid, 'SIGINT');
  await child.ended;
  await reader.closed;
  const {own, delivered} = reader.last;
  return {flood, read: reader.end.sched_events, own, delivered, cpuPct: during.cpu / during.ms / 1e4};
}

/** The sentences of what doesn't add up. */
function imbalance({flood, read, own, delivered}) {
  const {hits, sent, held, lost} = flood;
  const wrong = [];
  if (hits !== sent + held + lost) wrong.push(`${hits} hits, but ${sent} sent + ${held} held + ${lost} lost`);
  if (read !== sent + own) wrong.push(`${sent} + ${own} sent, but ${read} lines read`);
  if (delivered !== read) wrong.push(`${delivered} delivered by kstop's count, but ${read} lines read`);
  return wrong;
}

async function whole(quick) {
  const seconds = quick ? 1 : 4;
  const size = (name) => (FLOODS[name] ? FLOODS[name] * seconds : UNLIMITED_RECORDS);
  const names = Object.keys(FLOODS);
  const values = await alternate(
    quick ? 1 : 5,
    names,
    (name) => floodRun(name, size(name)),
    (round) => say(`event-path: floods, round ${round}`),
  );
  return names.flatMap((name) => rowsOf(name, values.get(name)));
}

function rowsOf(name, runs) {
  const sentPerSecond = ({flood}) => flood.hits / (flood.ns / 1e9);
  return [
    figure(`flood ${name}: sent`, runs.map(sentPerSecond), {
      unit: 'events/s',
      digits: 0,
      // Only a flood that was one proves anything.
      least: 0.9 * (FLOODS[name] || 1_000_000),
    }),
    truth(`flood ${name}: hits = read + held + lost, exactly`, runs.length, runs.flatMap(imbalance)),
    figure(
      `flood ${name}: read as JSON`,
      runs.map(({flood, read}) => read / (flood.ns / 1e9)),
      {unit: 'events/s', digits: 0},
    ),
    figure(
      `flood ${name}: lost, and counted`,
      runs.map(({flood}) => (flood.lost / flood.hits) * 100),
      {unit: '%'},
    ),
    figure(
      `flood ${name}: CPU used by kstop`,
      runs.map(({cpuPct}) => cpuPct),
      {unit: '% of one'},
    ),
  ];
}

/** The part `event-path`. */
export async function eventPath({quick}) {
  return [...(await steps(quick)), ...(await whole(quick))];
}
