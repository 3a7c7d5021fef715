import {PROBES} from '../probes/catalog.ts';
import {UsageError} from './errors.ts';

/** A plain decimal number: no signs, exponents, hexadecimal or separators. */
const DECIMAL = /^(\d+(\.\d*)?|\.\d+)$/;

function decimal(flag: string, value: string): number {
  if (/^-[\d.]/.test(value)) throw new UsageError(flag, `${value} is negative`, 'give a number above 0');
  if (!DECIMAL.test(value)) throw new UsageError(flag, `'${value}' is not a number`, 'give a plain decimal number');
  return Number(value);
}

/** A number from `min` to `max`, both inclusive; `unit` is for the message. */
export function numberIn(flag: string, value: string, min: number, max: number, unit: string): number {
  const n = decimal(flag, value);
  if (n < min || n > max) throw new UsageError(flag, `${value} is out of range`, `give ${min} to ${max} ${unit}`);
  return n;
}

/** A whole number from `min` to `max`, both inclusive. */
export function countIn(flag: string, value: string, min: number, max: number, unit: string): number {
  const n = numberIn(flag, value, min, max, unit);
  if (!Number.isInteger(n)) throw new UsageError(flag, `'${value}' is not a whole number`, `give whole ${unit}`);
  return n;
}

/** One of a few words. */
export function choiceOf(flag: string, value: string, choices: readonly string[]): string {
  if (choices.includes(value)) return value;
  throw new UsageError(flag, `there is no '${value}'`, `choose from ${choices.join(', ')}`);
}

/** A threshold in whole microseconds, 1 µs to 60 s. */
export function microseconds(flag: string, value: string): number {
  const n = decimal(flag, value);
  if (n === 0)
    throw new UsageError(flag, 'a threshold of 0 would report everything', 'give 1 to 60000000 microseconds');
  if (!Number.isInteger(n)) throw new UsageError(flag, `'${value}' is not a whole number`, 'give whole microseconds');
  return numberIn(flag, value, 1, 60_000_000, 'microseconds (60 s)');
}

export function pidOf(flag: string, value: string): number {
  const n = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (n >= 1 && n <= 4_194_304) return n;
  throw new UsageError(flag, `'${value}' is not a process id`, 'give a number from 1 to 4194304');
}

/** The kernel keeps 15 bytes of a task's name. */
export function commOf(flag: string, value: string): string {
  const length = new TextEncoder().encode(value).length;
  if (length === 0) throw new UsageError(flag, 'the name is empty', 'give the name as in /proc/PID/comm');
  textOf(flag, value);
  if (length <= 15) return value;
  throw new UsageError(flag, `'${value}' is longer than the 15 bytes that the kernel keeps`, 'give its first 15 bytes');
}

export function textOf(flag: string, value: string): string {
  if (value === '') throw new UsageError(flag, 'its value is empty', `see kstop --help`);
  if (value.includes('\0')) throw new UsageError(flag, 'its value holds a zero byte', 'leave it out');
  return value;
}

const UNITS: Record<string, number> = {'': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40};

/** `512K`, `10M`, `1.5G`, `1000000`: bytes, in powers of 1024. */
export function sizeOf(flag: string, value: string, min: number): number {
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)(?:i?b)?$/i.exec(value);
  const n = match ? Math.round(Number(match[1]) * (UNITS[(match[2] ?? '').toLowerCase()] ?? 1)) : Number.NaN;
  if (Number.isNaN(n)) throw new UsageError(flag, `'${value}' is not a size`, 'give bytes, or a number with K, M or G');
  if (n < min || !Number.isSafeInteger(n))
    throw new UsageError(flag, `${value} is out of range`, `give at least ${min} bytes`);
  return n;
}

/**
 * Probe ids in the catalog's order from a list of `all`, `default`, names and `-name`. A list that only leaves out
 * starts from the default ones; a later item wins over an earlier one.
 */
export function probesOf(flag: string, value: string): string[] {
  const items = value.split(',').map((item) => item.trim());
  const chosen = new Set<string>();
  const defaults = PROBES.filter((probe) => probe.default).map((probe) => probe.id);
  if (items[0]?.startsWith('-')) for (const id of defaults) chosen.add(id);
  for (const item of items) {
    if (item === 'all') for (const {id} of PROBES) chosen.add(id);
    else if (item === 'default') for (const id of defaults) chosen.add(id);
    else if (item.startsWith('-')) chosen.delete(known(flag, item.slice(1)));
    else chosen.add(known(flag, item));
  }
  const ids = PROBES.map((probe) => probe.id).filter((id) => chosen.has(id));
  if (ids.length === 0) throw new UsageError(flag, 'it leaves no probe', `choose from ${names()}`);
  return ids;
}

function names(): string {
  return ['all', 'default', ...PROBES.map((probe) => probe.id)].join(', ');
}

function known(flag: string, id: string): string {
  if (PROBES.some((probe) => probe.id === id)) return id;
  throw new UsageError(flag, `there is no probe '${id}'`, `choose from ${names()}`);
}
