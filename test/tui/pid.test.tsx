import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import fc from 'fast-check';
import {render} from 'ink-testing-library';
import {App} from '../../src/tui/app.tsx';
import {paintPane} from '../../src/tui/panes/paint.ts';
import {paintFigures} from '../../src/tui/panes/pid/figures.ts';
import {paintGrowth} from '../../src/tui/panes/pid/growth.ts';
import {paintIdentity} from '../../src/tui/panes/pid/identity.ts';
import {eventsOf} from '../../src/tui/panes/pid/its-events.ts';
import {paintLatencies} from '../../src/tui/panes/pid/latencies.ts';
import {pageList} from '../../src/tui/panes/pid/pages.ts';
import {paintSlow} from '../../src/tui/panes/pid/slow.ts';
import {syscallList} from '../../src/tui/panes/pid/syscalls.ts';
import {textWidth} from '../../src/tui/text/cells.ts';
import {makeTheme} from '../../src/tui/theme.ts';
import {panesOf} from '../../src/tui/views/places.ts';
import type {State} from '../../src/types/state.ts';
import type {Focus, FocusPages, ProbeInfo} from '../../src/types/stream.ts';
import {histogram, oom, request, wait} from '../util/synthetic.ts';
import {Pty} from './pty.ts';
import {filled, unstyled} from './state.ts';
import type {SyntheticOptions} from './synthetic-source.ts';

const theme = makeTheme('mono');
const nothing = {own: [], kinds: [], before: {type: 'SCHED_LATENCY', count: 0}};
const base = {pid: 7, comm: 'x'};

const stateWith = (now: Focus, figures?: Focus): State =>
  ({
    events: [],
    eventSeq: 0,
    now: '2026-01-01T01:00:00Z',
    focus: {now, time: '2026-01-01T01:00:00Z', rss: [], distributions: [], ...(figures && {figures})},
  }) as unknown as State;

const identity = (now: Focus): string =>
  paintIdentity({pid: 7, replay: false}, stateWith(now), nothing, theme, 100, 6).map(unstyled).join('\n');
const figures = (now: Focus, of?: Focus): string =>
  paintFigures({pid: 7, replay: false}, stateWith(now, of), theme, 100, 12).map(unstyled).join('\n');

