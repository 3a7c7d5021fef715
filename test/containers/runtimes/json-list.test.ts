import {Buffer} from 'node:buffer';
import test from 'ava';
import fc from 'fast-check';
import {readDocker} from '../../../src/containers/runtimes/docker.ts';
import {entriesOf} from '../../../src/containers/runtimes/json-list.ts';
import {Malformed} from '../../../src/containers/runtimes/protobuf.ts';
import {LIMITS, NoList} from '../../../src/containers/runtimes/types.ts';

const entries = (text: string) => entriesOf(Buffer.from(text), 100).map((entry) => JSON.parse(entry.toString()));

test("the entries of any list are those that JSON's own parser finds", (t) => {
  const list = fc.array(fc.jsonValue({maxDepth: 20}), {maxLength: 20});
  fc.assert(
    fc.property(list, fc.constantFrom(0, 1, '\t'), (value, space) => {
      t.deepEqual(entries(` ${JSON.stringify(value, null, space)}\r\n`), JSON.parse(JSON.stringify(value)));
    }),
  );
  t.deepEqual(entries('["a\\\\",{"]":"[\\"," },"\\u005d"]'), ['a\\', {']': '[",'}, ']']);
  t.deepEqual(entries(' [ ] '), []);
});

test('what is no list, has no end, or goes on after it, is refused', (t) => {
  for (const text of ['', '{}', '7', '[', '[1', '[1}', '["]', '["\\"]', '[{]', '[] []', '[1]x', '['.repeat(33)])
    t.throws(() => entries(text), {instanceOf: Malformed}, text);
  for (const text of ['[1,]', '[,1]', '[1,,2]', '[}]', '[tru]'])
    t.throws(() => readDocker(Buffer.from(text), 'docker', 100), {instanceOf: Malformed}, text);
  fc.assert(
    fc.property(fc.string({unit: fc.constantFrom(...'[]{},"\\1 ')}), (text) => {
      try {
        entriesOf(Buffer.from(text), 100);
      } catch (error) {
        t.true(error instanceof Malformed);
      }
    }),
  );
});

test('an entry that is far too long is left out, the others are not', (t) => {
  t.deepEqual(entries(`[1,"${'x'.repeat(65_536)}",{"a":2}]`), [1, {a: 2}]);
});

test('eight megabytes of lies keep nobody waiting', (t) => {
  const fill = (piece: string) => piece.repeat(Math.floor(LIMITS.maxBytes / piece.length) - 1);
  const keys = `[{${Array.from({length: 700_000}, (_, i) => `"${i.toString(36)}":0`).join()}}]`;
  const took = (what: () => void) => {
    const begun = performance.now();
    try {
      what();
    } catch (error) {
      t.true(error instanceof Malformed || error instanceof NoList);
    }
    return performance.now() - begun;
  };
  const parser = took(() => JSON.parse(keys));
  t.log(`JSON's own parser, which is at its best here: ${parser.toFixed(0)} ms`);
  const lies = {
    nested: fill('['),
    objects: fill('{"":'),
    many: `[${fill('{},')}{}]`,
    texts: `[${fill('"",')}""]`,
    text: `["${fill('\\"')}"]`,
    keys,
  };
  for (const [name, lie] of Object.entries(lies)) {
    const bytes = Buffer.from(lie);
    const ms = took(() => readDocker(bytes, 'docker', LIMITS.maxContainers));
    t.log(`${name}: ${ms.toFixed(0)} ms`);
    t.true(ms < parser, name);
  }
});
