import type {Playback} from '../../types/frame.ts';
import type {State} from '../../types/state.ts';
import {filterParts} from '../../util/filter-text.ts';
import {bytes, count, percent, span} from '../../util/format.ts';
import {visible} from '../../util/sanitize.ts';
import type {Store} from '../state/store.ts';
import {cutText, textWidth} from '../text/cells.ts';
import {Line} from '../text/line.ts';
import type {Theme, Token} from '../theme.ts';
import {playTime} from './time-bar.ts';

interface Part {
  text: string;
  token: Token;
  /** Left out first when there is no room (higher goes earlier). */
  rank: number;
}

/** Host, kernel, uptime and load at the left; mode, own overhead, losses and clock at the right. */
export function paintTopLine(store: Store, width: number): string[] {
  const left = leftParts(store);
  const right = rightParts(store);
  for (let rank = 9; rank > 0 && total(left) + total(right) > width; rank--) {
    drop(left, rank);
    drop(right, rank);
  }
  const line = new Line(width, store.theme, 'bar');
  for (const part of left) line.add(part.text, part.token);
  line.right(total(right));
  for (const part of right) line.add(part.text, part.token);
  return [line.end()];
}

function total(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + textWidth(part.text), 0);
}

function drop(parts: Part[], rank: number): void {
  for (let i = parts.length - 1; i >= 0; i--) if (parts[i]!.rank === rank) parts.splice(i, 1);
}

function leftParts({state: {header, sample, filter}, filter: {active}}: Store): Part[] {
  const parts: Part[] = [{text: ' kstop ', token: 'bar.bold', rank: 0}];
  if (header) {
    parts.push({text: `${visible(header.host.name)} `, token: 'bar', rank: 1});
    parts.push({text: ` Linux ${visible(header.host.kernel)} `, token: 'bar.dim', rank: 7});
    parts.push({text: `${header.host.cpus} CPUs `, token: 'bar.dim', rank: 8});
  }
  const shown = filterParts(filter ?? {}).map(([name, value]) => `${name}=${value}`);
  if (shown.length > 0) parts.push({text: ` only ${shown.join(' ')} `, token: 'mode.paused', rank: 2});
  if (active) parts.push({text: ` / ${cutText(visible(active.text), 30)} `, token: 'mode.paused', rank: 2});
  const host = sample?.host;
  if (host?.uptime_s !== undefined) parts.push({text: ` up ${span(host.uptime_s)} `, token: 'bar.dim', rank: 6});
  const loads = [host?.load1, host?.load5, host?.load15].filter((load) => load !== undefined);
  if (loads.length > 0) parts.push({text: ` load ${loads[0]!.toFixed(2)} `, token: 'bar', rank: 4});
  if (loads.length > 1)
    parts.push({
      text: `${loads
        .slice(1)
        .map((l) => l.toFixed(2))
        .join(' ')} `,
      token: 'bar.dim',
      rank: 8,
    });
  return parts;
}

function rightParts(store: Store): Part[] {
  const {state, theme} = store;
  const self = state.sample?.self;
  const parts: Part[] = [{...mode(store, theme), rank: 0}];
  if (store.recording)
    parts.unshift({text: ` REC ${bytes(store.recording.bytes)} `, token: 'status.critical', rank: 1});
  if (self?.cpu_pct !== undefined) parts.push({text: ` self ${percent(self.cpu_pct)}`, token: 'bar', rank: 3});
  if (self?.nice !== undefined) parts.push({text: ` nice ${self.nice}`, token: 'status.warning', rank: 3});
  if (self?.kernel_cpu_pct !== undefined) {
    parts.push({text: ` bpf ${percent(self.kernel_cpu_pct)}`, token: 'bar', rank: 5});
  }
  const paused = state.probes.filter((probe) => probe.state === 'paused').length;
  if (paused > 0) parts.push({text: ` ${paused} paused`, token: 'status.warning', rank: 2});
  const {held, lost, missed} = losses(state);
  const gone = lost + missed;
  parts.push({text: `  lost ${count(gone)}`, token: gone > 0 ? 'status.critical' : 'bar.dim', rank: gone > 0 ? 1 : 5});
  if (held > 0) parts.push({text: ` held ${count(held)}`, token: 'bar.dim', rank: 5});
  if (state.now) parts.push({text: `  ${store.clock.at(state.now).clock.slice(0, 8)} `, token: 'bar.bold', rank: 2});
  return parts;
}

function losses(state: State): {held: number; lost: number; missed: number} {
  const sum = {held: 0, lost: 0, missed: 0};
  for (const loss of Object.values(state.loss)) {
    sum.held += loss.held;
    sum.lost += loss.lost;
    sum.missed += loss.missed;
  }
  return sum;
}

/** LIVE, PAUSED with what came since, or REPLAY with where it stands. */
function mode(store: Store, theme: Theme): {text: string; token: Token} {
  if (store.stopping) return {text: ' STOPPING ', token: 'mode.paused'};
  if (store.paused) return {text: ` PAUSED, ${count(store.held)} new `, token: 'mode.paused'};
  if (!store.replay) return {text: ' LIVE ', token: 'mode.live'};
  return {text: ` REPLAY ${playbackText(store.playback, theme)} `, token: 'mode.replay'};
}

function playbackText({playing, speed, position_ms: at, duration_ms: of, ended}: Playback, theme: Theme): string {
  const where = of === undefined ? playTime(at) : `${playTime(at)}/${playTime(of)}`;
  const mark = ended ? 'ended' : playing ? theme.glyphs.play : `${theme.glyphs.pause} paused`;
  return `${mark}${speed === 1 ? '' : ` ${speed}x`} ${where}`;
}
