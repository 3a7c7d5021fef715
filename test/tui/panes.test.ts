import test from 'ava';
import fc from 'fast-check';
import {Model} from '../../src/model/model.ts';
import {layoutFor} from '../../src/tui/layout.ts';
import {paintBottomLine} from '../../src/tui/panes/bottom-line.ts';
import {eventFields} from '../../src/tui/panes/event-fields.ts';
import {paintEvents} from '../../src/tui/panes/events.ts';
import {paintHeatmap} from '../../src/tui/panes/heatmap.ts';
import {paintStatusLine} from '../../src/tui/panes/status-line.ts';
import {paintTiles} from '../../src/tui/panes/tiles.ts';
import {paintTopLine} from '../../src/tui/panes/top-line.ts';
import {Store} from '../../src/tui/state/store.ts';
import {textWidth} from '../../src/tui/text/cells.ts';
import {makeTheme} from '../../src/tui/theme.ts';
import {paintTooSmall} from '../../src/tui/views/too-small.ts';
import type {State} from '../../src/types/state.ts';
import type {KernelEvent, ProbeInfo} from '../../src/types/stream.ts';
import {
  drop,
  fault,
  foretold,
  forked,
  frame,
  header,
  lockup,
  oom,
  PROBES,
  pressure,
  ran,
  sampleFrame,
  slowFile,
  wait,
  went,
} from '../util/synthetic.ts';
import {filled, unstyled} from './state.ts';

test('every pane paints lines of exactly its width and holds back no escape but styles', async (t) => {
  const {store} = await filled({hostile: true, rate: 20_000, cpus: 70});
  store.focus = 'events';
  const paints = [
    (w: number, h: number) => paintHeatmap(store, w, h),
    (w: number, h: number) => paintEvents(store, w, h),
    (w: number) => paintTopLine(store, w),
    (w: number) => paintStatusLine(store, w),
    (w: number) => paintBottomLine(store, 'tiles', w),
    (w: number, h: number) => paintTooSmall(store, w, h),
    (w: number, h: number) => paintTiles(store, layoutFor(Math.max(40, w), 40, 4, 4), w, h),
    (w: number, h: number) => paintTiles(store, layoutFor(60, 20, 4, 4), w, h),
  ];
  const size = fc.tuple(fc.integer({min: 1, max: 220}), fc.integer({min: 1, max: 40}));
  fc.assert(
    fc.property(size, fc.constantFrom(...paints), ([width, height], paint) => {
      for (const line of paint(width, height)) {
        t.is(textWidth(unstyled(line)), width);
        t.notRegex(unstyled(line), /[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]/);
      }
    }),
    {numRuns: 300},
  );
});

test('without UTF-8 there is nothing but ASCII, in the same columns', async (t) => {
  const {store} = await filled({hostile: true, rate: 20_000});
  const ascii = new Store(store.source, store.state, makeTheme('mono', false));
  const layout = layoutFor(100, 30, 4, 4);
  const lines = [
    ...paintTiles(ascii, layout, 100, layout.tilesHeight),
    ...paintHeatmap(ascii, 100, 8),
    ...paintEvents(ascii, 100, 20),
    ...paintBottomLine(ascii, 'tiles', 100),
  ].map(unstyled);
  for (const line of lines) t.regex(line, /^[\x20-\x7e]{100}$/);
});

test('an event of a later version shows what it has, safely', (t) => {
  const event = {
    kind: 'event',
    type: 'FUTURE\x1b[2J',
    time: 'not a time',
    mono_ns: '1',
    subsystem: 'vfs',
    severity: 'info',
    cpu: 1,
    path: '/tmp/\x1b]0;x\x07',
    wait_us: 1500,
    size_bytes: 4096,
    nested: {a: '\n'},
  } as unknown as KernelEvent;
  t.deepEqual(eventFields(event), [
    ['path', '/tmp/\\x1b]0;x\\x07'],
    ['wait', '1.5ms'],
    ['size', '4KiB'],
    ['nested', '"{\\"a\\":\\"\\n\\"}"'],
  ]);
});

test('a wait shows who ran meanwhile, and how much of it that explains', (t) => {
  const culprits = [
    {pid: 20, comm: 'x\x1b[2J', ran_us: 9000},
    {pid: 30, comm: 'cc1', ran_us: 500},
  ];
  const event = wait(1, 10_000, {culprits, covered_pct: 95, prev_pid: 30, prev_comm: 'cc1'});
  t.deepEqual(eventFields(event), [
    ['latency', '10ms'],
    ['culprits', 'x\\x1b[2J[20] 9ms, cc1[30] 500us'],
    ['covered', '95%'],
    ['behind', 'cc1[30]'],
  ]);
});

