import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {SymbolTableBuilder} from '../../src/sources/symbol-table.ts';
import {Symbols} from '../../src/sources/symbols.ts';

const TEXT = [
  '0000000000000000 A fixed_percpu_data',
  'ffffffff81000000 T _text',
  'ffffffff81000000 T startup_64',
  'ffffffff81000230 t __pfx_early_fixup',
  'ffffffff81000240 t early_fixup',
  'ffffffff81000300 D some_data',
  'ffffffff81000400 W weak_one',
  'ffffffffc0302000 t late_one\t[zeta]',
  'ffffffffc0301000 t init_one\t[alpha]',
  '',
].join('\n');

function file(t: ExecutionContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'kstop-symbols-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const path = join(folder, 'kallsyms');
  writeFileSync(path, text);
  return path;
}

test('an address is named by the function that it lies in', (t) => {
  const symbols = new Symbols(file(t, TEXT));
  t.is(symbols.lacking(), undefined);
  t.is(symbols.name(0xffffffff81000240n), 'early_fixup+0x0');
  t.is(symbols.name(0xffffffff8100024fn), 'early_fixup+0xf');
  t.is(symbols.name(0xffffffff81000235n), 'startup_64+0x235', 'padding is no function');
  t.is(symbols.name(0xffffffff81000310n), 'early_fixup+0xd0', 'data is no function');
  t.is(symbols.name(0xffffffff81000401n), 'weak_one+0x1');
});

test('modules are out of order in the table, and named', (t) => {
  const symbols = new Symbols(file(t, TEXT));
  t.is(symbols.name(0xffffffffc0301010n), 'init_one+0x10 [alpha]');
  t.is(symbols.name(0xffffffffc0302010n), 'late_one+0x10 [zeta]');
});

test('what lies far from any function stays an address', (t) => {
  const symbols = new Symbols(file(t, TEXT));
  for (const [address, name] of [
    [0xffffffff90000000n, '0xffffffff90000000'],
    [0xffffffff80ffffffn, '0xffffffff80ffffff'],
    [0n, '0x0'],
    [-1n, '0xffffffffffffffff'],
  ] as const)
    t.is(symbols.name(address), name);
});

test('a module that comes later is found, but the table is not read all the time', (t) => {
  let now = 0;
  const path = file(t, TEXT);
  const symbols = new Symbols(path, () => now);
  t.is(symbols.name(0xffffffffc0400004n), '0xffffffffc0400004');
  writeFileSync(path, `${TEXT}ffffffffc0400000 t newcomer\t[beta]\n`);
  t.is(symbols.name(0xffffffffc0400004n), '0xffffffffc0400004');
  now = 61_000;
  t.is(symbols.name(0xffffffffc0400004n), 'newcomer+0x4 [beta]');
  rmSync(path);
  now = 122_000;
  t.is(symbols.name(0xffffffffc0500004n), '0xffffffffc0500004', 'nothing to read');
  t.is(symbols.name(0xffffffffc0400008n), 'newcomer+0x8 [beta]', 'what was read before stays');
});

test('hidden or missing symbols are said, and names are addresses', (t) => {
  const hidden = new Symbols(file(t, TEXT.replace(/^[0-9a-f]{16}/gm, '0'.repeat(16))));
  t.regex(hidden.lacking() ?? '', /kptr_restrict.*CAP_SYSLOG/);
  t.is(hidden.name(0xffffffff81000240n), '0xffffffff81000240');
  const missing = new Symbols('/nonexistent/kallsyms');
  t.regex(missing.lacking() ?? '', /ENOENT/);
  t.is(missing.name(0xffffffff81000240n), '0xffffffff81000240');
  const rubbish = new Symbols(file(t, 'no table\nffff T\n\n\0\0\0'));
  t.is(rubbish.name(0xffffffff81000240n), '0xffffffff81000240');
});

test('chunks may end anywhere', (t) => {
  for (let size = 1; size < 100; size++) {
    const builder = new SymbolTableBuilder();
    const text = Buffer.from(TEXT);
    for (let at = 0; at < text.length; at += size) builder.add(text.subarray(at, at + size));
    const table = builder.finish();
    t.is(table?.size, 6);
    t.is(table?.find(0xffffffffc0302010n), 'late_one+0x10 [zeta]');
  }
});

test("this machine's table, if it has one to read, names every function at its own address", (t) => {
  const symbols = new Symbols();
  if (symbols.lacking()) {
    t.log(symbols.lacking());
    t.pass();
    return;
  }
  const began = performance.now();
  const lines = readFileSync('/proc/kallsyms', 'latin1').split('\n');
  const functions = lines.filter((line) => /^[0-9a-f]+ [tTwW] (?!__pfx_)/.test(line));
  t.true(functions.length > 1000);
  const names = new Map<string, Set<string>>();
  for (const line of functions) {
    const [address, , ...name] = line.split(/[ \t]/);
    names.set(address, (names.get(address) ?? new Set()).add(name.join(' ')));
  }
  for (const [address, expected] of [...names].filter((_, i) => i % 97 === 0)) {
    const [name, module] = symbols
      .name(BigInt(`0x${address}`))
      .replace('+0x0', '')
      .split(' ');
    t.true(expected.has(module ? `${name} ${module}` : name), `${address}: ${name}`);
  }
  t.log(`${functions.length} functions, ${Math.round(performance.now() - began)} ms`);
});
