import {lineBytes, textOf} from './lines.ts';

/** One line of bpftrace's output. `other` is what kstop's scripts don't make it say. */
export type Output =
  | {type: 'printf'; data: string}
  | {type: 'attached'; probes: number}
  | {type: 'lost'; events: number}
  /** Its keys one character a byte. */
  | {type: 'map'; name: string; value: unknown}
  | {type: 'warning'; text: string}
  | {type: 'other'};

type Parsed = {type?: unknown; data?: unknown; count?: unknown; msg?: unknown; helper?: unknown; retcode?: unknown};

const OTHER: Output = {type: 'other'};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Up to 0.23 in `data`, by a name of its own; later in `count`. */
function count({data, count: newer}: Parsed, name: string): number {
  const value = Number(isObject(data) ? data[name] : newer);
  return Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

function warning({type, msg, helper, retcode}: Parsed): Output {
  const what = typeof helper === 'string' ? `${helper}: ` : '';
  return {type: 'warning', text: textOf(`${type}: ${what}${msg ?? retcode ?? 'no reason told'}`)};
}

function understand(parsed: Parsed): Output {
  switch (parsed.type) {
    case 'printf':
      return typeof parsed.data === 'string' ? {type: 'printf', data: textOf(parsed.data)} : OTHER;
    case 'attached_probes':
      return {type: 'attached', probes: count(parsed, 'probes')};
    case 'lost_events':
      return {type: 'lost', events: count(parsed, 'events')};
    case 'map':
    case 'hist':
    case 'stats': {
      const [entry] = isObject(parsed.data) ? Object.entries(parsed.data) : [];
      return entry ? {type: 'map', name: entry[0], value: entry[1]} : OTHER;
    }
    case 'helper_error':
    case 'runtime_error':
    case 'print_error':
      return warning(parsed);
    default:
      return OTHER;
  }
}

/**
 * Reads one line of `bpftrace -f json`, of 0.17 and of all since. Undefined: it is no such line.
 * @param line one character a byte, without its newline
 */
export function parseOutput(line: string): Output | undefined {
  try {
    const parsed: unknown = JSON.parse(lineBytes(line));
    return isObject(parsed) ? understand(parsed) : undefined;
  } catch {
    return undefined;
  }
}
