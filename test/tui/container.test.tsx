import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import fc from 'fast-check';
import {render} from 'ink-testing-library';
import {Model} from '../../src/model/model.ts';
import {App} from '../../src/tui/app.tsx';
import type {FilterSubject} from '../../src/tui/filter/filter.ts';
import {parseFilter} from '../../src/tui/filter/parse.ts';
import {eventSubject} from '../../src/tui/filter/subject.ts';
import {paintPane} from '../../src/tui/panes/paint.ts';
import type {ListPane} from '../../src/tui/panes/pane.ts';
import {Store} from '../../src/tui/state/store.ts';
import {textWidth} from '../../src/tui/text/cells.ts';
import {makeTheme} from '../../src/tui/theme.ts';
import {containers} from '../../src/tui/views/containers.ts';
import {memory} from '../../src/tui/views/memory.ts';
import {panesOf} from '../../src/tui/views/places.ts';
import {processes} from '../../src/tui/views/processes.ts';
import type {ContainerRef, KernelEvent, ProcessRow, Sample} from '../../src/types/stream.ts';
import {foretold, frame, header, oom, PROBES, ran, sample, wait, went} from '../util/synthetic.ts';
import {unstyled} from './state.ts';
import {SyntheticSource} from './synthetic-source.ts';

const WEB: ContainerRef = {
  id: 'a1'.repeat(32),
  name: 'web',
  image: 'nginx:1',
  pod: 'shop-0',
  namespace: 'prod',
  pod_uid: 'uid-1',
  runtime: 'containerd',
};
const HOG: ContainerRef = {id: 'b2'.repeat(32)};
const EVIL: ContainerRef = {id: 'x\x1b[2J\u202e', name: '名\n\x07'.repeat(50), image: 'i\x1b]0;p\x07', pod: '\ud800'};

const row = (container: ContainerRef, cgroup: string) => ({
  time_bucket: 1,
  container,
  cgroup,
  cpu_time_ms: 500,
  throttled_ms: 240,
  throttled_periods: 8,
  memory_usage_bytes: 95 << 20,
  working_set_bytes: 90 << 20,
  limit_bytes: 100 << 20,
  utilization_pct: 90,
  oom_kills: 2,
  restarts: 4,
  last_exit: {exit_code: 139, signal: 11, signal_name: 'SIGSEGV', comm: 'nginx'},
  pressure: {memory: {some_avg10_pct: 12.5, full_avg10_pct: 3}},
});

const process = (pid: number, comm: string, container?: ContainerRef): ProcessRow => ({
  time_bucket: 1,
  pid,
  ppid: 1,
  comm,
  context_switches: 1,
  voluntary_switches: 1,
  involuntary_switches: 0,
  cpu_time_ms: pid,
  avg_timeslice_us: 100,
  run_delay_ms: 10,
  minor_faults: 0,
  major_faults: 0,
  rss_bytes: 1 << 20,
  rss_growth_bytes_per_s: 0,
  threads: 1,
  state: 'sleeping',
  ...(container && {container}),
});

const {kind: _, time: __, mono_ns: ___, type: ____, subsystem: _____, severity: ______, ...ahead} = foretold(1);

const EVENTS: KernelEvent[] = [
  wait(1, 2000, {pid: 10, container: WEB, cgroup: '/web'}),
  wait(2, 7000, {pid: 30, container: HOG, culprits: [{pid: 10, comm: 'nginx', ran_us: 6000, container: WEB}]}),
  ran(3, {pid: 11, container: WEB}),
  went(4, {pid: 11, container: WEB, exit_code: 3}),
  oom(5, {victim_pid: 12, container: WEB, memcg: '/web'}),
  wait(6, 3000, {pid: 40}),
];

const SAMPLE: Partial<Sample> = {
  interval_ms: 2000,
  containers: [row(WEB, '/web'), {time_bucket: 1, container: HOG, cgroup: '/hog'}],
  processes: [process(10, 'nginx', WEB), process(12, 'worker', WEB), process(30, 'hog', HOG), process(40, 'sshd')],
  predictions: [{...ahead, scope: '/web', comm: 'worker'}],
};

