import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import fc from 'fast-check';
import {render} from 'ink-testing-library';
import {Model} from '../../src/model/model.ts';
import {App} from '../../src/tui/app.tsx';
import {paintPane} from '../../src/tui/panes/paint.ts';
import type {ListPane} from '../../src/tui/panes/pane.ts';
import {act, type Hands} from '../../src/tui/state/actions.ts';
import {Store} from '../../src/tui/state/store.ts';
import {textWidth} from '../../src/tui/text/cells.ts';
import {makeTheme} from '../../src/tui/theme.ts';
import {processList} from '../../src/tui/views/processes.ts';
import type {ContainerRef, ProcessRow, Sample} from '../../src/types/stream.ts';
import {frame, header, PROBES, sample} from '../util/synthetic.ts';
import {unstyled} from './state.ts';
import {SyntheticSource} from './synthetic-source.ts';

const WEB: ContainerRef = {id: 'a1'.repeat(32), name: 'web', pod: 'shop-0', namespace: 'prod'};
const HOG: ContainerRef = {id: 'b2'.repeat(32)};
const EVIL: ContainerRef = {id: 'host', name: '名\n\x07'.repeat(50), pod: '\ud800\x1b[2J'};

const process = (pid: number, comm: string, container?: ContainerRef, more: Partial<ProcessRow> = {}): ProcessRow => ({
  ...{time_bucket: 1, pid, ppid: 1, comm, state: 'running', cpu_time_ms: pid, run_delay_ms: 10, minor_faults: 4},
  ...{major_faults: 1, rss_bytes: 3 << 20, threads: 2},
  ...more,
  ...(container && {container}),
});

const PROCESSES = [
  process(100, 'nginx', WEB),
  process(200, 'worker', WEB, {waiting_ms: 300}),
  process(700, 'hog', HOG),
  process(50, 'sshd'),
  process(2, 'kthreadd', undefined, {rss_bytes: undefined, cpu_time_ms: undefined}),
];
const SAMPLE: Partial<Sample> = {
  interval_ms: 1000,
  containers: [{time_bucket: 1, container: WEB, cgroup: '/web', processes: 12}],
  processes: PROCESSES,
};
const HANDS: Hands = {quit() {}, suspend() {}, redraw() {}, export() {}, record() {}};

function filled({replay = false, more = SAMPLE} = {}) {
  const source = new SyntheticSource({replay});
  const model = new Model();
  const store = new Store(source, model.state, makeTheme('mono'));
  const probes = [...PROBES, {id: 'tasks', subsystem: 'process' as const, state: 'attached' as const}];
  store.update(model.apply(frame({header: header(probes)})));
  store.update(model.apply(frame({sample: {...sample(2000), ...more}})));
  store.show('processes');
  return {store, source};
}

const pane = processList as ListPane;
const painted = (store: Store, width = 120, height = 14): string[] =>
  paintPane(store, pane, width, height).map(unstyled);

test('each container is a heading with the sums of its processes, the others stand under host', (t) => {
  const {store} = filled();
  act('group', store, HANDS);
  const lines = painted(store);
  const names = lines.slice(2, 10).map((line) => /[▾└].*?(?= *│$)/.exec(line)?.[0]);
  t.deepEqual(names, [
    `▾ ${HOG.id.slice(0, 12)}`,
    '└ hog',
    '▾ prod/shop-0/web',
    '└ worker',
    '└ nginx',
    '▾ host',
    '└ sshd',
    '└ kthreadd',
  ]);
  t.regex(lines[0]!, /Processes 5 .*by cpu ▼/);
  t.notRegex(lines[1]!, /CONTAINER/);
  const list = store.list(pane);
  const texts = (at: number) =>
    Object.fromEntries(list.columns.map((column) => [column.id, column.text(list.rows[at]).trim()]));
  t.like(texts(2), {cpu: '30%', delay: '2%', rss: '6MiB', minor: '8', major: '2', threads: '4', waiting: '300ms'});
  t.like(texts(2), {processes: '2 of 12', pid: '', state: '', uid: ''});
  t.like(texts(5), {cpu: '5%', rss: '3MiB', processes: '2', wakeups: '-'}, 'what nobody knows is no 0');
  t.like(texts(3), {processes: '', pid: '200'});
});

