import test from 'ava';
import fc from 'fast-check';
import {LineCutter, lineText} from '../../../src/trace/run/lines.ts';

test('lines are the same however the bytes come', (t) => {
  fc.assert(
    fc.property(fc.array(fc.string({unit: 'grapheme', maxLength: 9})), fc.array(fc.nat(20)), (texts, cuts) => {
      const lines = texts.map((text) => text.replaceAll('\n', ''));
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const got: string[] = [];
      const cutter = new LineCutter(1000, (line) => got.push(line));
      let from = 0;
      for (const cut of [...cuts, bytes.length]) {
        cutter.push(bytes.subarray(from, from + cut));
        from += cut;
      }
      t.deepEqual(got.map(lineText), lines);
      cutter.end();
      t.is(got.length, lines.length);
      t.is(cutter.tooLong, 0);
    }),
  );
});

test('a line that is too long is left out and counted once, whatever piece it comes in', (t) => {
  for (const size of [1, 3, 7, 100, 1000]) {
    const bytes = Buffer.from(`one\n${'x'.repeat(500)}\ntwo\n${'y'.repeat(101)}\nthree\n${'z'.repeat(100)}\nrest`);
    const lines: string[] = [];
    const cutter = new LineCutter(100, (line) => lines.push(line));
    for (let at = 0; at < bytes.length; at += size) cutter.push(bytes.subarray(at, at + size));
    t.deepEqual(lines, ['one', 'two', 'three', 'z'.repeat(100)], `${size}`);
    t.is(cutter.tooLong, 2, `${size}`);
    cutter.end();
    cutter.end();
    t.deepEqual(lines.slice(4), ['rest']);
  }
});

test('a line without an end takes no memory', (t) => {
  const lines: string[] = [];
  const cutter = new LineCutter(1000, (line) => lines.push(line));
  const piece = Buffer.alloc(64 * 1024, 'x');
  for (let i = 0; i < 100; i++) cutter.push(piece);
  t.is(cutter.tooLong, 1);
  cutter.push(Buffer.from('\nnext\n'));
  cutter.end();
  t.deepEqual(lines, ['next']);
});

test('bytes from 0x80 on, as bpftrace writes them, are UTF-8 again', (t) => {
  const text = (line: string) => JSON.parse(lineText(line));
  t.is(text('"caf\\uffffffc3\\uffffffa9"'), 'café');
  t.is(text(Buffer.from('"café €"').toString('latin1')), 'café €', 'unsigned char: as they are');
  t.is(text('"\\uffffffc3("'), '\ufffd(', 'what is no UTF-8 is replaced');
  t.is(text('"\\uffffff80\\uffffffff"'), '\ufffd\ufffd');
  t.is(text('"\\\\uffffffc3"'), '\\uffffffc3', 'a name that looks like it stays as it is');
  t.is(text('"\\\\\\uffffffc3\\uffffffa9"'), '\\é');
  t.is(text('"\\u001b[0m\\n\\"\\\\"'), '\x1b[0m\n"\\');
});

test('any bytes are some text, and ASCII comes back as it was', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 40}), (bytes) => {
      // As bpftrace writes them where char is signed.
      const line = [...bytes]
        .map((byte) => {
          if (byte >= 0x80) return `\\uffffff${byte.toString(16)}`;
          return JSON.stringify(String.fromCharCode(byte)).slice(1, -1);
        })
        .join('');
      t.is(JSON.parse(lineText(`"${line}"`)), Buffer.from(bytes).toString('utf8'));
    }),
  );
});
