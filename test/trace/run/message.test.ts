import test from 'ava';
import {compileFormat} from '../../../src/trace/run/message.ts';
import type {TraceFieldKind} from '../../../src/types/trace.ts';

const CASES: [format: string, values: [string, TraceFieldKind][], message: string][] = [
  ['open %s', [['/etc/passwd', 'string']], 'open /etc/passwd'],
  ['%d bytes', [['42', 'number']], '42 bytes'],
  [
    '%lld of %llu',
    [
      ['-1', 'number'],
      ['18446744073709551615', 'number'],
    ],
    '-1 of 18446744073709551615',
  ],
  ['%u', [['-1', 'number']], '18446744073709551615'],
  [
    '%x %X %#x',
    [
      ['255', 'number'],
      ['255', 'number'],
      ['255', 'number'],
    ],
    'ff FF 0xff',
  ],
  [
    '%x %p %d',
    [
      ['0xff', 'hex'],
      ['ff', 'hex'],
      ['0xff', 'hex'],
    ],
    'ff 0xff 255',
  ],
  ['%llx', [['-1', 'number']], 'ffffffffffffffff'],
  [
    '%o %#o',
    [
      ['8', 'number'],
      ['8', 'number'],
    ],
    '10 010',
  ],
  [
    '%5d|%-5d|%05d|%+d',
    [
      ['42', 'number'],
      ['42', 'number'],
      ['-42', 'number'],
      ['42', 'number'],
    ],
    '   42|42   |-0042|+42',
  ],
  [
    '%08x %#06x',
    [
      ['255', 'number'],
      ['255', 'number'],
    ],
    '000000ff 0x00ff',
  ],
  [
    '%8s|%-8s|%.2s',
    [
      ['abc', 'string'],
      ['abc', 'string'],
      ['abc', 'string'],
    ],
    '     abc|abc     |ab',
  ],
  [
    '%s %6s',
    [
      ['ff', 'hex'],
      ['0x1', 'hex'],
    ],
    '0xff    0x1',
  ],
  ['%c', [['65', 'number']], 'A'],
  ['100%% %s', [['x', 'string']], '100% x'],
  ['%d', [['no number', 'string']], 'no number'],
  ['%d', [['', 'number']], ''],
  ['%d', [['12x', 'number']], '12x'],
  ['%s', [['%d %n', 'string']], '%d %n'],
  ['%s and %s', [['one', 'string']], 'one and '],
  ['nothing', [['one', 'string']], 'nothing'],
  ['50%! %q %', [], '50%! %q %'],
  [
    '',
    [
      ['1', 'number'],
      ['two', 'string'],
    ],
    '1 two',
  ],
];

for (const [format, values, message] of CASES)
  test(`fills in ${JSON.stringify(format)} with ${JSON.stringify(values.map(([value]) => value))}`, (t) => {
    const fill = compileFormat(
      format,
      values.map(([, kind]) => kind),
    );
    t.is(fill(values.map(([value]) => value)), message);
  });
