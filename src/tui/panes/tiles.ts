import type {State, SubsystemState} from '../../types/state.ts';
import type {ProbeInfo, Status, SubsystemName} from '../../types/stream.ts';
import {bytes, count, percent, percentileText, rate} from '../../util/format.ts';
import {visible} from '../../util/sanitize.ts';
import type {Layout} from '../layout.ts';
import type {Store} from '../state/store.ts';
import {thresholdOf} from '../state/thresholds.ts';
import {framed} from '../text/frame.ts';
import {blank, Line} from '../text/line.ts';
import {statusToken, type Theme} from '../theme.ts';
import {addSparkline, latencyScale, rateScale} from './sparkline.ts';

/** What a tile is called. */
export const NAMES: Record<SubsystemName, string> = {
  sched: 'Scheduler',
  block: 'Block I/O',
  vfs: 'Files',
  memory: 'Memory',
  network: 'Network',
  syscall: 'System calls',
  process: 'Processes',
  lockup: 'Lock-ups',
};

/** Subsystems whose history is of latencies. */
const LATENCY: readonly SubsystemName[] = ['sched', 'block', 'vfs', 'syscall'];

/** The tiles side by side, or one line a subsystem where there is no room for boxes. */
export function paintTiles(store: Store, layout: Layout, width: number, height: number): string[] {
  const {subsystems} = store.state;
  if (layout.tilesAcross === 0) return worstFirst(subsystems, height).map((s) => tileLine(s, store, width));
  const out: string[] = [];
  for (let first = 0; first < subsystems.length; first += layout.tilesAcross) {
    const row = subsystems.slice(first, first + layout.tilesAcross);
    const tiles = row.map((s, i) => tile(s, store, share(width, layout.tilesAcross, i), layout.tileHeight));
    for (let y = 0; y < layout.tileHeight; y++) {
      const missing = layout.tilesAcross - row.length;
      const rest = missing > 0 ? blank(Math.floor((width * missing) / layout.tilesAcross)) : '';
      out.push(tiles.map((lines) => lines[y]).join('') + rest);
    }
  }
  return out;
}

const BADNESS: Record<Status, number> = {CRITICAL: 0, WARNING: 1, UNKNOWN: 2, OK: 3};

/** All in their order where they fit, else the worst of them. */
function worstFirst(subsystems: SubsystemState[], room: number): SubsystemState[] {
  if (subsystems.length <= room) return subsystems;
  return [...subsystems].sort((a, b) => BADNESS[a.status] - BADNESS[b.status]).slice(0, room);
}

/** Width of the i-th of n parts, which together take all of it. */
function share(width: number, n: number, i: number): number {
  return Math.floor((width * (i + 1)) / n) - Math.floor((width * i) / n);
}

function tile(subsystem: SubsystemState, store: Store, width: number, height: number): string[] {
  const {theme, state} = store;
  const selected = store.selected === subsystem.name;
  const inner = width - 2;
  const border = {
    title: NAMES[subsystem.name],
    titleToken: selected ? ('selected' as const) : ('title' as const),
    focus: selected && store.focus === 'tiles',
  };
  const lines = [statusLine(subsystem, inner, theme), figuresLine(subsystem, inner, theme)];
  const why = whyOf(subsystem, state);
  const rows = height - 2;
  if (rows >= 5) lines.push(figures2(subsystem, state, inner, theme));
  if (rows >= 4) lines.push(sparkOf(subsystem, state, inner, theme), whyLine(why, subsystem, inner, theme));
  else lines.push(why.trouble ? whyLine(why, subsystem, inner, theme) : sparkOf(subsystem, state, inner, theme));
  if (rows >= 6) lines.push(probeLine(subsystem.name, state, inner, theme));
  return framed(border, lines, width, height, theme);
}

function statusLine(subsystem: SubsystemState, width: number, theme: Theme): string {
  const {status} = subsystem;
  const line = new Line(width, theme).add(' ').add(`${theme.glyphs.status[status]} ${status}`, statusToken(status));
  const speed = rate(subsystem.rate);
  return line
    .right(speed.length + 1)
    .add(`${speed} `, 'text')
    .end();
}

function us(value: number | undefined): string {
  return value === undefined ? '-' : percentileText(value);
}

function hasLatency(name: SubsystemName): boolean {
  return LATENCY.includes(name);
}

