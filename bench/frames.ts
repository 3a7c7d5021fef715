/**
 * What a frame costs on a huge machine: the screen's own model, views and writer over synthetic frames, painted into
 * nothing, in every view. usage: frames.mjs FRAMES; prints JSON. Needs --expose-gc.
 */
import {EventEmitter} from 'node:events';
import {PassThrough} from 'node:stream';
import {setImmediate as macrotask} from 'node:timers/promises';
import type {ReadStream} from 'node:tty';
import {Model} from '../src/model/model.ts';
import {Screen} from '../src/tui/screen/screen.ts';
import {Keeper} from '../src/tui/session/keeper.ts';
import {openTerminal} from '../src/tui/session/terminal.tsx';
import {Store} from '../src/tui/state/store.ts';
import {chooseTheme} from '../src/tui/theme.ts';
import {SyntheticSource} from '../test/tui/synthetic-source.ts';

const VIEWS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
/** Frames that a view is shown for. */
const STAY = 50;
/** The buffer of events is full by then, and all code is compiled. */
const WARM_UP = 1000;
const HUGE = {cpus: 512, processes: 10_000, cgroups: 1000, rate: 100, instant: true};

/** A terminal that only counts. */
class Sink extends EventEmitter {
  columns = 200;
  rows = 60;
  bytes = 0;
  clears = 0;

  write(text: string, done?: () => void): boolean {
    this.bytes += text.length;
    this.clears += text.split('\x1b[2J').length - 1;
    done?.();
    return true;
  }
}

const wanted = Number(process.argv[2] ?? 10_000);
const sink = new Sink();
const stdin = Object.assign(new PassThrough(), {
  isTTY: true,
  isRaw: false,
  setRawMode: () => stdin,
  ref: () => stdin,
  unref: () => stdin,
});
const source = new SyntheticSource({...HUGE, samples: WARM_UP + wanted});
const model = new Model();
const screen = new Screen(sink);
const store = new Store(source, model.state, chooseTheme({name: 'dark', noColor: false, env: {}}));
store.onChange = () => screen.invalidate();
let failure: unknown;
const fail = (error: unknown) => (failure ??= error);
screen.onError = fail;
const input = stdin as unknown as ReadStream;
const terminal = openTerminal(
  input,
  screen,
  store,
  new Keeper(store),
  (reason) => 'error' in reason && fail(reason.error),
);

const times = {model: [] as number[], paint: [] as number[]};
const heap: number[] = [];
let frames = 0;
let clears = 0;
for await (const frame of source.frames()) {
  if (failure) throw failure;
  const began = performance.now();
  store.update(model.apply(frame));
  const applied = performance.now();
  screen.flush();
  const painted = performance.now();
  frames++;
  if (frames === WARM_UP) clears = sink.clears;
  if (frames > WARM_UP) {
    times.model.push(applied - began);
    times.paint.push(painted - applied);
  }
  // Each view for as long; the key's own frame is Ink's and not one of data.
  if (frames % STAY === 0) {
    const view = (frames / STAY) % VIEWS.length;
    // Once all were shown, and the first one is again.
    if (view === 0 && frames >= WARM_UP) {
      globalThis.gc?.();
      heap.push(process.memoryUsage().heapUsed);
    }
    stdin.write(VIEWS[view]);
    for (let i = 0; i < 10; i++) await macrotask();
    screen.flush();
  }
  await macrotask();
}
clears = sink.clears - clears;
terminal.close();
console.log(JSON.stringify({times, heap, clears, bytes: sink.bytes / frames}));
process.exit(0);
