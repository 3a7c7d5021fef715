import {compact, percent, percentileText, rate} from '../../util/format.ts';
import {visible} from '../../util/sanitize.ts';
import {figure, label} from '../panes/columns.ts';
import type {CanvasPane, ListPane, View} from '../panes/pane.ts';
import {type ProbeRow, probeRows} from '../panes/probe-rows.ts';
import {isOn, sentence} from '../panes/shared.ts';
import {Line} from '../text/line.ts';
import {wrapText} from '../text/wrap.ts';
import type {Token} from '../theme.ts';

function stateToken({state, optional}: ProbeRow): Token {
  if (state === 'attached') return 'status.ok';
  if (state === 'off') return optional ? 'dim' : 'status.warning';
  return 'status.warning';
}

/** Of all CPUs' time; the least is not written with more digits than it has meaning. */
const share = (pct: number) => (pct > 0 && pct < 0.01 ? '<0.01%' : percent(pct));

const lost = (of: 'held' | 'lost' | 'missed') => (row: ProbeRow) => row.loss?.[of];
const warnIfAny = (of: 'held' | 'lost' | 'missed') => ({
  token: (row: ProbeRow): Token => ((row.loss?.[of] ?? 0) > 0 ? 'heat.warning' : 'text'),
});

const table: ListPane<ProbeRow> = {
  kind: 'list',
  id: 'probe-table',
  title: 'Probes',
  rows: probeRows,
  key: ({id}) => id,
  columns: [
    label(['id', 'PROBE', 17, 0], ({id}) => id),
    label(['subsystem', 'OF', 8, 3], ({subsystem}) => subsystem),
    label(['state', 'STATE', 11, 0], ({state}) => state, {token: stateToken}),
    label(['method', 'BY', 11, 1], ({method}) => method),
    figure(['rate', 'FOUND', 8, 0], (row) => row.per_s, rate),
    figure(['ns', 'NS/RUN', 7, 2], ({ns}) => ns, compact),
    figure(['cpu', 'CPU', 7, 1], (row) => row.cpu_pct, share),
    figure(['held', 'HELD', 6, 2], lost('held'), compact, warnIfAny('held')),
    figure(['lost', 'LOST', 6, 1], lost('lost'), compact, warnIfAny('lost')),
    figure(['missed', 'MISSED', 6, 2], lost('missed'), compact, warnIfAny('missed')),
    figure(['warn', 'WARNS', 7, 1], (row) => row.warn_us, percentileText),
    label(['reason', 'WHY', 20, 2], ({reason}) => reason, {grow: true}),
  ],
  probe: ({id}) => id,
  subject: ({id, subsystem, reason}) => ({type: subsystem, text: `${id} ${reason ?? ''}`}),
  empty: () => 'waiting for the first sample',
};

/** The reasons in full: the table has no room for them. */
const reasons: CanvasPane = {
  kind: 'canvas',
  id: 'probe-reasons',
  title: 'What is missing, and why',
  paint(state, theme, width, height) {
    const told = state.probes.filter(({reason}) => reason);
    if (told.length === 0) {
      const all = state.probes.length > 0 && state.probes.every(isOn);
      return sentence(
        all ? 'nothing: every probe is attached by its best method' : 'nothing but what is off',
        theme,
        width,
      );
    }
    const lines = told.flatMap(({id, state: now, reason = ''}) => {
      const [first = '', ...rest] = wrapText(visible(`${id} ${now}: ${reason}`), Math.max(1, width - 4));
      return [` ${first}`, ...rest.map((line) => `   ${line}`)];
    });
    return lines.slice(0, height).map((line) => new Line(width, theme).add(line).end());
  },
};

/** What looks at the kernel, how, at what cost, and what it lost. */
export const probes: View = {
  id: 'probes',
  title: 'Probes',
  places: [
    {pane: table, weight: 2, min: 6},
    {pane: reasons, weight: 1, min: 4},
  ],
};
