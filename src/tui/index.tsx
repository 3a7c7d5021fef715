import {setTimeout as delay} from 'node:timers/promises';
import type {ReadStream, WriteStream} from 'node:tty';
import type {Frame, Source} from '../types/frame.ts';
import type {State} from '../types/state.ts';
import type {Stamp, Summary} from '../types/stream.ts';
import type {TraceDesk} from '../types/trace.ts';
import {stampNow} from '../util/stamp.ts';
import {Screen} from './screen/screen.ts';
import {asError, type ExitReason, watchExits} from './session/exit.ts';
import {Keeper} from './session/keeper.ts';
import {pump} from './session/pump.ts';
import {redirectConsole} from './session/redirect.ts';
import {openTerminal} from './session/terminal.tsx';
import {Store} from './state/store.ts';
import {TraceBoard} from './state/traces.ts';
import {chooseTheme} from './theme.ts';

export type {ExitReason};

/** A source that can't drain must not hold the terminal for longer. */
const DRAIN_MS = 5000;

export interface TuiOptions {
  /** Delivers frames; its controls (live) or playback (recording) serve the keys. */
  source: Source;
  /** Turns frames into what is shown. */
  model: {readonly state: State; apply(frame: Frame): State; finish(stamp: Stamp): Summary};
  /** The keys' terminal; for a recording read from stdin, the opened /dev/tty. */
  stdin: ReadStream;
  /** The terminal to draw on. */
  stdout: WriteStream;
  /** A theme's name, or `auto`: by the terminal, as when absent. */
  theme?: string;
  /** Clicks and the wheel; the terminal's own selection then needs Shift. */
  mouse?: boolean;
  /** No colours, whatever the theme. NO_COLOR and TERM=dumb say the same. */
  noColor?: boolean;
  /** Where the keys for snapshots and recordings put their files; the working directory when absent. */
  exportDir?: string;
  /** Opens what starts ad-hoc traces; absent in a replay. */
  traces?: () => Promise<TraceDesk>;
  /** Called with each frame after the model took it. */
  onFrame?: (frame: Frame) => void;
}

/**
 * Shows the screen until the user leaves, the source fails or (live) ends. A recording that has ended stays on screen.
 * The source is then stopped and drained, and the terminal is as it was before; a second request leaves at once.
 */
export async function runTui(options: TuiOptions): Promise<ExitReason> {
  const {source, model, stdin, stdout} = options;
  const theme = chooseTheme({name: options.theme, noColor: options.noColor, env: process.env});
  const screen = new Screen(stdout, options.mouse ?? true);
  const traces = new TraceBoard(options.traces);
  const store = new Store(source, model.state, theme, traces);
  store.summarise = () => model.finish({time: model.state.now ?? '', mono_ns: String(model.state.nowNs ?? 0n)});
  const keeper = new Keeper(store, options.exportDir);
  traces.onEnd = (result) => {
    // What was traced belongs to snapshots and recordings as what was measured does.
    const frame: Frame = {events: [], probes: [], errors: [], traces: [{kind: 'trace', ...stampNow(), ...result}]};
    model.apply(frame);
    keeper.frame(frame);
  };
  store.onChange = () => screen.invalidate();
  const giveConsoleBack = redirectConsole();

  const left = Promise.withResolvers<ExitReason>();
  const forced = Promise.withResolvers<void>();
  let reason: ExitReason | undefined;
  const leave = (why: ExitReason): void => {
    if (reason && why.kind !== 'error') forced.resolve();
    reason ??= why;
    left.resolve(reason);
  };
  screen.onError = (error) => leave({kind: 'error', error: asError(error)});
  const terminal = openTerminal(stdin, screen, store, keeper, leave);
  const unwatch = watchExits({leave, suspend: terminal.suspend, resumed: terminal.resumed}, stdin, stdout);
  const drained = pump(options, store, screen, keeper).then(
    () => {
      store.ended = true;
      screen.invalidate();
      if (!source.playback && !reason) leave({kind: 'end'});
    },
    (error: unknown) => leave({kind: 'error', error: asError(error)}),
  );
  try {
    const why = await left.promise;
    store.stopping = true;
    screen.invalidate();
    // A view that threw, or a terminal that is gone, can show nothing more.
    if (why.kind === 'error' || why.kind === 'closed') terminal.close();
    source.stop();
    await Promise.race([
      Promise.all([drained, traces.close()]),
      forced.promise,
      delay(DRAIN_MS, undefined, {ref: false}),
    ]);
    // After an error the model may have no summary to make: the recording stays as far as it was written.
    const closed = why.kind === 'error' ? undefined : keeper.close();
    await Promise.race([closed, forced.promise, delay(DRAIN_MS, undefined, {ref: false})]);
    return why;
  } finally {
    terminal.close();
    unwatch();
    // A terminal that has gone says so once more, for what was written last.
    for (const stream of [stdin, stdout]) stream.on('error', () => {});
    giveConsoleBack();
  }
}
