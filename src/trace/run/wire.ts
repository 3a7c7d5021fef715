import type {TraceEvent, TraceEventKind, TraceScript} from '../../types/trace.ts';
import {compileFormat, type Formatter} from './message.ts';

/** Before an event's own fields: nothing, its tag, nsecs, pid, tid, uid, cpu, comm. */
const HEAD = 8;
const [TAG, NSECS, PID, TID, UID, CPU, COMM] = [1, 2, 3, 4, 5, 6, 7] as const;
/** As many digits as a number of 64 bits can have, and few enough to be cheap. */
const NUMBER = /^-?\d{1,20}$/;

/** Of an event what is counted, without the work of making it one. */
export interface Head {
  pid: number;
  uid: number;
  comm: string;
}

type Kind = TraceEventKind & {fill: Formatter};

/** Reads the events of one script from what it prints. */
export class Wire {
  readonly #separator: string;
  readonly #kinds = new Map<string, Kind>();
  readonly #bootToUnix: bigint;

  /** @param bootToUnix nanoseconds from the kernel's boot clock to 1970 */
  constructor({separator, events}: TraceScript, bootToUnix: bigint) {
    this.#separator = separator;
    this.#bootToUnix = bootToUnix;
    for (const kind of events) {
      const fill = compileFormat(
        kind.format,
        kind.fields.map((field) => field.kind),
      );
      this.#kinds.set(kind.tag, {...kind, fill});
    }
  }

  /** Undefined: it is no whole event of this script. */
  head(data: string): Head | undefined {
    const parts = this.#split(data);
    if (!parts) return undefined;
    return {pid: Number(parts[PID]), uid: Number(parts[UID]), comm: parts[COMM]!};
  }

  /** The whole of an event that has a head. */
  event(data: string): TraceEvent {
    const parts = this.#split(data)!;
    const kind = this.#kinds.get(parts[TAG]!)!;
    const values = parts.slice(HEAD).map((value, i) => kind.fields[i]!.show?.(value) ?? value);
    return {
      timestamp: String(BigInt(parts[NSECS]!) + this.#bootToUnix),
      pid: Number(parts[PID]),
      tid: Number(parts[TID]),
      uid: Number(parts[UID]),
      process_name: parts[COMM]!,
      function: kind.function,
      message: kind.fill(values),
      raw_args: Object.fromEntries(kind.fields.map(({name}, i) => [name, values[i]!])),
      cpu: Number(parts[CPU]),
    };
  }

  #split(data: string): string[] | undefined {
    const parts = data.split(this.#separator);
    const kind = parts[0] === '' ? this.#kinds.get(parts[TAG] ?? '') : undefined;
    if (!kind || parts.length !== HEAD + kind.fields.length) return undefined;
    for (let i: number = NSECS; i <= CPU; i++) if (!NUMBER.test(parts[i]!)) return undefined;
    return parts;
  }
}
