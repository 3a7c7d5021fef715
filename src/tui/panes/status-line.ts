import type {State} from '../../types/state.ts';
import type {Overall, Status} from '../../types/stream.ts';
import {visible} from '../../util/sanitize.ts';
import type {Store} from '../state/store.ts';
import {Line} from '../text/line.ts';
import {statusToken} from '../theme.ts';

const AS_STATUS: Record<Overall, Status> = {HEALTHY: 'OK', 'ELEVATED ACTIVITY': 'WARNING', CRITICAL: 'CRITICAL'};
const ERROR_NS = 15_000_000_000n;

/** The overall status, and beside it the last key's answer, a fresh error, or the first finding. */
export function paintStatusLine(store: Store, width: number): string[] {
  const {state, theme, message} = store;
  const line = new Line(width, theme).add(' ');
  if (state.header) {
    const status = AS_STATUS[state.overall];
    line.add(` ${theme.glyphs.status[status]} ${state.overall} `, statusToken(status)).add('  ');
  } else {
    line.add(store.ended ? 'nothing received' : 'waiting for the first sample', 'dim').add('  ');
  }
  if (message) line.add(visible(message.text), message.kind === 'problem' ? 'heat.warning' : 'accent');
  else line.add(visible(remark(state)), 'text');
  return [line.end()];
}

function remark(state: State): string {
  const error = state.errors.at(-1);
  if (error && state.nowNs !== undefined && state.nowNs - BigInt(error.mono_ns) < ERROR_NS) {
    return `${error.what}: ${error.why}${error.remedy ? ` (${error.remedy})` : ''}`;
  }
  return findingOf(state) ?? '';
}

/** The first finding of the worst subsystem; a remark on more of the same is none of its own. */
function findingOf({findings, subsystems}: State): string | undefined {
  const whole = findings.filter((text) => !/^\w+: [\d,]+ more /.test(text));
  for (const status of ['CRITICAL', 'WARNING']) {
    const names = subsystems.filter((s) => s.status === status).map((s) => `${s.name}:`);
    const found = whole.find((text) => names.some((name) => text.startsWith(name)));
    if (found) return found;
  }
  return whole[0];
}
