import {type HookField, isBuffer, type Shape, widthOf} from './field.ts';

/** Fields of one tracepoint that are read. */
const FIELDS_MAX = 128;
const LINE =
  /^\s*field:(?<type>[^;]*?[\s*])(?<name>[A-Za-z_][A-Za-z0-9_]*)(?<array>\[[^\]]*\])?;\s*offset:\d+;\s*size:(?<size>\d+);\s*signed:(?<signed>[01]);/;

/** The fields of a tracepoint from its `format` file, without those that all have. */
export function readTracepointFormat(text: string): HookField[] {
  const fields: HookField[] = [];
  for (const line of text.split('\n')) {
    const groups = LINE.exec(line)?.groups;
    if (!groups || groups.name!.startsWith('common_')) continue;
    if (fields.length < FIELDS_MAX) fields.push(fieldOf(groups as unknown as Groups));
  }
  return fields.map((field, i) => withoutBuffer(field, fields[i + 1]?.name));
}

interface Groups {
  type: string;
  name: string;
  array?: string;
  size: string;
  signed: string;
}

function fieldOf({type, name, array, size, signed}: Groups): HookField {
  const written = `${type.trim()}${array ?? ''}`;
  const bytes = Number(size);
  const place = {bits: bitsOf(bytes), signed: signed === '1'};
  const shape = shapeOf(type.trim(), name, array, bytes);
  if (shape !== 'int') return {name, type: written, shape, ...place, narrow: false};
  // System calls' fields are registers, whatever the type that the call has for them.
  const own = bytes === 8 ? widthOf(type) : undefined;
  return {name, type: written, shape, ...(own ?? place), narrow: own !== undefined && own.bits < 64};
}

function bitsOf(bytes: number): HookField['bits'] {
  return bytes === 1 ? 8 : bytes === 2 ? 16 : bytes === 4 ? 32 : 64;
}

function shapeOf(type: string, name: string, array: string | undefined, bytes: number): Shape {
  if (type.startsWith('__data_loc')) return type === '__data_loc char[]' ? 'text' : 'other';
  if (type.startsWith('__rel_loc')) return 'other';
  if (array !== undefined) return arrayShape(type, name, bytes);
  if (/\*(?: ?const)?$/.test(type)) return /^(?:const )?char \*$/.test(type) ? 'text' : 'address';
  if (/^(?:struct|union)\b/.test(type)) return 'other';
  return [1, 2, 4, 8].includes(bytes) ? 'int' : 'other';
}

function arrayShape(type: string, name: string, bytes: number): Shape {
  if (type === 'char') return bytes > 0 ? 'chars' : 'other';
  if (!/^(?:__)?u(?:int)?8(?:_t)?$/.test(type) || !/addr/.test(name)) return 'other';
  return bytes === 4 ? 'ip4' : bytes === 16 ? 'ip6' : 'other';
}

function withoutBuffer(field: HookField, next: string | undefined): HookField {
  const pointer = field.shape === 'text' && field.type.endsWith('*');
  return pointer && isBuffer(field.name, next) ? {...field, shape: 'address'} : field;
}
