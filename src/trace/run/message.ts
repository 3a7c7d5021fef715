import type {TraceFieldKind} from '../../types/trace.ts';

/** A conversion, as printf has them; lengths (`l`, `ll` …) say nothing here. */
const CONVERSION = /%(?:%|([-+ #0]*)(\d{0,3})(?:\.(\d{1,3}))?(?:hh?|ll?|[jzt])?([diuxXocsp]))/g;

interface Conversion {
  flags: string;
  width: number;
  precision?: number;
  letter: string;
}

/** A value that is a number in any of bpftrace's notations. */
function integer(value: string): bigint | undefined {
  return /^(?:-?\d{1,20}|0x[0-9a-f]{1,16})$/i.test(value) ? BigInt(value) : undefined;
}

const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value);

function digits(letter: string, value: bigint, prefix: boolean): string {
  switch (letter) {
    case 'x':
      return `${prefix ? '0x' : ''}${unsigned(value).toString(16)}`;
    case 'X':
      return `${prefix ? '0X' : ''}${unsigned(value).toString(16).toUpperCase()}`;
    case 'p':
      return `0x${unsigned(value).toString(16)}`;
    case 'o':
      return `${prefix ? '0' : ''}${unsigned(value).toString(8)}`;
    case 'u':
      return unsigned(value).toString();
    case 'c':
      return String.fromCharCode(Number(value & 0xffn));
    default:
      return value.toString();
  }
}

function convert({flags, width, precision, letter}: Conversion, kind: TraceFieldKind, value: string): string {
  const bare = kind === 'hex' && !/^0x/i.test(value) ? `0x${value}` : value;
  if (letter === 's' || kind === 'string') {
    const text = precision === undefined ? bare : bare.slice(0, precision);
    return flags.includes('-') ? text.padEnd(width) : text.padStart(width);
  }
  const number = integer(bare);
  if (number === undefined) return value.padStart(width);
  const signed = (letter === 'd' || letter === 'i') && number >= 0n;
  const sign = signed ? (/[+ ]/.exec(flags)?.[0] ?? '') : '';
  const text = sign + digits(letter, number, flags.includes('#'));
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0') || letter === 'c') return text.padStart(width);
  const [, head = '', rest = ''] = /^([-+ ]?(?:0x)?)(.*)$/is.exec(text) ?? [];
  return head + rest.padStart(width - head.length, '0');
}

/** A printf-like format, ready to be filled in with an event's fields in their order. */
export type Formatter = (values: readonly string[]) => string;

/**
 * Compiles a format once. A conversion without a field of its own fills in nothing; what is no conversion stays as it is; without a format
 * all values are told.
 */
export function compileFormat(format: string, kinds: readonly TraceFieldKind[]): Formatter {
  if (format === '') return (values) => values.join(' ');
  const pieces: (string | (Conversion & {field: number}))[] = [];
  let from = 0;
  let field = 0;
  for (const match of format.matchAll(CONVERSION)) {
    pieces.push(format.slice(from, match.index));
    from = match.index + match[0].length;
    const [, flags = '', width, precision, letter] = match;
    if (letter === undefined) pieces.push('%');
    else {
      const exact = precision === undefined ? {} : {precision: Number(precision)};
      pieces.push({flags, width: Number(width), ...exact, letter, field: field++});
    }
  }
  pieces.push(format.slice(from));
  return (values) =>
    pieces
      .map((piece) => {
        if (typeof piece === 'string') return piece;
        const value = values[piece.field];
        return value === undefined ? '' : convert(piece, kinds[piece.field] ?? 'string', value);
      })
      .join('');
}
