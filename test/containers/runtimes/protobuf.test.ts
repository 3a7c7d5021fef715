import {Buffer} from 'node:buffer';
import test from 'ava';
import fc from 'fast-check';
import {Malformed, Message} from '../../../src/containers/runtimes/protobuf.ts';
import {field, message} from '../stand-in.ts';

interface Read {
  field: number;
  number?: number;
  text?: string;
}

function read(bytes: Buffer): Read[] {
  const list: Read[] = [];
  for (const one = new Message(bytes); one.next(); ) {
    list.push({field: one.field, number: one.number(), text: one.text(1 << 20)});
  }
  return list;
}

test('what was written is read', (t) => {
  const value = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.string({unit: 'grapheme'}));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({min: 1, max: 2 ** 29 - 1}), value)), (fields) => {
      const bytes = message(...fields.map(([number, what]) => field(number, what)));
      const expected = fields.map(([number, what]) => ({
        field: number,
        number: typeof what === 'number' ? what : undefined,
        text: typeof what === 'string' ? what : undefined,
      }));
      t.deepEqual(read(bytes), expected);
    }),
  );
});

test('fixed numbers are passed over, text is cut where it is asked to be', (t) => {
  const bytes = message(Buffer.from([0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x15, 1, 2, 3, 4]), field(3, 'abcdef'));
  const one = new Message(bytes);
  t.true(one.next() && one.next() && one.next());
  t.is(one.text(3), 'abc');
  t.false(one.next());
});

test('a message within is walked within its bounds', (t) => {
  const one = new Message(message(field(1, message(field(2, 'in'))), field(3, 'out')));
  t.true(one.next());
  const inner = one.message();
  t.true(inner.next());
  t.is(inner.text(10), 'in');
  t.false(inner.next());
  t.true(one.next());
  t.is(one.text(10), 'out');
  t.false(new Message(field(1, 7)).message().next());
});

test('lengths that lie, numbers without end and unknown types are refused', (t) => {
  const bad = [
    [0x0a, 5, 1],
    [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f],
    [0x0a, ...Array<number>(9).fill(0xff), 1],
    Array<number>(20).fill(0xff),
    [0x08],
    [0x08, 0x80],
    [0x00, 1],
    [0x0b],
    [0x0f, 1],
    [0x09, 1, 2],
    [0x0d, 1],
  ];
  for (const bytes of bad) t.throws(() => read(Buffer.from(bytes)), {instanceOf: Malformed}, `${bytes}`);
  const nested = new Message(field(1, Buffer.from([0x0a, 9])));
  t.true(nested.next());
  const inner = nested.message();
  t.throws(() => inner.next(), {instanceOf: Malformed});
});

test('no bytes do anything but be read or be refused', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 300}), (bytes) => {
      try {
        read(Buffer.from(bytes));
      } catch (error) {
        t.true(error instanceof Malformed);
      }
    }),
    {numRuns: 3000},
  );
});
