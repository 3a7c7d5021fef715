import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {render} from 'ink-testing-library';
import {App} from '../../src/tui/app.tsx';
import type {CanvasPane} from '../../src/tui/panes/pane.ts';
import type {Hands} from '../../src/tui/state/actions.ts';
import {Store} from '../../src/tui/state/store.ts';
import {formFor, parametersOf, pasted, specOf, type TraceForm, typed} from '../../src/tui/state/trace-form.ts';
import {TraceBoard} from '../../src/tui/state/traces.ts';
import {textWidth} from '../../src/tui/text/cells.ts';
import {tracesView} from '../../src/tui/views/traces.ts';
import type {PresetInfo, TraceDesk, TracePlan, TraceResult, TraceRun, TraceState} from '../../src/types/trace.ts';
import {filled, unstyled} from './state.ts';

const PRESETS: PresetInfo[] = [
  {name: 'open-files', help: 'files that are opened', forPid: true, hook: 'syscalls:sys_exit_openat'},
  {name: 'file-writes', help: 'writes to files', forPid: true, pattern: 'file names', hook: 'x'},
  {name: 'page-alloc', help: 'pages by process', forPid: false, missing: 'no kmem:mm_page_alloc\x1b here'},
];

function resultOf(plan: TracePlan, state: TraceState): TraceResult {
  const event = {timestamp: '1767323045123000000', pid: 77, tid: 78, uid: 33, cpu: 1, function: 'openat', raw_args: {}};
  return {
    trace: {...plan, state, ran_s: 3, notes: ['stands in\x1b for a kprobe']},
    events: [
      {...event, process_name: 'nginx', message: 'first'},
      {...event, process_name: 'ev\x1b[2Jil', message: 'second\n'},
    ],
    stats: {
      total_events: 12,
      kept_events: 2,
      lost_events: 5,
      events_per_second: 4,
      events_by_process: {nginx: 12},
      events_by_uid: {'33': 12},
      top_processes: [{process_name: 'nginx', pid: 77, event_count: 12, percentage: 100}],
    },
    histograms: [{title: 'latency', unit: 'us', buckets: [{min: 4, max: 7, count: 3}]}],
    tables: [{title: 'bytes by file', unit: 'bytes', rows: [{key: {comm: 'nginx'}, value: 4096}], more: 2}],
  };
}

/** Stands in for bpftrace: plans anything, runs nothing. */
class StandInDesk implements TraceDesk {
  readonly bpftrace = {version: '0.17.0', path: '/usr/bin/bpftrace'};
  readonly runs: TraceRun[] = [];
  readonly asked: unknown[] = [];
  closed = false;
  presets = () => PRESETS;
  planPreset: TraceDesk['planPreset'] = (name, parameters) => {
    this.asked.push({name, ...parameters});
    if (parameters.process_name === 'bad') return {field: 'process_name', why: 'not that one', remedy: 'take another'};
    return {name, target: 'a:b', type: 'tracepoint', duration_s: parameters.duration_s ?? 10} as TracePlan;
  };
  planSpec: TraceDesk['planSpec'] = (spec) => {
    this.asked.push(spec);
    return {...spec, notes: []} as unknown as TracePlan;
  };
  start: TraceDesk['start'] = (plan) => {
    const listeners: (() => void)[] = [];
    let state: TraceState = 'running';
    const run: TraceRun = {
      id: this.runs.length + 1,
      plan,
      get state() {
        return state;
      },
      result: () => resultOf(plan, state),
      stop: async () => {
        state = 'stopped';
        for (const listener of listeners) listener();
        return resultOf(plan, state);
      },
      done: new Promise(() => {}),
      onChange: (listener) => {
        listeners.push(listener);
        return () => {};
      },
    };
    this.runs.push(run);
    return run;
  };
  close = async () => {
    this.closed = true;
  };
}

const hands = {} as Hands;