function filled(more: Partial<Sample> = SAMPLE, events: readonly KernelEvent[] = EVENTS, replay = false) {
  const source = new SyntheticSource({replay});
  const model = new Model();
  const store = new Store(source, model.state, makeTheme('mono'));
  const probes = [...PROBES, {id: 'growth', subsystem: 'memory' as const, state: 'attached' as const}];
  const apply = (part: Partial<Sample>, atMs: number) =>
    store.update(model.apply(frame({sample: {...sample(atMs), ...part}})));
  store.update(model.apply(frame({header: header(probes)})));
  store.update(model.apply(frame({events: [...events]})));
  apply(more, 2000);
  return {store, source, apply};
}

const painted = (store: Store, id: string, width = 100, height = 14): string =>
  paintPane(store, panesOf(store.viewNow).find((pane) => pane.id === id)!, width, height)
    .map(unstyled)
    .join('\n');

const target = {container: WEB, cgroup: '/web'};

test('which container it is, and how it fares', (t) => {
  const {store} = filled();
  store.drillContainer(target);
  const identity = painted(store, 'container-identity');
  for (const part of [
    'runs',
    'name web',
    'image nginx:1',
    'pod shop-0',
    'namespace prod',
    `id ${WEB.id}`,
    'cgroup /web',
  ])
    t.true(identity.includes(part), identity);
  const figures = painted(store, 'container-figures');
  t.regex(figures, /Figures of 2s/);
  t.regex(figures, /CPU +25% of one CPU/);
  t.regex(figures, /CPU waits +10ms a second, of the 2 processes below/);
  t.regex(figures, /throttled +120ms a second, 4\/s periods/);
  t.regex(figures, /95MiB, 90MiB without idle cache/);
  t.regex(figures, /its limit +100MiB, 90% of it in use; met: -/);
  t.regex(figures, /OOM kills +2 /);
  t.regex(figures, /restarts +4, last after SIGSEGV/);
  t.regex(figures, /OOM in +5m 0s \(4m 40s to 5m 30s\), 86% sure; worker grows/);
  t.regex(figures, /stalls +CPU -\/-, mem 13%\/3%, I\/O -\/- \(some\/all\)/);
  t.regex(painted(store, 'container-slow'), /SCHED_LATENCY +1 +2ms[\s\S]*others after it +1 +7ms/);
});

test('its processes, events, and how they ended; nobody else’s', (t) => {
  const {store} = filled();
  store.drillContainer(target);
  const rows = (id: string) => {
    const pane = panesOf(store.viewNow).find((each) => each.id === id) as ListPane;
    return store.list(pane).rows.map((row) => pane.columns.map((column) => column.text(row)).join(' '));
  };
  t.is(store.focus, 'container-processes');
  t.deepEqual(
    rows('container-processes').map((text) => /worker|nginx|hog|sshd/.exec(text)?.[0]),
    ['worker', 'nginx'],
    'the busiest first',
  );
  t.false(rows('container-events').join().includes('container='), 'whose they are the view says');
  t.deepEqual(
    rows('container-events').map((text) => text.split(' ')[1]),
    ['OOM_KILL', 'PROCESS_EXIT', 'PROCESS_EXEC', 'SCHED_LATENCY'],
  );
  const ends = rows('container-starts');
  t.is(ends.length, 2);
  t.regex(ends[0]!, / 11 .* exit 3 /);
});

test('one that is no longer in the samples keeps its name and events, and that is said', (t) => {
  const {store, apply} = filled();
  store.drillContainer(target);
  apply({interval_ms: 2000, containers: [], processes: []}, 4000);
  t.regex(painted(store, 'container-identity'), /no figures: it has ended, [\s\S]*name web/);
  const last_exit = {exit_code: 3, comm: 'nginx'};
  apply(
    {interval_ms: 1000, containers: [{time_bucket: 1, container: WEB, cgroup: '/web', restarts: 1, last_exit}]},
    5000,
  );
  t.regex(painted(store, 'container-identity'), /no figures: its main process ended, exit code 3[\s\S]*name web/);
  t.regex(painted(store, 'container-figures'), /CPU +-[\s\S]*memory +- [\s\S]*its limit +-;/);
  t.notRegex(painted(store, 'container-figures'), /NaN|undefined/);
  t.regex(
    painted(store, 'container-processes'),
    /no process of it is in the last sample|the tasks probe|no probe tasks/,
  );
  t.regex(painted(store, 'container-events'), /OOM_KILL/);
});

