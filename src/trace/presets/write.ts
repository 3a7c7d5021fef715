import type {TraceEventKind, TraceField} from '../../types/trace.ts';
import {HITS} from '../script/assemble.ts';
import {type Code, code, joined, mapName, printfFormat} from '../script/code.ts';
import type {PresetBlock, Writing} from './preset.ts';

/** A field of an event with the value that is printed for it. */
export interface Told extends TraceField {
  conversion?: '%s' | '%d' | '%u' | '%lld' | '%llu' | '%llx' | '%s/%s/%s/%s';
  /** One a conversion. */
  values: readonly Code[];
}

/** Whose an event is, where that isn't who runs when it's printed. */
export interface Whose {
  pid: Code;
  tid: Code;
  uid: Code;
  comm: Code;
}

const CURRENT: Whose = {pid: code`pid`, tid: code`tid`, uid: code`uid`, comm: code`comm`};

/** The statement that prints an event. */
export function print(writing: Writing, kind: TraceEventKind, told: readonly Told[], whose: Whose = CURRENT): Code {
  const words = [kind.tag, '%llu', '%d', '%d', '%u', '%d', '%s', ...told.map(conversionOf)];
  const head = [code`nsecs`, whose.pid, whose.tid, whose.uid, code`cpu`, whose.comm];
  const parts = joined([...head, ...told.flatMap(({values}) => values)], ', ');
  return code`${mapName(HITS)} = count(); printf(${printfFormat(writing.separator, words)}, ${parts});`;
}

function conversionOf({conversion, kind}: Told): string {
  return conversion ?? (kind === 'string' ? '%s' : '%d');
}

/** How an event with these fields is read. `format`: one conversion a field, in their order. */
export function kindOf(tag: string, name: string, told: readonly Told[], format: string): TraceEventKind {
  const fields = told.map(({name: field, kind, show}) => ({name: field, kind, ...(show && {show})}));
  return {tag, function: name, fields, format};
}

/** A number of an event. */
export function number(name: string, value: Code, show?: (printed: string) => string): Told {
  return {name, kind: 'number', conversion: '%lld', values: [value], ...(show && {show})};
}

/** A text of an event. */
export function text(name: string, value: Code, show?: (printed: string) => string): Told {
  return {name, kind: 'string', values: [value], ...(show && {show})};
}

/** Programs at the entries of those system calls that this kernel has. */
export function enters(
  writing: Writing,
  calls: readonly string[],
  make: (call: string) => Omit<PresetBlock, 'type' | 'target'>,
): PresetBlock[] {
  return atCalls(writing, 'sys_enter', calls, make);
}

/** Programs at the ends of those system calls that this kernel has. */
export function exits(
  writing: Writing,
  calls: readonly string[],
  make: (call: string) => Omit<PresetBlock, 'type' | 'target'>,
): PresetBlock[] {
  return atCalls(writing, 'sys_exit', calls, make);
}

function atCalls(
  writing: Writing,
  where: string,
  calls: readonly string[],
  make: (call: string) => Omit<PresetBlock, 'type' | 'target'>,
): PresetBlock[] {
  return calls
    .filter((call) => writing.has('tracepoint', `syscalls:${where}_${call}`))
    .map((call) => ({type: 'tracepoint', target: `syscalls:${where}_${call}`, ...make(call)}));
}