test('who it is, and how it stands', (t) => {
  const shown = identity({...base, state: 'sleeping', uid: 33, user: 'www', ppid: 1, threads: 4, cgroup: '/a'});
  for (const part of ['sleeping', 'command x', 'user www (33)', 'parent 1', 'threads 4', 'cgroup /a'])
    t.true(shown.includes(part), shown);
  t.notRegex(shown, /arguments|undefined|NaN/);
  t.regex(identity({...base, args: ['a', 'b\x1b[2J']}), /arguments a b\\x1b\[2J/);
  t.regex(identity({...base, ended: true}), /ENDED before .*: its last figures/);
  t.regex(identity({...base, state: 'zombie'}), /zombie: ended, its parent has not asked yet/);
  t.regex(identity({...base, kernel_thread: true}), /kernel thread/);
  t.regex(identity({...base, started: '2026-01-01T00:00:00.000Z'}), /1h 0m ago/);
});

test('figures are told a second, and unknown ones as such', (t) => {
  const of = {
    ...base,
    interval_ms: 500,
    cpu_time_ms: 250,
    run_delay_ms: 5,
    timeslices: 50,
    minor_faults: 10,
    major_faults: 0,
  };
  const shown = figures({...base, rss_bytes: 2 ** 20}, of);
  t.regex(shown, /CPU +50% of one CPU/);
  t.regex(shown, /CPU waits +10ms a second, 100us each of 100\/s/);
  t.regex(shown, /20\/s minor, 0\/s major/);
  t.regex(shown, /1MiB resident, at most -/);
  t.regex(shown, /reads +- \(its io file can not be read\)/);
  t.regex(figures(base), /CPU +-\s/);
});

test('its distributions: a line each, with percentiles and a bar an octave', (t) => {
  const state = stateWith(base);
  const paint = () => paintLatencies({pid: 7, replay: false}, state, theme, 90, 5).map(unstyled).join('\n');
  t.regex(paint(), /nothing yet/);
  state.focus!.distributions = [histogram('sched', {}, [1, 1, 700]), histogram('block', {op: 'write\x1b'}, [9000])];
  t.regex(paint(), /for a CPU +3 +1us +\S+ +700us +█ +▅/);
  t.regex(paint(), /disk write\\x1b +1 +\S+ +\S+ +9ms/);
});

test("what was slow, by type, and whom it ran before; another process's events are not its own", (t) => {
  const find = eventsOf(123);
  const events = [
    wait(1, 2000),
    wait(2, 5000),
    request(3, 20_000, {pid: 123}),
    request(4, 9000),
    oom(5, {pid: 1, victim_pid: 123}),
  ];
  const other = wait(6, 7000, {pid: 9, prev_pid: 123});
  const state = {events: [...events, other], eventSeq: 6} as unknown as State;
  const found = find(state);
  t.is(found.own.length, 4);
  t.is(found.own[0]?.type, 'OOM_KILL', 'newest first');
  t.deepEqual(found.kinds[0], {type: 'SCHED_LATENCY', count: 2, worst_us: 5000, total_us: 7000});
  t.deepEqual(found.before, {type: 'SCHED_LATENCY', count: 1, worst_us: 7000, total_us: 7000});
  t.is(find(state), found, 'nothing new, nothing made anew');
  const lines = paintSlow(found, state, theme, 60, 8).map(unstyled);
  t.regex(lines.join('\n'), /SCHED_LATENCY +2 +5ms +7ms/);
  t.regex(lines.join('\n'), /others after it +1 +7ms/);
});

test('memory: columns from 0 to the most, the newest at the right; gaps stay gaps', (t) => {
  const state = stateWith(base);
  const paint = () => paintGrowth({pid: 7, replay: false}, state, theme, 20, 3).map(unstyled);
  t.regex(paint()[0]!, /unknown/);
  state.focus!.rss = [2 ** 20, undefined, 2 ** 19];
  t.deepEqual(paint(), ['     1MiB        █  ', '                 █ ▄', '       0B        █ █']);
  state.focus!.now = {...base, kernel_thread: true};
  state.focus!.rss = [];
  t.regex(paint()[0]!, /a kernel thread/);
  t.regex(paintGrowth({pid: 8, replay: true}, state, theme, 60, 3).join(), /only while somebody looks/);
});

test('its panes paint lines of exactly their width, whatever the names', async (t) => {
  const {store, source, more} = await filled({hostile: true, rate: 50});
  t.is(store.drill(1003), undefined);
  source.controls!.pages();
  await more(3);
  t.is(store.state.focus?.now.pid, 1003);
  t.is(store.state.focus?.pages?.stacks.length, 2);
  const panes = panesOf(store.viewNow);
  t.is(panes.length, 8);
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
    {numRuns: 300},
  );
});

/** The app in Ink's test renderer. */
async function shown(options: SyntheticOptions = {}) {
  const made = await filled(options);
  const hands = {quit: () => {}, suspend: () => {}, redraw: () => {}, export: () => {}, record: () => {}};
  const app = <App store={made.store} hands={hands} />;
  const ink = render(app);
  await delay(20);
  const press = async (keys: string, done: (frame: string) => boolean = () => true): Promise<string> => {
    ink.stdin.write(keys);
    for (let tries = 0; tries < 200; tries++) {
      await delay(25);
      ink.rerender(<App store={made.store} hands={hands} />);
      if (done(unstyled(ink.lastFrame() ?? ''))) break;
    }
    return unstyled(ink.lastFrame() ?? '');
  };
  return {...made, press, unmount: ink.unmount};
}