async function shown(opener?: () => Promise<TraceDesk>, replay = false) {
  const {store: base, more} = await filled({replay});
  const store = new Store(base.source, base.current, base.theme, new TraceBoard(opener));
  const app = render(<App store={store} hands={hands} />);
  const frame = () => unstyled(app.lastFrame() ?? '');
  const press = async (keys: string, until: (frame: string) => boolean = () => true): Promise<string> => {
    app.stdin.write(keys);
    for (let i = 0; i < 100; i++) {
      await delay(20);
      app.rerender(<App store={store} hands={hands} />);
      if (until(frame())) break;
    }
    return frame();
  };
  return {store, press, frame, more, unmount: app.unmount};
}

test('presets are listed, x starts one, what it brings is shown, and x stops it', async (t) => {
  const desk = new StandInDesk();
  const {press, store, unmount} = await shown(async () => desk);
  const first = await press('9', (f) => f.includes('open-files'));
  t.regex(first, /page-alloc .*no kmem:mm_page_alloc\\x1b/);
  t.regex(first, /custom \.\.\./);
  const running = await press('x', (f) => f.includes('running'));
  t.deepEqual(desk.asked, [{name: 'open-files'}]);
  t.regex(running, /open-files\s+running/);
  await press('\t', () => store.focus === 'trace-events');
  const events = await press('', (f) => f.includes('second'));
  t.regex(events, /ev\\x1b\[2Jil/);
  t.regex(events, /second\\n/);
  await press('\t', () => store.focus === 'trace-result');
  const figures = await press('', (f) => f.includes('latency'));
  for (const part of ['12 events', '5 lost', 'latency']) t.true(figures.includes(part), part);
  store.focus = 'trace-runs';
  t.regex(await press('x', (f) => f.includes('stopped')), /stopped/);
  t.regex(await press('x', (f) => f.includes('runs no more')), /runs no more/);
  unmount();
});

test('Enter asks for settings; what is refused is said there, and Esc leaves it', async (t) => {
  const desk = new StandInDesk();
  const {press, store, unmount} = await shown(async () => desk);
  await press('9', (f) => f.includes('open-files'));
  await press('\r', (f) => f.includes('Trace: open-files'));
  await press('\t\tbad\r', (f) => f.includes('not that one'));
  t.deepEqual(desk.asked.at(-1), {name: 'open-files', duration_s: 10, process_name: 'bad'});
  t.is(desk.runs.length, 0);
  await press('\x7f\x7f\x7fgood\r', () => desk.runs.length === 1);
  t.deepEqual(desk.asked.at(-1), {name: 'open-files', duration_s: 10, process_name: 'good'});
  t.is(store.dialog, undefined);
  t.is(store.focus, 'trace-runs');
  store.focus = 'trace-presets';
  await press('G\r', (f) => f.includes('A trace of your own'));
  await press('\x1b', () => store.dialog === undefined);
  t.is(store.dialog, undefined);
  unmount();
});

test('a trace of one’s own is checked like any other spec before it is planned', async (t) => {
  const desk = new StandInDesk();
  const {press, unmount} = await shown(async () => desk);
  await press('9', (f) => f.includes('open-files'));
  await press('G\r', (f) => f.includes('A trace of your own'));
  await press('a; system(1)\r', (f) => /target: /.test(f));
  t.is(desk.asked.length, 0);
  await press('\x7f'.repeat(12));
  await press('sched:sched_switch\r', () => desk.runs.length === 1);
  t.like(desk.asked.at(-1), {type: 'tracepoint', target: 'sched:sched_switch', duration_s: 10});
  unmount();
});

test('T in the view of a process: the presets that suit it, begun with its number; Esc leads back', async (t) => {
  const desk = new StandInDesk();
  const {press, store, unmount} = await shown(async () => desk);
  store.drill(1001);
  const only = await press('T', (f) => f.includes('open-files'));
  t.false(only.includes('page-alloc'));
  t.true(only.includes('of process 1001'));
  await press('x', () => desk.runs.length === 1);
  t.deepEqual(desk.asked.at(-1), {name: 'open-files', pid: 1001});
  await press('\x1b', () => store.view === 'pid');
  t.is(store.pid, 1001);
  await press('9', (f) => f.includes('page-alloc'));
  unmount();
});

test('a replay starts none and shows those of the recording; a host without bpftrace says so', async (t) => {
  const replay = await shown(undefined, true);
  t.regex(await replay.press('9', (f) => f.includes('a replay starts no traces')), /a replay starts no traces/);
  replay.store.update({
    ...replay.store.current,
    traces: [{...resultOf({name: 'old', target: 'c:d'} as TracePlan, 'done'), time: '', mono_ns: '0'}],
  });
  t.regex(await replay.press('', (f) => f.includes('old')), /old\s+done/);
  replay.unmount();
  const desk = Object.assign(new StandInDesk(), {
    bpftrace: {missing: 'no bpftrace\x1b', remedy: 'apt install bpftrace'},
  });
  const without = await shown(async () => desk as unknown as TraceDesk);
  await without.press('9', (f) => f.includes('open-files'));
  const text = await without.press('x', (f) => f.includes('no bpftrace\\x1b (apt install bpftrace)'));
  t.regex(text, /no bpftrace\\x1b \(apt install bpftrace\)/);
  t.is(desk.runs.length, 0);
  without.unmount();
});

test('a desk that was opened is closed, also when the screen goes while it opens', async (t) => {
  const desk = new StandInDesk();
  const {promise, resolve} = Promise.withResolvers<TraceDesk>();
  const board = new TraceBoard(() => promise);
  board.open();
  const closed = board.close();
  resolve(desk);
  await closed;
  t.true(desk.closed);
  t.is(board.obstacle, 'looking at what this kernel can trace');
});

test('a trace keeps its number when the oldest ones are no longer told of', async (t) => {
  const desk = new StandInDesk();
  const board = new TraceBoard(async () => desk);
  board.open();
  await delay(0);
  for (let i = 0; i < 3; i++) board.start((on) => on.planPreset('open-files', {}));
  desk.runs.shift();
  t.deepEqual(
    board.entries({}).map(({number}) => number),
    [3, 2],
  );
});

test('paused, the traces stay as they were', async (t) => {
  const desk = new StandInDesk();
  const {press, store, unmount} = await shown(async () => desk);
  await press('9', (f) => f.includes('open-files'));
  await press('x', (f) => f.includes('running'));
  store.pause(true);
  await desk.runs[0]!.stop();
  t.is(store.listOf('trace-runs')?.rows.length, 1);
  t.regex(await press('', () => true), /open-files\s+running/);
  store.pause(false);
  t.regex(await press('', (f) => f.includes('stopped')), /open-files\s+stopped/);
  unmount();
});

const type = (form: TraceForm, keys: readonly string[]) => keys.reduce(typed, form);

test('the form takes what is typed and pasted, and nothing that is no printable character', (t) => {
  const preset = formFor(PRESETS[1], 5);
  t.deepEqual(parametersOf(preset), {duration_s: 10, pid: 5});
  t.deepEqual(parametersOf(type(preset, ['up', '*', '.', 'c'])), {duration_s: 10, pid: 5, pattern: '*.c'});
  t.deepEqual(parametersOf(type(preset, ['backspace', 'x'])), {problem: '1x is no number of seconds'});
  const custom = pasted(formFor(undefined), ' a:b\n\x1b[31m ');
  t.deepEqual(specOf(type(custom, ['tab', 'r', 'e', 't', ',', 'space', 'x'])), {
    type: 'tracepoint',
    target: 'a:b[31m',
    arguments: ['ret', 'x'],
    duration: 10,
  });
});

test('the figures: distributions, sums, processes and what is not as asked, in lines of exactly the width', async (t) => {
  const {store} = await filled();
  const board = new TraceBoard();
  const result = resultOf({name: 'n', target: 'a:b', duration_s: 5} as TracePlan, 'failed');
  result.trace.reason = 'gone\x1b';
  board.selection = () => ({key: '1', number: 1, result});
  const pane = tracesView(board).places[1]?.beside?.pane as CanvasPane;
  const lines = pane.paint(store.state, store.theme, 60, 30).map(unstyled);
  for (const line of lines) t.is(textWidth(line), 60, line);
  const text = lines.join('\n');
  for (const part of [
    'failed, 3s, 12 events, 4/s, 5 lost',
    'gone\\x1b',
    '4us+',
    'bytes by file',
    '4KiB',
    '2 more',
    'nginx',
    '100%',
  ])
    t.true(text.includes(part), `${part} in ${text}`);
  t.true(text.includes('stands in\\x1b for a kprobe'));
});
