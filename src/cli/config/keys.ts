import {FLAGS, type Flag} from '../flags.ts';

/** A key of a config file: the flag that it sets. */
export interface Key {
  name: string;
  flag: Flag;
  /** `histogram = false` is --no-histogram. */
  inverted: boolean;
}

function keysOf(flag: Flag): Key[] {
  if (flag.config === false) return [];
  const own = {name: flag.name, flag, inverted: false};
  const plain = flag.name.replace(/^no-/, '');
  return plain === flag.name || flag.value ? [own] : [{name: plain, flag, inverted: true}, own];
}

/** Every key: each long flag's name, and for a `--no-NAME` switch NAME too. */
export const KEYS: readonly Key[] = FLAGS.flatMap(keysOf);
