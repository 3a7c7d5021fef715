import {DropReasons} from '../native/drop-reasons.ts';
import type {Engine} from '../native/engine.ts';
import type {Filter} from '../types/stream.ts';
import type {Symbols} from './symbols.ts';

/** What the drops probe needs from this kernel: its names of the reasons, and its program their classes. */
export class DropSetup {
  private known: DropReasons | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly symbols: Symbols,
    private readonly filter: Filter | undefined,
  ) {}

  get reasons(): DropReasons {
    this.known ??= new DropReasons(this.engine.kernelEnums('skb_drop_reason', 'skb_drop_reason_subsys'));
    return this.known;
  }

  /** Before the probe is attached: tells the program which reasons are worth an event. Returns what will be lacking. */
  prepare(): string | undefined {
    for (const [index, number] of this.reasons.table()) this.engine.table('drops', index, number);
    const hidden = this.symbols.lacking();
    const lacks = [hidden && `locations are addresses: ${hidden}`, withoutProcess(this.filter)].filter(Boolean);
    return lacks.length > 0 ? lacks.join('; ') : undefined;
  }
}

/** What a filter by process takes from probes of packets: a packet has a socket, and that a cgroup, but no process. */
export function withoutProcess(filter: Filter | undefined): string | undefined {
  const byProcess = filter?.pid !== undefined || filter?.comm !== undefined;
  return byProcess ? "a packet's process is not known: none passes a filter by PID or name" : undefined;
}