test('Enter on an event looks into its process, on into another, and Esc goes back the same way', async (t) => {
  const {press, store, source, more, unmount} = await shown();
  await press('\x1b[Z');
  t.is(store.focus, 'events');
  const pid = store.event(store.range.last)?.pid as number;
  t.regex(await press('\r', (f) => f.includes(`Process ${pid}`)), new RegExp(`Process ${pid}`));
  t.deepEqual(source.calls, [`focus ${pid}`]);
  t.is(store.focus, 'pid-events');
  await more(2);
  t.regex(await press('', (f) => f.includes('www-data')), /user www-data \(33\)/);
  t.is(store.drill(17), undefined);
  t.is(source.calls.at(-1), 'focus 17');
  await press('\x1b', (f) => f.includes(`Process ${pid}`));
  t.is(source.calls.at(-1), `focus ${pid}`);
  await press('\x7f', (f) => f.includes('Scheduler'));
  t.is(source.calls.at(-1), 'focus undefined');
  t.is(store.view, 'overview');
  await press('\x1b');
  t.is(store.view, 'overview', 'Esc means nothing elsewhere');
  unmount();
});

test('another view ends the look at once', async (t) => {
  const {press, store, source, unmount} = await shown();
  store.drill(1001);
  await press('6', (f) => f.includes('page faults'));
  t.is(store.view, 'processes');
  t.is(source.calls.at(-1), 'focus undefined');
  unmount();
});

test('d asks for a number, says what is wrong with it, and looks into what is there', async (t) => {
  const {press, store, source, unmount} = await shown();
  t.regex(await press('d'), /Look into a process/);
  t.regex(await press('\r'), /type a number first/);
  t.regex(await press('-3\r'), /-3 is no process number/);
  await press('\x7f\x7f');
  t.regex(await press('0\r'), /idle task/);
  await press('\x7f');
  t.regex(await press('4194304\r'), /there is no process 4194304/);
  t.is(store.dialog, 'pid');
  t.is(store.view, 'overview');
  await press('\x7f'.repeat(7));
  t.regex(await press('q5x\r', (f) => f.includes('Process 5')), /Process 5 /);
  t.is(store.dialog, undefined);
  t.is(source.calls.at(-1), 'focus 5');
  unmount();
});

test('its system calls, most time first, and why there are none', (t) => {
  const list = syscallList(7);
  const state = stateWith(base);
  const syscalls = [
    {syscall: 0, syscall_name: 'read', count: 4, total_us: 10, max_us: 4},
    {syscall_name: 'other', count: 0, total_us: 0},
  ];
  const known = {...state, focus: {...state.focus, syscalls}} as State;
  const cells = (state: State) => list.rows(state).map((row) => list.columns.map(({text}) => text(row)));
  t.deepEqual(cells(known), [
    ['read', '4', '10us', '2.5us', '4us'],
    ['other', '0', '0us', '-', '-'],
  ]);
  t.deepEqual(list.sort, {column: 'total', descending: true});
  t.deepEqual(syscallList(8).rows(known), [], 'those of another process');
  const header = {} as State['header'];
  const off = {...known, header, probes: [{id: 'syscall', subsystem: 'syscall', state: 'off'}]} as State;
  t.is(list.empty(off), 'the syscall probe is off');
});

test('its pages by stack: who wanted them, in the kernel and in the program, and what is not told', (t) => {
  const list = pageList(7);
  const cells = (state: State) => list.rows(state).map((row) => list.columns.map(({text}) => text(row)));
  const pages: FocusPages = {
    duration_ms: 4000,
    bytes: 1 << 20,
    allocations: 200,
    lost_bytes: 0,
    lost_allocations: 0,
    lost_stacks: 0,
    stacks: [
      {
        bytes: 1 << 19,
        allocations: 128,
        kernel: ['__alloc_frozen_pages_noprof+0x1', 'vma_alloc_folio_noprof+0x6a', 'do_anonymous_page+0x1ff', 'a+0x1'],
        user: ['worker+0x15e7', '0x7f00'],
      },
      {bytes: 1 << 18, allocations: 64},
      {bytes: 4096, allocations: 1, kernel: ['__alloc_pages+0x1', '___slab_alloc.isra.0+0x3']},
    ],
  };
  const counted = (more: Partial<FocusPages> = {}): State => {
    const state = stateWith(base);
    return {...state, focus: {...state.focus!, pages: {...pages, ...more}}};
  };
  t.deepEqual(cells(counted()), [
    ['512KiB', '50%', '128', 'do_anonymous_page<-a', 'worker+0x15e7<-0x7f00'],
    ['256KiB', '25%', '64', 'unknown', 'unknown'],
    ['4KiB', '0.39%', '1', '__alloc_pages<-___slab_alloc.isra.0', 'unknown'],
  ]);
  t.is(list.note?.(counted()), '1MiB in 200 allocations, 4s; counting, p ends it');
  const lossy = counted({ended: true, reason: 'paused\x1b', lost_bytes: 4096, lost_allocations: 1, lost_stacks: 2});
  t.regex(list.note?.(lossy) ?? '', /4s; ended; paused\\x1b; 4KiB had no room by stack; 2 stacks had no room$/);
  t.is(list.empty(counted({ended: true, stacks: []})), 'it was given no pages');
  t.deepEqual(pageList(8).rows(counted()), [], 'those of another process');
  const probes = (state: ProbeInfo['state'], reason?: string): State => ({
    ...stateWith(base),
    probes: [{id: 'pages', subsystem: 'memory', state, ...(reason && {reason})}],
  });
  t.regex(list.empty(probes('off')), /^p counts for 10 s/);
  t.is(list.empty(probes('unavailable', 'no\x1b')), 'the pages probe is unavailable: no\\x1b');
});