test('Enter folds a heading, which keeps its sums; s sorts headings and processes alike', (t) => {
  const {store} = filled();
  act('group', store, HANDS);
  act('drill', store, HANDS);
  const names = () => store.list(pane).rows.map((row) => (row as {process: ProcessRow}).process.comm);
  t.deepEqual(names().slice(0, 3), [HOG.id.slice(0, 12), 'prod/shop-0/web', 'worker']);
  t.regex(painted(store)[2]!, /^│▶.* 70% .* ▸ b2b2/);
  t.regex(painted(store)[0]!, /Processes 5 /);
  act('reverse', store, HANDS);
  t.deepEqual(names(), ['prod/shop-0/web', 'nginx', 'worker', HOG.id.slice(0, 12), 'host', 'sshd', 'kthreadd']);
  t.is(store.list(pane).cursor, 3, 'the selection stays on the heading');
  act('drill', store, HANDS);
  t.is(names().length, 8);
  act('down', store, HANDS);
  act('drill', store, HANDS);
  t.is(store.view, 'pid', 'a process below is looked into as ever');
  act('back', store, HANDS);
  act('tree', store, HANDS);
  t.is(names().length, 5, 'a tree has no headings');
  act('group', store, HANDS);
  act('group', store, HANDS);
  t.is(names().length, 5);
});

test('the filter chooses processes: headings sum up what is left', (t) => {
  const {store} = filled();
  act('group', store, HANDS);
  act('filter', store, HANDS);
  store.refilter(() => store.filter.paste('container:web comm:nginx'));
  const list = store.list(pane);
  t.is(list.rows.length, 2);
  t.is(list.columns.find(({id}) => id === 'processes')!.text(list.rows[0]), '1 of 12');
  t.regex(painted(store)[0]!, /Processes 1 .*4 hidden/);
});

test('no other list is shown by group, and that is said', (t) => {
  const {store} = filled();
  store.show('containers');
  act('group', store, HANDS);
  t.regex(store.message?.text ?? '', /list of all processes/);
});

test('hostile names at any size: each line has its width, no container is taken for the host', (t) => {
  const {store} = filled({more: {...SAMPLE, processes: [process(1, 'a', EVIL), process(2, '\x1b[2J')]}});
  act('group', store, HANDS);
  t.is(store.list(pane).rows.length, 4);
  const size = fc.record({width: fc.integer({min: 10, max: 220}), height: fc.integer({min: 3, max: 20})});
  fc.assert(
    fc.property(size, ({width, height}) => {
      for (const line of painted(store, width, height)) {
        t.is(textWidth(line), width);
        t.notRegex(line, /[\x00-\x1f\x7f-\x9f\u202e]/);
      }
    }),
    {numRuns: 60},
  );
});

for (const replay of [false, true]) {
  test(`b and Enter on the screen${replay ? ', in a replay too' : ''}`, async (t) => {
    const {store} = filled({replay});
    const app = () => <App store={store} hands={HANDS} />;
    const ink = render(app());
    const press = async (keys: string, shows: RegExp): Promise<void> => {
      await delay(20);
      ink.stdin.write(keys);
      let screen = '';
      for (let tries = 0; tries < 60 && !shows.test(screen); tries++) {
        await delay(100);
        ink.rerender(app());
        screen = unstyled(ink.lastFrame() ?? '');
      }
      t.regex(screen, shows);
    };
    await press('6', replay ? /by cpu/ : /b group/);
    await press('b', /▾ prod\/shop-0\/web/);
    await press('\r', /▸ b2b2b2b2b2b2/);
    await press('j', /▶ .*shop-0/);
    await press('b', /hog {2}/);
    await press('?', /Keys/);
    await press('j'.repeat(18), /processes by container, with sums/);
    ink.unmount();
  });
}
