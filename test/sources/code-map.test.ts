import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import {CodeMap} from '../../src/sources/focus/maps.ts';

const MAPS = `55d0c0a00000-55d0c0a02000 r--p 00000000 08:01 42                         /usr/bin/worker
55d0c0a02000-55d0c0a03000 r-xp 00002000 08:01 42                         /usr/bin/worker
7f0000000000-7f0000100000 rwxp 00000000 00:00 0
7f5930000000-7f5930180000 r-xp 00028000 08:01 77                         /usr/lib/lib c.so.6 (deleted)
7ffd1f5fe000-7ffd1f600000 r-xp 00000000 00:00 0                          [vdso]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
`;

test('an address is the file that is mapped there, and the offset in it', (t) => {
  const code = CodeMap.parse(MAPS);
  t.is(code.name(0x55d0c0a02010n), 'worker+0x2010');
  t.is(code.name(0x55d0c0a02fffn), 'worker+0x2fff');
  t.is(code.name(0x7f5930000001n), 'lib c.so.6 (deleted)+0x28001');
  t.is(code.name(0x7ffd1f5fe123n), '[vdso]+0x123');
  t.is(code.name(0xffffffffff600400n), '[vsyscall]+0x400');
});

test('data, nameless code and what is not mapped stay addresses', (t) => {
  const code = CodeMap.parse(MAPS);
  t.is(code.name(0x55d0c0a00010n), '0x55d0c0a00010');
  t.is(code.name(0x7f0000000010n), '0x7f0000000010');
  t.is(code.name(0x55d0c0a03000n), '0x55d0c0a03000');
  t.is(CodeMap.parse('').name(1n), '0x1');
});

test('a name may be as long as it likes, lines of any form', (t) => {
  const long = CodeMap.parse(`1000-2000 r-xp 00000000 08:01 1 /tmp/${'x'.repeat(300)}\n`).name(0x1001n);
  t.regex(long, /^x{99}…\+0x1$/);
  fc.assert(
    fc.property(fc.string(), fc.bigInt({min: 0n, max: 2n ** 64n - 1n}), (text, address) => {
      t.true(CodeMap.parse(`${text}\n1000-2000 r-xp 0 08:01 1 /${text}`).name(address).length < 200);
    }),
  );
});

test('a file of any length is read up to a megabyte; of one that is gone nothing is known', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kstop-maps-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const file = join(folder, 'maps');
  const line = (n: number) =>
    `${(n * 4096).toString(16)}-${((n + 1) * 4096).toString(16)} r-xp 00000000 08:01 1 /bin/é${n}\n`;
  writeFileSync(file, Array.from({length: 50_000}, (_, n) => line(n)).join(''));
  const code = CodeMap.read(file);
  t.is(code?.name(4096n * 7n + 5n), 'é7+0x5');
  t.is(code?.name(4096n * 49_999n), `0x${(4096 * 49_999).toString(16)}`);
  t.is(CodeMap.read(join(folder, 'none')), undefined);
});
