import {findProbe} from '../../probes/catalog.ts';
import type {State, SubsystemState} from '../../types/state.ts';
import {LATENCY_SUBSYSTEMS, type ProbeInfo, type Status, SUBSYSTEMS, type SubsystemName} from '../../types/stream.ts';
import {bytes, count, percent, percentileText, rate} from '../../util/format.ts';
import {visible} from '../../util/sanitize.ts';
import type {Layout} from '../layout.ts';
import type {Store} from '../state/store.ts';
import {thresholdOf} from '../state/thresholds.ts';
import {type Border, framed} from '../text/frame.ts';
import {blank, Line} from '../text/line.ts';
import {wrapText} from '../text/wrap.ts';
import {statusToken, type Theme} from '../theme.ts';
import {stateText} from './shared.ts';
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

/** The tiles side by side, or one line a subsystem where there is no room for boxes. */
export function paintTiles(store: Store, layout: Layout, width: number, height: number): string[] {
  const {subsystems} = store.state;
  if (layout.tilesAcross === 0) return worstFirst(subsystems, height).map((s) => tileLine(s, store, width));
  if (subsystems.length === 0) return [];
  const out: string[] = [];
  for (let first = 0; first < SUBSYSTEMS.length; first += layout.tilesAcross) {
    const row = SUBSYSTEMS.slice(first, first + layout.tilesAcross);
    const tiles = row.map((name, i) => tileOf(name, store, share(width, layout.tilesAcross, i), layout.tileHeight));
    for (let y = 0; y < layout.tileHeight; y++) {
      const used = row.reduce((sum, _, i) => sum + share(width, layout.tilesAcross, i), 0);
      const rest = used < width ? blank(width - used) : '';
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

/** The subsystem whose tile is at a cell of the pane; undefined where there is none. */
export function tileAt(
  {tilesAcross, tileHeight}: Layout,
  width: number,
  x: number,
  y: number,
): SubsystemName | undefined {
  if (tilesAcross === 0) return undefined;
  for (let i = 0, right = 0; i < tilesAcross; i++) {
    right += share(width, tilesAcross, i);
    if (x < right) return SUBSYSTEMS[Math.floor(y / tileHeight) * tilesAcross + i];
  }
  return undefined;
}

/** Width of the i-th of n parts, which together take all of it. */
function share(width: number, n: number, i: number): number {
  return Math.floor((width * (i + 1)) / n) - Math.floor((width * i) / n);
}

function tileOf(name: SubsystemName, store: Store, width: number, height: number): string[] {
  const subsystem = store.state.subsystems.find((each) => each.name === name);
  return subsystem ? tile(subsystem, store, width, height) : emptyTile(name, store, width, height);
}

/** A subsystem without any probe here: what it will show, or that this stream has nothing of it. */
function emptyTile(name: SubsystemName, store: Store, width: number, height: number): string[] {
  const {theme} = store;
  const inner = width - 2;
  const why = 'no probe of it took part';
  const texts = [`${theme.glyphs.status.UNKNOWN} not watched`, ...wrapText(why, inner - 2)];
  const lines = texts.map((text) => new Line(inner, theme).add(` ${text}`, 'dim').end());
  return framed(borderOf(name, store), lines, width, height, theme);
}

function borderOf(name: SubsystemName, store: Store): Border {
  const selected = store.selected === name;
  return {
    title: NAMES[name],
    titleToken: selected ? 'selected' : 'title',
    focus: selected && store.focus === 'tiles',
  };
}

function tile(subsystem: SubsystemState, store: Store, width: number, height: number): string[] {
  const {theme, state} = store;
  const inner = width - 2;
  const lines = [statusLine(subsystem, inner, theme), figuresLine(subsystem, state, inner, theme)];
  const why = whyOf(subsystem, state);
  const rows = height - 2;
  if (rows >= 5) lines.push(figures2(subsystem, state, inner, theme));
  if (rows >= 4) lines.push(sparkOf(subsystem, state, inner, theme), whyLine(why, subsystem, inner, theme));
  else lines.push(why.trouble ? whyLine(why, subsystem, inner, theme) : sparkOf(subsystem, state, inner, theme));
  if (rows >= 6) lines.push(probeLine(subsystem.name, state, inner, theme));
  return framed(borderOf(subsystem.name, store), lines, width, height, theme);
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
  return (LATENCY_SUBSYSTEMS as readonly string[]).includes(name);
}

function figuresLine(subsystem: SubsystemState, state: State, width: number, theme: Theme): string {
  const line = new Line(width, theme).add(' ');
  const own = ownFigures(subsystem.name, state);
  if (own.length > 0) return addFigures(line, own);
  if (!hasLatency(subsystem.name)) return line.add('events ', 'dim').add(count(subsystem.events), 'text').end();
  line.add('p99 ', 'dim').add(us(subsystem.p99_us).padEnd(7), 'text');
  return line
    .add(width >= 22 ? 'worst ' : '≤', 'dim')
    .add(us(subsystem.worst_us), 'text')
    .end();
}

/** Figures that say more of a subsystem without latencies than its events do. */
function ownFigures(name: SubsystemName, {sample, network}: State): [string, string][] {
  const figures: [string, string | undefined][] = [];
  if (name === 'memory') {
    const [stalled, free] = [sample?.pressure?.memory?.some_avg10_pct, sample?.host.mem_available_bytes];
    figures.push(['stall', stalled === undefined ? undefined : percent(stalled)]);
    figures.push(['free', free === undefined ? undefined : bytes(free)]);
  }
  if (name === 'network') {
    const {resent_pct: resent, fault_drops_per_s: drops} = network;
    figures.push(['resent', resent === undefined ? undefined : percent(resent)]);
    figures.push(['drops', drops === undefined ? undefined : rate(drops)]);
  }
  return figures.filter((figure): figure is [string, string] => figure[1] !== undefined);
}

/** As many figures as fit whole. */
function addFigures(line: Line, figures: readonly [string, string][]): string {
  for (const [label, text] of figures) {
    if (line.room < label.length + 1 + text.length) break;
    line.add(`${label} `, 'dim').add(text, 'text').add(' ');
  }
  return line.end();
}

function figures2(subsystem: SubsystemState, state: State, width: number, theme: Theme): string {
  const line = new Line(width, theme).add(' ');
  const {name, events, p50_us} = subsystem;
  if (hasLatency(name)) line.add('p50 ', 'dim').add(us(p50_us).padEnd(7), 'text');
  else if (ownFigures(name, state).length === 0) return line.end();
  return line.add('events ', 'dim').add(count(events), 'text').end();
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
  /** Said also where there is room for one line of history or reason only. */
  trouble: boolean;
}

/** What is wrong in a few words; when nothing is, what it was, or what is watched for. */
function whyOf(subsystem: SubsystemState, state: State): Why {
  const known = subsystem.status !== 'UNKNOWN';
  if (subsystem.why && known) return {text: visible(subsystem.why), trouble: true};
  const down = probesOf(subsystem.name, state).find(isDown);
  if (down) return {text: `${down.id} ${stateText(down)}`, trouble: down.state !== 'degraded'};
  if (!known) return {text: visible(subsystem.why), trouble: true};
  const {worstStatus, status} = subsystem;
  if (worstStatus !== status && worstStatus !== 'UNKNOWN') return {text: `was ${worstStatus}`, trouble: false};
  const warn = thresholdOf(subsystem.name, state);
  return {text: warn === undefined ? '' : `warns from ${percentileText(warn)}`, trouble: false};
}

/** A probe that doesn't do what it should: not one that is off unless it is asked for. */
function isDown({id, state}: ProbeInfo): boolean {
  return state === 'off' ? (findProbe(id)?.default ?? false) : state !== 'attached';
}

function whyLine(why: Why, {status}: SubsystemState, width: number, theme: Theme): string {
  const line = new Line(width, theme).add(' ');
  const loud = why.trouble && status !== 'OK' && status !== 'UNKNOWN';
  return line.add(why.text, loud ? 'heat.warning' : 'dim').end();
}

function probesOf(name: SubsystemName, state: State): ProbeInfo[] {
  return state.probes.filter((p) => p.subsystem === name);
}

/** One probe with its method; several by state. */
function probeLine(name: SubsystemName, state: State, width: number, theme: Theme): string {
  const probes = probesOf(name, state);
  const [only] = probes;
  const byState = Map.groupBy(probes, (probe) => probe.state);
  const text =
    probes.length === 1 && only
      ? `${only.id} ${only.state}${only.method ? ` by ${only.method}` : ''}`
      : [...byState].map(([each, those]) => `${those.map(({id}) => id).join(', ')} ${each}`).join('; ');
  return new Line(width, theme).add(' ').add(visible(text), 'dim').end();
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