test('addresses are shown with their ports, IPv6 in brackets', (t) => {
  const event = {type: 'TCP_RETRANSMIT', saddr: '::1', sport: 1, daddr: '10.0.0.2', dport: 2, state: 'SYN_SENT'};
  t.deepEqual(eventFields(event as unknown as KernelEvent)[0], ['', '[::1]:1 → 10.0.0.2:2']);
});

test('each type has its fields, a path without its name again, a packet without ports as it is', (t) => {
  const shown = (event: KernelEvent) => eventFields(event).map(([name, value]) => (name ? `${name}=${value}` : value));
  t.deepEqual(shown(slowFile(1, 12_000)), [
    'latency=12ms',
    'op=read',
    'path=/srv/data/big',
    'fs=ext4',
    'size=64KiB',
    'file=regular',
    'inode=4711',
  ]);
  t.deepEqual(shown(drop(1, {protocol: 'ICMP', sport: undefined, dport: undefined, device: 'eth0'})), [
    'reason=SOCKET_RCVBUFF',
    '10.0.0.1 → 10.0.0.2',
    'class=fault',
    'protocol=ICMP',
    'dev=eth0',
    'location=__udp_enqueue_schedule_skb+0x2f0',
  ]);
  t.deepEqual(shown(pressure(1)), ['scope=host', 'some=13%', 'full=3.1%']);
  t.deepEqual(shown(foretold(1)), [
    'scope=/leaky',
    'eta=300s',
    'from=280s',
    'to=330s',
    'confidence=86%',
    'growth a second=1MiB',
    'usage=700MiB',
    'limit=1GiB',
    'growers=leaker[77] 922KiB/s 90%',
  ]);
  t.deepEqual(shown(fault(1, {latency_us: 8400})), ['latency=8.4ms', 'address=0x7f0012345000']);
  t.deepEqual(shown(ran(1, {args: 'cc1 \x1b x'})), ['file=/usr/lib/gcc/cc1', 'args="cc1 \\x1b x"', 'ppid=90']);
  t.deepEqual(shown(went(1, {exit_code: 139, signal: 11, signal_name: 'SIGSEGV', core: true})), [
    'signal=SIGSEGV',
    'core=dumped',
    'lifetime=1.5s',
    'cpu_time=821ms',
    'max_rss=64MiB',
    'ppid=90',
  ]);
  t.is(shown(went(1))[0], 'code=0');
  t.deepEqual(shown(forked(1)), ['child=make', 'child_pid=91']);
  t.deepEqual(shown(lockup(1, 'HUNG_TASK')), [
    'stuck=22s',
    'stack=io_schedule<-folio_wait_bit_common<-vfs_fsync_range',
  ]);
});

test('tiles say what is wrong, and which is selected', async (t) => {
  const {store, source, more} = await filled({}, 4);
  source.controls?.toggle('sched');
  await more(2);
  const lines = paintTiles(store, layoutFor(120, 40, 4, 4), 120, 7).map(unstyled);
  t.regex(lines[0]!, /^┌─▶ Scheduler/);
  t.regex(lines[1]!, /○ UNKNOWN/);
  t.true(lines.some((line) => line.includes('sched off')));
  t.true(lines.some((line) => line.includes('warns from 10ms')));
});

/** The tiles of a made-up moment, six side by side and high enough for all that they can show. */
async function tilesOf(change: (state: State) => void): Promise<string[]> {
  const {store} = await filled({}, 4);
  change(store.state);
  return paintTiles(store, layoutFor(240, 60, 6, 2), 240, 8).map(unstyled);
}

test('a subsystem without latencies shows what says most of it', async (t) => {
  const lines = await tilesOf((state) => {
    state.network = {resent_pct: 0.12, fault_drops_per_s: 3};
    const sample = state.sample!;
    state.sample = {
      ...sample,
      host: {...sample.host, mem_available_bytes: 3 * 2 ** 30},
      pressure: {memory: {some_avg10_pct: 1.5}},
    };
  });
  t.regex(lines[2]!, /stall 1\.5% free 3GiB .*resent 0\.12% drops 3\/s/);
  t.regex(lines[3]!, /events \d+ .*events \d+/);
});

