import {setImmediate as macrotask} from 'node:timers/promises';
import type {Frame} from '../../types/frame.ts';
import type {TuiOptions} from '../index.tsx';
import type {Screen} from '../screen/screen.ts';
import type {Store} from '../state/store.ts';
import type {Keeper} from './keeper.ts';

/** A fast recording must not keep keys and painting waiting for longer than this. */
const SLICE_MS = 20;

/**
 * Takes frames from the source to the model, and to a recording that runs, until the source ends; the screen repaints
 * for what changes it.
 */
export async function pump(
  {source, model, onFrame}: TuiOptions,
  store: Store,
  screen: Screen,
  keeper: Keeper,
): Promise<void> {
  let since = performance.now();
  for await (const frame of source.frames()) {
    const state = model.apply(frame);
    onFrame?.(frame);
    store.update(state);
    const slow = keeper.frame(frame);
    if (slow) await slow;
    // Where a recording is read again to go back, only what it comes to is shown; an empty frame says that it has.
    const playback = source.playback?.state();
    if (shows(frame) && !playback?.rereading) screen.tick(frame.events.some(({type}) => type === 'OOM_KILL'));
    else if (playback && !playback.rereading) screen.invalidate();
    if (performance.now() - since < SLICE_MS) continue;
    await macrotask();
    since = performance.now();
  }
}

function shows(frame: Frame): boolean {
  const {header, sample, events, probes, errors, summary} = frame;
  return Boolean(header || sample || summary) || events.length + probes.length + errors.length > 0;
}
