import {PROBES} from '../../probes/catalog.ts';
import {PRESETS} from '../../trace/presets/catalog.ts';
import {COMMANDS, type Command, FLAGS, type Flag, flagIn} from '../flags.ts';

/** What stands after a flag: nothing, a file, a folder, one of some words, some of them with commas, or free text. */
export type Value = {kind: 'none' | 'file' | 'folder' | 'free'} | {kind: 'one' | 'list'; words: readonly string[]};

export function valueAfter(flag: Flag): Value {
  if (flag.choices) return {kind: 'one', words: flag.choices};
  if (flag.name === 'preset') return {kind: 'one', words: PRESETS.map(({name}) => name)};
  switch (flag.value) {
    case undefined:
      return {kind: 'none'};
    case 'FILE':
      return {kind: 'file'};
    case 'DIR':
      return {kind: 'folder'};
    case 'LIST': {
      const ids = PROBES.map(({id}) => id);
      return {kind: 'list', words: ['all', 'default', ...ids, ...ids.map((id) => `-${id}`)]};
    }
    default:
      return {kind: 'free'};
  }
}

export const NAMED = (Object.keys(COMMANDS) as Command[]).filter((name) => name !== 'live');

export const flagsOf = (command: Command): Flag[] =>
  FLAGS.filter((flag) => flag.commands.includes(command)).map((flag) => flagIn(flag, command));

/** A flag's spellings: `--pid`, `-p`. */
export const spellings = ({name, short}: Flag): string[] => [`--${name}`, ...(short ? [`-${short}`] : [])];

/** Flags with the same kind of value, each group once. */
export function byValue(kinds: readonly Value['kind'][]): {value: Value; flags: Flag[]}[] {
  const groups = new Map<string, {value: Value; flags: Flag[]}>();
  for (const flag of FLAGS) {
    const value = valueAfter(flag);
    if (!kinds.includes(value.kind)) continue;
    const key = JSON.stringify(value);
    const group = groups.get(key) ?? {value, flags: []};
    group.flags.push(flag);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** What a command takes as its argument. */
export function argumentOf(command: Command): Value {
  const {argument} = COMMANDS[command];
  if (argument === undefined) return {kind: 'none'};
  return argument === 'FILE' ? {kind: 'file'} : {kind: 'one', words: argument};
}