test('figures that are unknown are not shown, and those without room left out whole', async (t) => {
  const unknown = await tilesOf((state) => {
    state.network = {};
  });
  t.notRegex(unknown.join(), /resent|drops \d|stall /);
  const {store} = await filled({}, 4);
  store.state.network = {resent_pct: 0.12, fault_drops_per_s: 3};
  const narrow = paintTiles(store, layoutFor(80, 24, 4, 2), 80, 10).map(unstyled);
  t.regex(narrow.join('\n'), /│ resent 0\.12%\s+│/);
});

test('a probe that is off by itself is no trouble, one that was switched off is said', async (t) => {
  const probe = (id: string, state: ProbeInfo['state']): ProbeInfo => ({id, subsystem: 'memory', state});
  const lines = await tilesOf((state) => {
    state.probes = [probe('oom', 'attached'), probe('fault-latency', 'off')];
  });
  t.notRegex(lines[5]!, /fault-latency/);
  t.regex(lines[6]!, /oom attached; fault-latency off/);
  const off = await tilesOf((state) => {
    state.probes = [probe('oom', 'off'), probe('faults', 'attached')];
  });
  t.regex(off.join('\n'), /oom off/);
});

test('a lesser method is said where there is room, and takes no place from the history', async (t) => {
  const {store} = await filled({}, 4);
  Object.assign(store.state.probes[0]!, {state: 'degraded', reason: 'no fexit'});
  const small = paintTiles(store, layoutFor(80, 24, 4, 2), 80, 5).map(unstyled);
  t.notRegex(small.join(), /degraded/);
  t.regex(small[3]!, /[▁▂▃▄▅▆▇█]/);
  const large = paintTiles(store, layoutFor(120, 40, 4, 2), 120, 7).map(unstyled);
  t.regex(large.join(), /sched degraded: no fexit/);
});

test('before the first frame there is something to read', async (t) => {
  const {store} = await filled({}, -1);
  t.regex(unstyled(paintStatusLine(store, 60)[0]!), /waiting for the first sample/);
  t.regex(unstyled(paintHeatmap(store, 80, 6)[1]!), /no scheduling sample yet/);
  t.regex(unstyled(paintEvents(store, 80, 6)[2]!), /no events/);
  t.deepEqual(paintTiles(store, layoutFor(80, 24, 0, 1), 80, 5), []);
});

test('the newest OOM kill is what both the tile and the line above tell of, however large the others were', async (t) => {
  const {source} = await filled();
  const model = new Model();
  model.apply(frame({header: header(PROBES)}));
  const kills = [9, 1, 5, 2, 3].map((gib, i) =>
    oom(i * 10, {victim_pid: 100 + i, victim_comm: `k${i}`, rss_bytes: gib * 2 ** 30}),
  );
  model.apply({...sampleFrame(1000), events: kills});
  const store = new Store(source, model.state, makeTheme('mono'));
  store.update(model.state);
  t.regex(unstyled(paintStatusLine(store, 120)[0]!), /OOM kill of pid 104 k4/);
  const tiles = paintTiles(store, layoutFor(200, 60, 8, 2), 200, 14)
    .map(unstyled)
    .join('\n');
  t.regex(tiles, /OOM kill of k4 \(pid 104\)/);
  const {findings} = model.state;
  const shown = findings
    .filter((text) => text.includes('OOM'))
    .map((text) => /k\d|2 more OOM kills before/.exec(text)?.[0]);
  t.deepEqual(shown, ['k4', 'k3', 'k2', '2 more OOM kills before']);
});

test('the bottom line names the keys that work, how to quit first of all', async (t) => {
  const {store} = await filled();
  t.is(unstyled(paintBottomLine(store, 'help', 80)[0]!).trim(), 'Esc back  ↑↓ scroll  q quit');
  t.is(unstyled(paintBottomLine(store, 'tiles', 16)[0]!), ' ? help  q quit ');
  t.regex(unstyled(paintBottomLine(store, 'tiles', 80)[0]!), /1-9 view .*Tab pane .*x on\/off .*\+ - = warn/);
  const {store: replay} = await filled({replay: true});
  t.regex(unstyled(paintBottomLine(replay, 'events', 120)[0]!), /Space play\/pause.*, \. step.*< > speed/);
  t.notRegex(unstyled(paintBottomLine(replay, 'events', 120)[0]!), /on\/off/);
  store.show('processes');
  t.notRegex(unstyled(paintBottomLine(store, 'list', 200)[0]!), /on\/off|warn/, 'no probe is selected there');
});
