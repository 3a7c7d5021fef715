import type {TraceMap, TraceSpec} from '../../types/trace.ts';
import type {Hook} from '../hooks/hooks.ts';
import {attachPoint, type Block, type Code, code, joined, mapName, scriptText} from './code.ts';
import {compareText} from './predicate.ts';

/** The map that counts what passed the kernel's filter: what isn't printed of it was lost. */
export const HITS = '@hits';
/** Rows of a map that are printed while a trace runs; at its end bpftrace prints all. */
const LIVE_ROWS = 100;

export interface HookBlock {
  hook: Hook;
  when?: Code;
  does: Code;
}

export interface ScriptParts {
  spec: Pick<TraceSpec, 'duration_s' | 'pid' | 'process_name'>;
  maps: readonly TraceMap[];
  self?: number;
}

/**
 * The whole script: a block for each hook, what is printed each second, and the end. Without a PID bpftrace's own doings are left out
 * (it would trace how it prints what it traced), by the number that it has at BEGIN.
 */
export function assemble(hooks: readonly HookBlock[], {spec, maps, self}: ScriptParts): string {
  const everyone = spec.pid === undefined;
  const blocks: Block[] = hooks.map(({hook, when, does}) => ({
    at: attachPoint(hook.type, hook.target),
    when: joined([...whose(spec, self), ...(when ? [when] : [])], ' && '),
    does: [code`${mapName(HITS)} = count()`, does],
  }));
  return scriptText([
    ...(everyone ? [{at: code`BEGIN`, does: [code`@self = pid`]}] : []),
    ...blocks,
    {at: code`interval:s:1`, does: [code`print(${mapName(HITS)})`, ...maps.map(printed)]},
    {at: code`interval:s:${spec.duration_s}`, does: [code`exit()`]},
    ...(everyone ? [{at: code`END`, does: [code`clear(@self)`]}] : []),
  ]);
}

function whose({pid, process_name}: ScriptParts['spec'], self: number | undefined): Code[] {
  return [
    ...(pid === undefined ? [code`pid != @self`] : [code`pid == ${pid}`]),
    ...(pid === undefined && self !== undefined ? [code`pid != ${self}`] : []),
    ...(process_name === undefined ? [] : [compareText(code`comm`, process_name, false, true)]),
  ];
}

function printed({name, keys}: TraceMap): Code {
  return keys.length === 0 ? code`print(${mapName(name)})` : code`print(${mapName(name)}, ${LIVE_ROWS})`;
}
