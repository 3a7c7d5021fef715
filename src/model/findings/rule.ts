import {count, percent} from '../../util/format.ts';
import type {Figures, Finding} from '../figures.ts';

/** Draws findings from the figures, each with its evidence; none when there is no evidence. */
export type Rule = (figures: Figures) => Finding[];

const MAX_NAME = 200;

/** `1 reported wait`, `12 reported waits` */
export const many = (n: number, one: string) => `${count(n)} ${one}${n === 1 ? '' : 's'}`;
export const share = (part: number, whole: number) => percent((100 * part) / whole);

/** A name from the kernel, held to a length: of a path the end says most. */
export function short(name: string): string {
  return name.length > MAX_NAME ? `…${name.slice(-MAX_NAME)}` : name;
}

export function isQuiet(status: string): boolean {
  return status === 'OK' || status === 'UNKNOWN';
}

export function task(pid: number | string | undefined, comm: string | undefined): string {
  if (pid === 0) return 'an idle CPU';
  return `pid ${pid ?? '-'} ${comm ?? '-'}`;
}

/** `pid comm` as a tally holds it. */
export function taskOf(key: string): string {
  const [pid, ...comm] = key.split(' ');
  return task(pid, comm.join(' '));
}