function figuresLine(subsystem: SubsystemState, width: number, theme: Theme): string {
  const line = new Line(width, theme).add(' ');
  if (!hasLatency(subsystem.name)) {
    return line.add('events ', 'dim').add(count(subsystem.events), 'text').end();
  }
  line.add('p99 ', 'dim').add(us(subsystem.p99_us).padEnd(7), 'text');
  return line
    .add(width >= 22 ? 'worst ' : '≤', 'dim')
    .add(us(subsystem.worst_us), 'text')
    .end();
}

function figures2(subsystem: SubsystemState, state: State, width: number, theme: Theme): string {
  const line = new Line(width, theme).add(' ');
  const {pressure, host} = state.sample ?? {};
  if (subsystem.name === 'memory') {
    if (host?.mem_available_bytes !== undefined)
      line.add('free ', 'dim').add(bytes(host.mem_available_bytes).padEnd(8));
    const stalled = pressure?.memory?.some_avg10_pct;
    if (stalled !== undefined) line.add('stalled ', 'dim').add(percent(stalled));
    return line.end();
  }
  if (!hasLatency(subsystem.name)) return line.end();
  line.add('p50 ', 'dim').add(us(subsystem.p50_us).padEnd(7), 'text');
  return line.add('events ', 'dim').add(count(subsystem.events), 'text').end();
}

function sparkOf(subsystem: SubsystemState, state: State, width: number, theme: Theme): string {
  const {name, history} = subsystem;
  const scale = hasLatency(name) ? latencyScale(thresholdOf(name, state) ?? 1000) : rateScale(history);
  const line = new Line(width, theme).add(' ');
  addSparkline(line, history, Math.min(60, width - 2), theme.glyphs.bars, scale);
  return line.end();
}

interface Why {
  text: string;
  trouble: boolean;
}

/** What is wrong in a few words; when nothing is, what it was, or what is watched for. */
function whyOf(subsystem: SubsystemState, state: State): Why {
  const known = subsystem.status !== 'UNKNOWN';
  if (subsystem.why && known) return {text: visible(subsystem.why), trouble: true};
  const down = probesOf(subsystem.name, state).find((p) => p.state !== 'attached');
  if (down) return {text: `${down.id} ${down.state}${down.reason ? `: ${visible(down.reason)}` : ''}`, trouble: true};
  if (!known) return {text: visible(subsystem.why), trouble: true};
  const {worstStatus, status} = subsystem;
  if (worstStatus !== status && worstStatus !== 'UNKNOWN') return {text: `was ${worstStatus}`, trouble: false};
  const warn = thresholdOf(subsystem.name, state);
  return {text: warn === undefined ? '' : `warns from ${percentileText(warn)}`, trouble: false};
}

function whyLine(why: Why, {status}: SubsystemState, width: number, theme: Theme): string {
  const line = new Line(width, theme).add(' ');
  const loud = why.trouble && status !== 'OK' && status !== 'UNKNOWN';
  return line.add(why.text, loud ? 'heat.warning' : 'dim').end();
}

function probesOf(name: SubsystemName, state: State): ProbeInfo[] {
  return state.probes.filter((p) => p.subsystem === name);
}

function probeLine(name: SubsystemName, state: State, width: number, theme: Theme): string {
  const text = probesOf(name, state).map((p) => `${p.id} ${p.state}${p.method ? ` by ${p.method}` : ''}`);
  return new Line(width, theme)
    .add(' ')
    .add(visible(text.join(', ')), 'dim')
    .end();
}

/** A subsystem on one line, for small terminals. */
function tileLine(subsystem: SubsystemState, store: Store, width: number): string {
  const {theme, state} = store;
  const selected = store.selected === subsystem.name;
  const mark = selected ? theme.glyphs.focus : ' ';
  const line = new Line(width, theme).add(mark, store.focus === 'tiles' ? 'border.focus' : 'dim');
  line.add(subsystem.name.padEnd(8), selected ? 'bold' : 'text');
  line.add(`${theme.glyphs.status[subsystem.status]} ${subsystem.status.padEnd(8)} `, statusToken(subsystem.status));
  const figures = hasLatency(subsystem.name) ? `p99 ${us(subsystem.p99_us)}` : `${subsystem.events} events`;
  return line.add(figures.padEnd(11), 'text').add(' ').add(whyOf(subsystem, state).text, 'dim').end();
}