test('its panes paint lines of exactly their width, whatever the names', (t) => {
  const evil = EVENTS.map((event) => ({...event, container: EVIL}));
  const rows = [row(EVIL, '/e\x1b[2J\u202e')];
  const {store} = filled({...SAMPLE, containers: rows, processes: [process(1, '\x1b[2J', EVIL)]}, evil);
  store.drillContainer({container: EVIL});
  const panes = panesOf(store.viewNow);
  t.is(panes.length, 6);
  const size = fc.record({width: fc.integer({min: 10, max: 220}), height: fc.integer({min: 3, max: 40})});
  fc.assert(
    fc.property(size, fc.constantFrom(...panes), ({width, height}, pane) => {
      const lines = paintPane(store, pane, width, height);
      t.true(lines.length <= height);
      for (const line of lines) {
        t.is(textWidth(unstyled(line)), width);
        t.notRegex(unstyled(line), /[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]/);
      }
    }),
    {numRuns: 200},
  );
});

/** The app in Ink's test renderer. */
function app(replay = false) {
  const made = filled(SAMPLE, EVENTS, replay);
  const hands = {quit: () => {}, suspend: () => {}, redraw: () => {}, export: () => {}, record: () => {}};
  const ink = render(<App store={made.store} hands={hands} />);
  const press = async (keys: string, shows: string): Promise<string> => {
    await delay(20);
    ink.stdin.write(keys);
    let screen = '';
    for (let tries = 0; tries < 200 && !screen.includes(shows); tries++) {
      await delay(25);
      ink.rerender(<App store={made.store} hands={hands} />);
      screen = unstyled(ink.lastFrame() ?? '');
    }
    if (!screen.includes(shows)) throw new Error(`no ${shows} in\n${screen}`);
    return screen;
  };
  return {...made, press, unmount: ink.unmount};
}

for (const replay of [false, true]) {
  test(`Enter looks into a container and on into its process, Esc goes back${replay ? ', in a replay too' : ''}`, async (t) => {
    const {press, store, source, unmount} = app(replay);
    const screen = await press('7', 'OF LIM');
    if (!replay) t.regex(screen, /Enter container/);
    t.true((await press('\r', 'Container web')).includes('nginx:1'));
    t.is(store.view, 'container');
    await press('j\r', 'Process 10');
    t.is(store.view, 'pid');
    if (!replay) t.is(source.calls.at(-1), 'focus 10');
    await press('\x1b', 'Container web');
    t.is(store.view, 'container');
    if (!replay) t.is(source.calls.at(-1), 'focus undefined');
    const list = panesOf(store.viewNow).find(({id}) => id === 'container-processes') as ListPane<never>;
    t.is(store.list(list).cursor, 1, 'the selection is where it was');
    await press('\x1b', 'OF LIM');
    t.is(store.view, 'containers');
    unmount();
  });
}

test('container: and !container: choose events, processes, rows of containers and kills', (t) => {
  const {store} = filled();
  const judged = (text: string, subjects: FilterSubject[]): number => {
    const parsed = parseFilter(text);
    if (!('filter' in parsed) || !parsed.filter) throw new Error(text);
    return subjects.filter((subject) => parsed.filter!.matches(subject)).length;
  };
  const subjects = (view: typeof containers, id: string): FilterSubject[] => {
    const list = panesOf(view).find((pane) => pane.id === id) as ListPane;
    return list.rows(store.state).map((row) => list.subject!(row));
  };
  const lists: [string, FilterSubject[], yes: number][] = [
    ['containers', subjects(containers, 'containers'), 1],
    ['processes', subjects(processes, 'processes'), 2],
    ['starts', subjects(processes, 'starts'), 2],
    ['kills', subjects(memory, 'oom-log'), 1],
    ['events', EVENTS.map(eventSubject), 4],
  ];
  for (const [name, all, yes] of lists) {
    for (const term of ['web', 'shop-0', 'w*', WEB.id, WEB.id.slice(0, 12)]) {
      t.is(judged(`container:${term}`, all), yes, `${name} ${term}`);
      t.is(judged(`!container:${term}`, all), all.length - yes, `${name} !${term}`);
    }
  }
  t.is(judged('container:/hog', subjects(containers, 'containers')), 1, 'by its cgroup');
});
