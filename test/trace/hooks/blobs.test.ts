import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import {Btf} from '../../../src/trace/hooks/btf.ts';
import {widthOf} from '../../../src/trace/hooks/field.ts';
import {readTracepointFormat} from '../../../src/trace/hooks/format.ts';
import {readUsdt} from '../../../src/trace/hooks/usdt.ts';
import {elfWith} from './elf-file.ts';
import {makeHost} from './host.ts';

const host = makeHost();
test.after.always(() => host.remove());

/** A blob with some of its bytes changed, and maybe its end gone. */
const damaged = (whole: Buffer) =>
  fc
    .record({
      changes: fc.array(fc.record({at: fc.nat(whole.length - 1), to: fc.integer({min: 0, max: 255})}), {maxLength: 8}),
      length: fc.option(fc.nat(whole.length)),
    })
    .map(({changes, length}) => {
      const blob = Buffer.from(whole);
      for (const {at, to} of changes) blob[at] = to;
      return length === null ? blob : blob.subarray(0, length);
    });

test('a damaged BTF gives a signature, none, or a RangeError: it never hangs', (t) => {
  const whole = readFileSync(path.join(host.root, 'sys/kernel/btf/vmlinux'));
  fc.assert(
    fc.property(damaged(whole), (blob) => {
      try {
        const btf = new Btf(blob);
        for (const name of ['vfs_read', 'takes_pair', 'takes_many', 'do_sys_openat2', 'none']) btf.signature(name);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
    }),
    {numRuns: 2000},
  );
  t.pass();
});

test('a damaged ELF file gives probes or none: it never throws', (t) => {
  const whole = elfWith([
    {provider: 'a', name: 'b', arguments: '8@%rdi -4@%eax'},
    {provider: 'c', name: 'd'},
  ]);
  const file = path.join(host.root, 'damaged');
  fc.assert(
    fc.property(damaged(whole), (blob) => {
      writeFileSync(file, blob);
      const probes = readUsdt(file);
      return probes === undefined || probes.length <= 4096;
    }),
    {numRuns: 300},
  );
  t.pass();
});

test('sections that all name the same place take no more than one file may', (t) => {
  const file = path.join(host.root, 'sections');
  const whole = elfWith([{provider: 'a'.repeat(60), name: 'b', arguments: ' '.repeat(1 << 20)}]);
  const section = whole.subarray(-64);
  const count = 16;
  whole.writeUInt16LE(count, 60);
  writeFileSync(file, Buffer.concat([whole, ...Array.from({length: count - 1}, () => section)]));
  t.is(readUsdt(file)?.length, 3);
});

test('any text as a format gives fields with plain names, or none', (t) => {
  const line = fc.tuple(fc.string({unit: 'grapheme'}), fc.string(), fc.nat(99)).map(([type, name, size]) => {
    return `\tfield:${type} ${name};\toffset:0;\tsize:${size};\tsigned:1;`;
  });
  fc.assert(
    fc.property(fc.array(fc.oneof(line, fc.string())), (lines) => {
      return readTracepointFormat(lines.join('\n')).every((field) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(field.name));
    }),
  );
  t.is(readTracepointFormat('\tfield:int a;\toffset:0;\tsize:4;\tsigned:1;\n'.repeat(200)).length, 128);
});

test('widths of C types by their names', (t) => {
  t.deepEqual(widthOf('unsigned int'), {bits: 32, signed: false});
  t.deepEqual(widthOf('const clockid_t'), {bits: 32, signed: true});
  t.deepEqual(widthOf('unsigned long long'), {bits: 64, signed: false});
  t.deepEqual(widthOf('unsigned short int'), {bits: 16, signed: false});
  t.deepEqual(widthOf('__u16'), {bits: 16, signed: false});
  t.deepEqual(widthOf('uint32_t'), {bits: 32, signed: false});
  t.deepEqual(widthOf('int64_t'), {bits: 64, signed: true});
  t.deepEqual(widthOf('unsigned'), {bits: 32, signed: false});
  t.is(widthOf('struct x'), undefined);
  t.is(widthOf('constructor'), undefined);
});
