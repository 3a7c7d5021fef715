import test from 'ava';
import fc from 'fast-check';
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
import type {KernelEvent} from '../../src/types/stream.ts';
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

test('addresses are shown with their ports, IPv6 in brackets', (t) => {
  const event = {type: 'TCP_RETRANSMIT', saddr: '::1', sport: 1, daddr: '10.0.0.2', dport: 2, state: 'SYN_SENT'};
  t.deepEqual(eventFields(event as unknown as KernelEvent)[0], ['', '[::1]:1 → 10.0.0.2:2']);
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

test('before the first frame there is something to read', async (t) => {
  const {store} = await filled({}, -1);
  t.regex(unstyled(paintStatusLine(store, 60)[0]!), /waiting for the first sample/);
  t.regex(unstyled(paintHeatmap(store, 80, 6)[1]!), /no scheduling sample yet/);
  t.regex(unstyled(paintEvents(store, 80, 6)[2]!), /no events/);
  t.deepEqual(paintTiles(store, layoutFor(80, 24, 0, 1), 80, 5), []);
});

test('the bottom line names the keys that work, how to quit first of all', async (t) => {
  const {store} = await filled();
  t.is(unstyled(paintBottomLine(store, 'help', 80)[0]!).trim(), 'Esc back  ↑↓ scroll  q quit');
  t.is(unstyled(paintBottomLine(store, 'tiles', 16)[0]!), ' ? help  q quit ');
  t.regex(unstyled(paintBottomLine(store, 'tiles', 80)[0]!), /x on\/off .*\+ - = threshold/);
  const {store: replay} = await filled({replay: true});
  t.regex(unstyled(paintBottomLine(replay, 'events', 120)[0]!), /Space play\/pause.*, \. step.*< > speed/);
  t.notRegex(unstyled(paintBottomLine(replay, 'events', 120)[0]!), /on\/off/);
});
