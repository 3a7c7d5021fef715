import {type HookField, isBuffer} from './field.ts';

/** Kinds of types, as the kernel's BTF numbers them. */
const INT = 1;
const PTR = 2;
const ENUM = 6;
const TYPEDEF = 8;
const VOLATILE = 9;
const CONST = 10;
const RESTRICT = 11;
const FUNC = 12;
const FUNC_PROTO = 13;
const TYPE_TAG = 18;
const ENUM64 = 19;
/** Bytes that follow a type's own 12: fixed, and for each of its members. */
const EXTRA: Record<number, [fixed: number, each: number]> = {
  1: [4, 0],
  3: [12, 0],
  4: [0, 12],
  5: [0, 12],
  6: [0, 8],
  13: [0, 8],
  14: [4, 0],
  15: [0, 12],
  17: [4, 0],
  19: [0, 12],
};
const NAMED = [
  '',
  'int',
  '*',
  '[]',
  'struct',
  'union',
  'enum',
  'struct',
  '',
  '',
  '',
  '',
  '',
  '',
  '',
  '',
  'float',
  '',
  '',
  'enum',
];
const MAGIC = 0xeb9f;
/** Types to pass on the way to one that isn't an alias. */
const ALIASES_MAX = 32;
/** Arguments that functions get in registers. */
export const REGISTERS = 6;

/** A function's parameters and result. */
export interface Signature {
  parameters: HookField[];
  /** None for void. */
  result?: HookField;
}

/** Reads functions' signatures from a BTF blob. Whatever is wrong with it: no signature. */
export class Btf {
  private readonly view: DataView;
  /** Where each type stands; filled at the first question. */
  private offsets: Uint32Array | undefined;
  private readonly types: {begin: number; end: number};
  private readonly strings: {begin: number; end: number};

  constructor(private readonly blob: Buffer) {
    this.view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
    if (blob.length < 24 || this.view.getUint16(0, true) !== MAGIC) throw new RangeError('no BTF');
    const header = this.view.getUint32(4, true);
    this.types = this.section(header, 8);
    this.strings = this.section(header, 16);
  }

  private section(header: number, at: number): {begin: number; end: number} {
    const begin = header + this.view.getUint32(at, true);
    const end = begin + this.view.getUint32(at + 4, true);
    if (end > this.blob.length) throw new RangeError('the BTF is cut off');
    return {begin, end};
  }

  /** The signature of a function; undefined where the BTF has none by that name. */
  signature(name: string): Signature | undefined {
    const prototype = this.prototype(name);
    if (prototype === undefined) return undefined;
    const info = this.view.getUint32(prototype + 4, true);
    const count = Math.min(info & 0xffff, 32);
    const names = Array.from({length: count}, (_, i) => this.text(this.view.getUint32(prototype + 12 + i * 8, true)));
    const parameters = names.map((each, i) => {
      const type = this.view.getUint32(prototype + 12 + i * 8 + 4, true);
      return this.field(each || `arg${i}`, type, names[i + 1], i);
    });
    // What is wider than a register takes more than one, so the numbers after it are anybody's guess.
    const wide = parameters.findIndex((each) => each.shape === 'other');
    const known =
      wide < 0 ? parameters : parameters.map((each, i) => (i >= wide ? {...each, shape: 'other' as const} : each));
    const result = this.view.getUint32(prototype + 8, true);
    return {parameters: known, ...(result === 0 ? {} : {result: this.field('retval', result, undefined, undefined)})};
  }

