import test from 'ava';
import {paintPane} from '../../src/tui/panes/paint.ts';
import {pointed} from '../../src/tui/state/mouse.ts';
import {planFor} from '../../src/tui/state/plan.ts';
import type {Store} from '../../src/tui/state/store.ts';
import {Pty} from './pty.ts';
import {filled} from './state.ts';

const WHEEL_UP = 64;
const WHEEL_DOWN = 65;

/** Lays a view out and paints it, as the screen does. */
function laidOut(store: Store, columns = 120, rows = 40): Store {
  store.use(planFor(store.viewNow, store.focus, store.shape, columns, rows));
  for (const {pane, width, height} of store.plan!.placed) paintPane(store, pane, width, height);
  return store;
}

const click = (store: Store, x: number, y: number, button = 0) => pointed(store, {button, x, y, pressed: true});

test('a click selects a tile, an event or a row; the wheel scrolls what it is over', async (t) => {
  const {store} = await filled({rate: 40_000, processes: 300, cpus: 64}, 4);
  laidOut(store);
  const at = (id: string) => store.plan!.placed.find(({pane}) => pane.id === id)!;
  const tiles = at('tiles');
  click(store, 119, tiles.y);
  t.is(store.selected, 'memory');
  click(store, 30, tiles.y + tiles.height - 1);
  t.is(store.selected, 'syscall');
  const events = at('events');
  const {top} = store.scroll;
  click(store, 5, events.y + 4);
  t.is(store.focus, 'events');
  t.is(store.scroll.cursor, top + 2);
  click(store, 5, events.y);
  t.is(store.scroll.cursor, top + 2, 'the border selects nothing');
  click(store, 5, events.y + 4, WHEEL_UP);
  t.is(store.scroll.cursor, top - 1);
  click(store, 5, at('heatmap').y, WHEEL_DOWN);
  t.deepEqual([store.focus, store.heatTop], ['heatmap', 3]);
  pointed(store, {button: 0, x: 5, y: tiles.y, pressed: false});
  t.is(store.focus, 'heatmap', 'a release does nothing');
  click(store, 5, tiles.y, 2);
  click(store, 5, 0);
  click(store, -1, 1e9);
  t.is(store.focus, 'heatmap');
});

test('a click on a tab shows its view; a click on a row of a list selects it', async (t) => {
  const {store} = await filled({processes: 300}, 4);
  laidOut(store);
  click(store, 60, 2);
  t.is(store.view, 'processes');
  laidOut(store);
  const {pane, y} = store.plan!.placed[0]!;
  if (pane.kind !== 'list') throw new Error('no list');
  click(store, 10, y + 2 + 7);
  t.is(store.list(pane).cursor, 7);
  click(store, 10, y + 2, WHEEL_DOWN);
  t.is(store.list(pane).cursor, 10);
  store.open('help');
  click(store, 10, y + 2);
  t.is(store.list(pane).cursor, 10, 'a dialog takes it');
  click(store, 10, y + 2, WHEEL_DOWN);
  t.is(store.helpTop, 3);
});

test.serial('the terminal reports the mouse while the screen is there, unless told not to', async (t) => {
  for (const mouse of [true, false]) {
    const pty = new Pty({columns: 120, rows: 40, options: {mouse}});
    try {
      await pty.shows('LIVE');
      t.is(pty.raw.includes('\x1b[?1000h\x1b[?1006h'), mouse);
      pty.send('\x1b[<0;60;3M');
      await pty.shows('▶ Processes');
      pty.send('q');
      await pty.end();
      t.true(pty.raw.lastIndexOf('\x1b[?1000l') > pty.raw.lastIndexOf('\x1b[?1000h'));
    } finally {
      pty.kill();
    }
  }
});
