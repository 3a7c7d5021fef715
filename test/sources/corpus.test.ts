/**
 * The corpus of stream lines (test/sources/stream): a file a kind or event type, with lines as they may be and, made from
 * one of those, lines as they may not, each with the words of the published schema and of the reader of recordings.
 * `null`: this one of the two doesn't mind. The reader lets pass what a newer kstop may add; it is the stricter one on
 * sizes and on what cells mean, which a schema can't say.
 */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {Invalid} from '../../src/sources/check.ts';
import {validate} from '../../src/sources/validate.ts';
import {published, schemaErrors} from '../util/schema.ts';

type Line = {kind: string; type?: string};

interface Refused {
  why: string;
  /** Number of the valid line that it is made from; 0 when absent. */
  of?: number;
  /** New values by place (`host.cpus`, `probes.0.state`). */
  set?: Record<string, unknown>;
  unset?: string[];
  schema: string | null;
  reader: string | null;
}

interface Corpus {
  valid: Line[];
  invalid: Refused[];
}

const folder = join(import.meta.dirname, 'stream');
const corpora = readdirSync(folder).map((name): [string, Corpus] => [
  name.replace(/\.json$/, ''),
  JSON.parse(readFileSync(join(folder, name), 'utf8')),
]);

function changed(line: Line, {set = {}, unset = []}: Refused): Line {
  const copy = structuredClone(line);
  const parent = (place: string[]) =>
    place.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, copy as Record<string, unknown>);
  for (const [place, value] of Object.entries(set)) parent(place.split('.'))[place.split('.').at(-1)!] = value;
  for (const place of unset) {
    const at = place.split('.');
    if (!(at.at(-1)! in parent(at))) throw new Error(`${place} isn't there to be left out`);
    delete parent(at)[at.at(-1)!];
  }
  return copy;
}

/** What the reader of recordings says against a line; undefined when it takes it. */
function readerError(line: Line): string | undefined {
  try {
    validate(line, JSON.stringify(line).length);
    return undefined;
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    return error.message;
  }
}

test('every kind and event type that is published has its corpus', (t) => {
  t.deepEqual(corpora.map(([name]) => name).sort(), [...published].sort());
});

for (const [name, {valid, invalid}] of corpora) {
  test(`${name}: lines as they may be`, (t) => {
    t.true(valid.length > 0);
    for (const line of valid) {
      t.is(line.kind === 'event' ? line.type : line.kind, name);
      t.deepEqual(schemaErrors(line), []);
      t.is(readerError(line), undefined);
    }
  });

  for (const refused of invalid) {
    test(`${name}: ${refused.why}`, (t) => {
      const line = changed(valid[refused.of ?? 0]!, refused);
      const [bySchema, byReader] = [schemaErrors(line).join('\n'), readerError(line) ?? ''];
      t.true(refused.schema !== null || refused.reader !== null, 'one of them minds');
      if (refused.schema === null) t.is(bySchema, '');
      else t.true(bySchema.includes(refused.schema), bySchema || 'the schema takes it');
      if (refused.reader === null) t.is(byReader, '');
      else t.true(byReader.includes(refused.reader), byReader || 'the reader takes it');
    });
  }
}