  private field(name: string, type: number, next: string | undefined, position: number | undefined): HookField {
    const {at, kind, names} = this.resolve(type);
    const base = {name, type: names.join(' '), ...(position === undefined ? {} : {position})};
    const address: HookField = {...base, shape: 'address', bits: 64, signed: false, narrow: false};
    if (position !== undefined && position >= REGISTERS) return {...address, shape: 'other'};
    if (kind === PTR) return this.pointer(address, this.view.getUint32(at + 8, true), next);
    if (kind !== INT && kind !== ENUM && kind !== ENUM64) return {...address, shape: 'other'};
    const bits = this.view.getUint32(at + 8, true) * 8;
    if (bits !== 8 && bits !== 16 && bits !== 32 && bits !== 64) return {...address, shape: 'other'};
    const signed =
      kind === INT
        ? (this.view.getUint32(at + 12, true) & 0x1000000) !== 0
        : this.view.getUint32(at + 4, true) >>> 31 === 1;
    return {...base, shape: 'int', bits, signed, narrow: bits < 64};
  }

  private pointer(address: HookField, type: number, next: string | undefined): HookField {
    const {at, kind, names, constant} = this.resolve(type);
    const pointed = {...address, type: `${constant ? 'const ' : ''}${names.join(' ')} *`};
    const char = kind === INT && names[0] === 'char' && this.view.getUint32(at + 8, true) === 1;
    return char && constant && !isBuffer(address.name, next) ? {...pointed, shape: 'text'} : pointed;
  }

  /** Past qualifiers and typedefs. */
  private resolve(type: number): {at: number; kind: number; names: string[]; constant: boolean} {
    const offsets = this.index();
    const names: string[] = [];
    let constant = false;
    for (let i = 0; i < ALIASES_MAX; i++) {
      const at = type > 0 && type < offsets.length ? offsets[type]! : 0;
      if (at === 0) return {at, kind: 0, names: names.length > 0 ? names : ['void'], constant};
      const kind = this.kind(at);
      constant ||= kind === CONST;
      if (names.length === 0) {
        const own = this.text(this.view.getUint32(at, true));
        const prefix = kind === TYPEDEF || kind === INT ? '' : (NAMED[kind] ?? '');
        if (kind !== TYPE_TAG && (own || prefix)) names.push([prefix, own].filter(Boolean).join(' '));
      }
      if (![TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG].includes(kind)) return {at, kind, names, constant};
      type = this.view.getUint32(at + 8, true);
    }
    return {at: 0, kind: 0, names, constant};
  }

  private prototype(name: string): number | undefined {
    const wanted = this.stringAt(name);
    if (wanted === undefined) return undefined;
    const offsets = this.index();
    for (let i = 1; i < offsets.length; i++) {
      const at = offsets[i]!;
      if (this.view.getUint32(at, true) !== wanted || this.kind(at) !== FUNC) continue;
      const prototype = offsets[this.view.getUint32(at + 8, true)];
      return prototype && this.kind(prototype) === FUNC_PROTO ? prototype : undefined;
    }
    return undefined;
  }

  private kind(at: number): number {
    return (this.view.getUint32(at + 4, true) >>> 24) & 0x1f;
  }

  /** Where a text stands among the strings: each stands there once. */
  private stringAt(text: string): number | undefined {
    const at = this.blob.indexOf(`\0${text}\0`, this.strings.begin, 'latin1');
    return at < 0 || at >= this.strings.end ? undefined : at + 1 - this.strings.begin;
  }

  private text(offset: number): string {
    const begin = this.strings.begin + offset;
    const end = begin < this.strings.end ? this.blob.indexOf(0, begin) : -1;
    return end < 0 ? '' : this.blob.toString('latin1', begin, Math.min(end, begin + 128));
  }

  /** Offsets by number; the first is void's. 150,000 types take some milliseconds. */
  private index(): Uint32Array {
    if (this.offsets) return this.offsets;
    const offsets = new Uint32Array(Math.floor((this.types.end - this.types.begin) / 12) + 1);
    let count = 1;
    let at = this.types.begin;
    while (at + 12 <= this.types.end) {
      offsets[count++] = at;
      const info = this.view.getUint32(at + 4, true);
      const [fixed, each] = EXTRA[(info >>> 24) & 0x1f] ?? [0, 0];
      at += 12 + fixed + each * (info & 0xffff);
    }
    this.offsets = offsets.subarray(0, count);
    return this.offsets;
  }
}
