import type {PresetParameters, TraceMap} from '../../types/trace.ts';
import {HITS} from '../script/assemble.ts';
import {attachPoint, type Code, code, joined, mapName} from '../script/code.ts';
import {compareText} from '../script/predicate.ts';
import type {Parts, PresetBlock} from './preset.ts';

/** Rows of a table that are printed while a trace runs; at its end bpftrace prints all. */
const LIVE_ROWS = 100;

export interface AssembleOptions {
  parameters: PresetParameters;
  duration_s: number;
  /** Kstop's own number. */
  self?: number;
}

/**
 * A preset's script. Without a PID bpftrace's and kstop's own doings are left out. Its tables are printed each second, so that they
 * are seen while it runs.
 */
export function assemblePreset(
  {blocks, events = [], maps = [], scratch = []}: Parts,
  options: AssembleOptions,
): string {
  const everyone = options.parameters.pid === undefined;
  const cleared = [...scratch.map(mapName), ...(everyone ? [mapName('@self')] : [])];
  const counted = events.length > 0 ? [mapName(HITS)] : [];
  const texts = [
    ...(everyone ? [blockText(code`BEGIN`, undefined, [code`@self = pid;`])] : []),
    ...blocks.map((block) => hookText(block, options)),
    blockText(code`interval:s:1`, undefined, [...counted.map((map) => code`print(${map});`), ...maps.map(printed)]),
    blockText(code`interval:s:${options.duration_s}`, undefined, [code`exit();`]),
    ...(cleared.length > 0
      ? [
          blockText(
            code`END`,
            undefined,
            cleared.map((map) => code`clear(${map});`),
          ),
        ]
      : []),
  ];
  return texts.join('');
}

function hookText({type, target, when, anyone, does}: PresetBlock, options: AssembleOptions): string {
  const conditions = [...(anyone ? [] : whose(options)), ...(when ? [when] : [])];
  return blockText(attachPoint(type, target), conditions.length > 0 ? joined(conditions, ' && ') : undefined, does);
}

function blockText(at: Code, when: Code | undefined, does: readonly Code[]): string {
  const condition = when ? ` /${when.text}/` : '';
  return `${at.text}${condition} {\n${does.map((each) => `  ${each.text}\n`).join('')}}\n`;
}

function whose({parameters: {pid, process_name}, self}: AssembleOptions): Code[] {
  return [
    ...(pid === undefined ? [code`pid != @self`] : [code`pid == ${pid}`]),
    ...(pid === undefined && self !== undefined ? [code`pid != ${self}`] : []),
    ...(process_name === undefined ? [] : [compareText(code`comm`, process_name, false, true)]),
  ];
}

function printed({name, keys}: TraceMap): Code {
  return keys.length === 0 ? code`print(${mapName(name)});` : code`print(${mapName(name)}, ${LIVE_ROWS});`;
}