test('p counts the pages of the process and shows them; elsewhere it says or does nothing', async (t) => {
  const {press, store, source, more, unmount} = await shown();
  await press('p');
  t.deepEqual(source.calls, []);
  store.drill(1001);
  await more(1);
  await press('p', (f) => f.includes('Pages by stack'));
  t.is(source.calls.at(-1), 'pages');
  t.is(store.focus, 'pid-pages');
  await more(2);
  t.regex(await press('', (f) => f.includes('do_anonymous')), /2MiB +67% +512 +do_anonymous_page<-/);
  store.drillContainer({container: {id: 'abc'}});
  t.regex(await press('p', (f) => f.includes('pages are counted')), /pages are counted of a process/);
  t.is(source.calls.filter((call) => call === 'pages').length, 1);
  unmount();
});

test('in a replay its events and rows are shown, and what is missing is said', async (t) => {
  const {press, store, unmount} = await shown({replay: true});
  t.regex(await press('d999\r'), /nothing in this recording speaks of process 999/);
  await press('\x1b');
  const {pid, comm} = store.event(store.range.last)!;
  t.is(store.drill(pid as number), undefined);
  const screen = await press('', (f) => f.includes('nobody looked'));
  t.regex(screen, new RegExp(`nobody looked into ${pid} in this recording`));
  t.true(screen.includes(`command ${comm}`));
  t.true(screen.includes('known only while somebody looks') || !screen.includes('Resident memory'));
  unmount();
});

test('of a process that has ended, what was collected is shown', async (t) => {
  const {store, source, unmount} = await shown();
  const {pid} = store.event(store.range.last)!;
  source.controls!.focus = (wanted) => (wanted === undefined ? undefined : `there is no process ${wanted}`);
  t.is(store.drill(pid as number), undefined);
  const [pane] = panesOf(store.viewNow);
  t.regex(
    paintPane(store, pane!, 100, 6).map(unstyled).join('\n'),
    /there is no process \d+: here is what was collected/,
  );
  t.is(store.drill(424_242), 'there is no process 424242');
  unmount();
});

const RECORDING = fileURLToPath(new URL('../fixtures/trouble.ndjson.gz', import.meta.url));

for (const [columns, rows] of [
  [80, 24],
  [120, 40],
  [200, 60],
] as const) {
  test(`a recording's process at ${columns}x${rows}`, async (t) => {
    const pty = new Pty({columns, rows, options: {recording: RECORDING}});
    t.teardown(() => pty.kill());
    await pty.shows('hog');
    pty.send(' ');
    await pty.shows('paused');
    const pid = /(\d+) hog/.exec(pty.text)?.[1];
    pty.send(`d${pid}\r`);
    await pty.shows(`Process ${pid}`);
    await pty.shows('command hog');
    await pty.shows(/SCHED_LATENCY .*latency=.*behind=/);
    await pty.shows(/Esc back.*$/);
    t.is(pty.lines.filter((line) => textWidth(line) > columns).length, 0);
    pty.send('\x1b');
    await pty.shows('Scheduler');
    pty.send('q');
    await pty.end();
  });
}
