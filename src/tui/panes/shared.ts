import type {BlameRow, Detail, TrendName} from '../../types/detail.ts';
import type {State} from '../../types/state.ts';
import type {LatencySubsystem, ProbeInfo} from '../../types/stream.ts';
import {percentileText, span} from '../../util/format.ts';
import {visible} from '../../util/sanitize.ts';
import {Line} from '../text/line.ts';
import type {Theme, Token} from '../theme.ts';
import {decades, paintChart} from './chart.ts';
import type {Limits} from './histogram.ts';
import type {CanvasPane} from './pane.ts';

/** Remembers what was made of a state's last sample: what it is made of changes with samples only. */
export function perSample<T>(make: (state: State) => T): (state: State) => T {
  const made = new WeakMap<Detail, T>();
  return (state) => {
    const known = made.get(state.detail);
    if (known !== undefined) return known;
    const fresh = make(state);
    made.set(state.detail, fresh);
    return fresh;
  };
}

export function isOn({state}: ProbeInfo): boolean {
  return state === 'attached' || state === 'degraded';
}

/** Why there is nothing: the probe that would bring it doesn't run; else `quiet`. */
export function whyNothing(state: State, probe: string, quiet: string): string {
  if (!state.header) return 'waiting for the first sample';
  const found = state.probes.find(({id}) => id === probe);
  if (!found) return `this recording has no probe ${probe}`;
  if (isOn(found)) return state.sample ? quiet : 'waiting for the first sample';
  return `the ${probe} probe is ${stateText(found)}`;
}

/** A probe's state and why; a reason that begins with the state (paused by ...) says it by itself. */
export function stateText({state, reason}: ProbeInfo): string {
  if (!reason) return state;
  return reason.startsWith(`${state} `) ? visible(reason) : `${state}: ${visible(reason)}`;
}

/** The culprit's part of the waits in which it had one, in percent: of many waits at once the sum alone says little. */
export const sharePct = ({wait_us, of_us}: BlameRow): number | undefined =>
  of_us > 0 ? Math.min(100, (100 * wait_us) / of_us) : undefined;

/** A pane that has a sentence in place of its content. */
export function sentence(text: string, theme: Theme, width: number): string[] {
  return [new Line(width, theme).add(` ${text}`, 'dim').end()];
}

/** Warning and critical threshold in microseconds, as far as they are known. */
export function limits({thresholds}: State, name: LatencySubsystem): Limits {
  return {warn: thresholds?.[`${name}_warn_us`], crit: thresholds?.[`${name}_crit_us`]};
}

/** The colour of a latency in microseconds. */
export function latencyToken(us: number | undefined, {warn, crit}: Limits): Token {
  if (us === undefined) return 'dim';
  if (crit !== undefined && us >= crit) return 'heat.critical';
  return warn !== undefined && us >= warn ? 'heat.warning' : 'text';
}

/** A subsystem's p99 over the last minutes, with its warning threshold. */
export function p99Pane(id: string, what: string, name: LatencySubsystem): CanvasPane {
  const trend: TrendName = `${name}_p99_us`;
  return {
    kind: 'canvas',
    id,
    title: ({detail}) => `p99 of ${what} over ${span(Math.max(1, detail.trends[trend].length))}`,
    paint(state, theme, width, height) {
      const values = state.detail.trends[trend];
      if (values.every((value) => value === undefined))
        return sentence(whyNothing(state, name, `no ${what} yet`), theme, width);
      const {warn, crit} = limits(state, name);
      const scale = decades(values, percentileText, warn, crit);
      return paintChart([{name: 'p99', values, token: 'spark'}], scale, theme, width, height);
    },
  };
}
