import {Model} from '../../src/model/model.ts';
import {Store} from '../../src/tui/state/store.ts';
import {makeTheme} from '../../src/tui/theme.ts';
import {type SyntheticOptions, SyntheticSource} from './synthetic-source.ts';

/** A store that has taken in a synthetic source's frames. */
export interface Filled {
  store: Store;
  source: SyntheticSource;
  /** Takes in some more frames. */
  more(frames: number): Promise<void>;
}

export async function filled(options: SyntheticOptions = {}, frames = 3): Promise<Filled> {
  const source = new SyntheticSource({intervalMs: 1, ...options});
  const model = new Model();
  const store = new Store(source, model.state, makeTheme('mono'));
  const iterator = source.frames()[Symbol.asyncIterator]();
  const more = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const {value, done} = await iterator.next();
      if (done) return;
      store.update(model.apply(value));
    }
  };
  await more(frames + 1);
  return {store, source, more};
}

/** A painted line without its styles. */
export function unstyled(line: string): string {
  return line.replace(/\x1b\[[0-9;]*m/g, '');
}
