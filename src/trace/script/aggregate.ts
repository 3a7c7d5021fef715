import type {TraceField, TraceMap, TraceRefusal} from '../../types/trace.ts';
import type {Hook} from '../hooks/hooks.ts';
import {isRefusal, refuse} from '../refusal.ts';
import type {Aggregate} from '../spec/aggregate.ts';
import type {Version} from '../version.ts';
import {type Code, code, joined, mapName} from './code.ts';
import {resolve} from './resolve.ts';
import type {Value} from './value.ts';

/** What a hook adds to the map. */
export interface AggregatePart {
  map: TraceMap;
  does: Code;
  values: Value[];
}

const MAPS = {count: '@counts', sum: '@sums', hist: '@hists'} as const;

/** The statement that keeps an aggregate at a hook, and how its map is read. */
export function aggregatePart(aggregate: Aggregate, hook: Hook, version: Version): AggregatePart | TraceRefusal {
  const keys = keysOf(aggregate, hook, version);
  if (isRefusal(keys)) return keys as TraceRefusal;
  const of = measured(aggregate, hook, version);
  if (of !== undefined && isRefusal(of)) return of;
  const sorted = keys as Value[];
  const map = MAPS[aggregate.kind];
  const place = sorted.length === 0 ? mapName(map) : code`${mapName(map)}[${joined(sorted.map(keyCode), ', ')}]`;
  const call =
    of === undefined ? code`count()` : aggregate.kind === 'sum' ? code`sum(${wide(of)})` : code`hist(${wide(of)})`;
  return {
    map: {
      name: map,
      title: titleOf(aggregate),
      kind: aggregate.kind,
      keys: sorted.map(fieldOf),
      unit: unitOf(aggregate, hook),
    },
    does: code`${place} = ${call}`,
    values: of === undefined ? sorted : [...sorted, of],
  };
}

/** The keys, a text last: of a text anything may stand before the comma. */
function keysOf(aggregate: Aggregate, hook: Hook, version: Version): Value[] | TraceRefusal {
  const values: Value[] = [];
  for (const name of aggregate.by) {
    const value = resolve(hook, {name, first: 'builtin', where: 'aggregate'}, version);
    if (isRefusal(value)) return value;
    values.push(value);
  }
  const texts = values.filter((value) => value.kind === 'string');
  if (texts.length > 1)
    return refuse('aggregate', `by ${texts.map((each) => each.name).join(' and ')}: one text at most`);
  return [...values.filter((value) => value.kind !== 'string'), ...texts];
}

function measured({kind, of}: Aggregate, hook: Hook, version: Version): Value | undefined | TraceRefusal {
  if (of === undefined) return undefined;
  const value = resolve(hook, {name: of, first: 'hook', where: 'aggregate'}, version);
  if (isRefusal(value)) return value;
  return value.shape === 'int' ? value : refuse('aggregate', `${kind} ${of}: it is no number`);
}

/** Hooks of one map may have the same field in other widths: 64 bits are all the same. New versions warn of needless casts. */
function wide(value: Value): Code {
  if (value.bits === 64) return value.compared;
  return value.signed ? code`(int64)${value.compared}` : code`(uint64)${value.compared}`;
}

function keyCode(value: Value): Code {
  return value.shape === 'int' ? wide(value) : value.shown;
}

function fieldOf({name, kind}: Value): TraceField {
  // A map prints all its numbers in decimal.
  return {name, kind: kind === 'string' ? 'string' : 'number'};
}

function titleOf({kind, of, by}: Aggregate): string {
  const what = kind === 'count' ? 'events' : kind === 'sum' ? `sum of ${of}` : `${of}`;
  return by.length === 0 ? what : `${what} by ${by.join(', ')}`;
}

/** By the name of what is measured: there's little else to tell it. A count is one of bytes only if its type says so. */
function unitOf({of}: Aggregate, {fields}: Hook): string {
  if (of === undefined) return 'events';
  const bare = of.replace(/^args\./, '');
  if (/(?:^|_)(?:bytes|bytes_\w+|size|len)$/.test(bare)) return 'bytes';
  if (bare === 'count' && /\bs?size_t$/.test(fields.find(({name}) => name === bare)?.type ?? '')) return 'bytes';
  return /_(?:ns|us|ms)$/.exec(bare)?.[0].slice(1) ?? bare;
}
