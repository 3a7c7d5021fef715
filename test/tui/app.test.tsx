import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {render} from 'ink-testing-library';
import {App} from '../../src/tui/app.tsx';
import type {Hands} from '../../src/tui/state/actions.ts';
import {type Filled, filled, unstyled} from './state.ts';
import type {SyntheticOptions} from './synthetic-source.ts';

/** The app in Ink's test renderer (100 columns, as many rows as stdout claims). */
async function shown(options: SyntheticOptions = {}) {
  const made: Filled = await filled(options);
  const asked: string[] = [];
  const hands: Hands = {
    quit: () => asked.push('quit'),
    suspend: () => asked.push('suspend'),
    redraw: () => asked.push('redraw'),
    export: () => asked.push('export'),
    record: () => asked.push('record'),
  };
  const app = <App store={made.store} hands={hands} />;
  const ink = render(app);
  await delay(20);
  /** Presses keys and waits until `done`; without it, until the frame after them. */
  const press = async (keys: string, done: (frame: string) => boolean = () => true): Promise<string> => {
    ink.stdin.write(keys);
    for (let tries = 0; tries < 200; tries++) {
      await delay(25);
      ink.rerender(<App store={made.store} hands={hands} />);
      if (done(unstyled(ink.lastFrame() ?? ''))) break;
    }
    return unstyled(ink.lastFrame() ?? '');
  };
  return {...made, asked, press, frame: unstyled(ink.lastFrame() ?? ''), unmount: ink.unmount};
}

test('without a Screen the panes are there as text', async (t) => {
  const {frame, unmount} = await shown();
  for (const part of ['kstop synthetic', 'Scheduler', 'Run-queue wait by CPU', 'DETAILS', 'q quit']) {
    t.true(frame.includes(part), frame);
  }
  unmount();
});

test('keys reach the store and the source', async (t) => {
  const {press, store, source, asked, unmount} = await shown();
  await press('\t');
  t.is(store.focus, 'heatmap');
  await press('\x1b[Z\x1b[Z');
  t.is(store.focus, 'events');
  await press('kk');
  t.is(store.scroll.cursor, store.range.last - 2);
  t.regex(await press('++'), /sched warns from 5ms/);
  t.deepEqual(source.calls, ['threshold sched 2000', 'threshold sched 5000']);
  store.select(1);
  await press('x');
  t.is(source.calls.at(-1), 'toggle block');
  store.select(-1);
  await press(' ');
  t.true(store.paused);
  await press('q');
  t.deepEqual(asked, ['quit']);
  unmount();
});

test('the help screen lists every command and goes away', async (t) => {
  const {press, store, unmount} = await shown();
  const help = await press('?');
  t.regex(help, /Keys.*j k|Keys/);
  t.true(help.includes('freeze the view; collecting goes on'));
  await press('j');
  t.is(store.selected, 'sched');
  t.is(store.dialog, 'help');
  t.false((await press('\x1b', (f) => !f.includes('freeze'))).includes('freeze'));
  unmount();
});

test('the threshold dialog takes keys typed at once and pastes, refuses nonsense, and Esc leaves it', async (t) => {
  const {press, source, unmount} = await shown();
  t.regex(await press('=5x'), /> 5x/);
  t.regex(await press('\r'), /not understood/);
  await press('\x7f\x7f');
  await press('\x1b[200~7ms\x1b[201~');
  await press('\r');
  t.deepEqual(source.calls, ['threshold sched 7000']);
  await press('=9');
  t.notRegex(await press('\x1b', (f) => !f.includes('Warning')), /Warning threshold/);
  t.is(source.calls.length, 1);
  unmount();
});

test('x lists the probes of a tile that has several, and switches the selected one', async (t) => {
  const {press, store, source, more, unmount} = await shown();
  store.select('first');
  while (store.selected !== 'memory') store.select(1);
  t.true(store.probes.length > 1);
  const list = await press('x');
  t.regex(list, /Probes of memory/);
  t.regex(list, /▶ oom +attached +tp_btf/);
  t.deepEqual(source.calls, []);
  await press('jkj');
  t.is(store.probeAt, 1);
  await press('\r');
  t.is(source.calls.at(-1), `toggle ${store.probes[1]!.id}`);
  await more(2);
  t.regex(await press('', (f) => /▶ \S+ +off/.test(f)), new RegExp(`▶ ${store.probes[1]!.id} +off`));
  await press('G');
  t.is(store.probeAt, store.probes.length - 1);
  await press('x');
  t.is(source.calls.at(-1), `toggle ${store.probes.at(-1)!.id}`);
  t.notRegex(await press('\x1b', (f) => !f.includes('Probes of')), /Probes of/);
  t.is(store.focus, 'tiles');
  unmount();
});

test('what a source refuses is shown', async (t) => {
  const {press, source, unmount} = await shown();
  source.controls!.threshold = () => 'the kernel said no';
  t.regex(await press('+'), /the kernel said no/);
  unmount();
});

test('a replay says which keys need the live kernel', async (t) => {
  const {press, source, unmount} = await shown({replay: true});
  t.regex(await press('x'), /unavailable in a replay/);
  t.regex(await press('='), /unavailable in a replay/);
  await press(' .');
  t.deepEqual(source.calls, ['playPause', 'step 1']);
  unmount();
});
