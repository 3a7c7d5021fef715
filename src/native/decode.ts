import type {KernelEvent} from '../types/stream.ts';
import {bioLatency} from './events/block.ts';
import {learnCgroup} from './events/cgroup.ts';
import {packetDrop} from './events/drop.ts';
import {pageFault} from './events/fault.ts';
import {lockup} from './events/lockup.ts';
import {oomKill} from './events/oom.ts';
import {memoryPressure} from './events/pressure.ts';
import {processExec, processExit, processFork} from './events/process.ts';
import {reclaimStall} from './events/reclaim.ts';
import {type DecodeContext, Records} from './events/records.ts';
import {tcpRetransmit} from './events/retransmit.ts';
import {schedLatency} from './events/sched.ts';
import {syscallSlow} from './events/syscall.ts';
import {vfsSlow} from './events/vfs.ts';
import {LAYOUT, WIRE} from './wire.gen.ts';

export type {DecodeContext} from './events/records.ts';

type EventDecoder = (records: Records, at: number) => KernelEvent;

/** By record type (enum ks_event_type). */
const DECODERS: readonly (EventDecoder | undefined)[] = table([
  [WIRE.SCHED_LATENCY, schedLatency],
  [WIRE.BIO_LATENCY, bioLatency],
  [WIRE.OOM_KILL, oomKill],
  [WIRE.TCP_RETRANSMIT, tcpRetransmit],
  [WIRE.VFS_SLOW, vfsSlow],
  [WIRE.SYSCALL_SLOW, syscallSlow],
  [WIRE.PROCESS_EXEC, processExec],
  [WIRE.PROCESS_EXIT, processExit],
  [WIRE.PROCESS_FORK, processFork],
  [WIRE.PAGE_FAULT, pageFault],
  [WIRE.PRESSURE, memoryPressure],
  [WIRE.RECLAIM_STALL, reclaimStall],
  [WIRE.PACKET_DROP, packetDrop],
  [WIRE.LOCKUP, lockup],
]);

function table(entries: [number, EventDecoder][]): (EventDecoder | undefined)[] {
  const decoders: (EventDecoder | undefined)[] = [];
  for (const [type, decoder] of entries) decoders[type] = decoder;
  return decoders;
}

/** Decodes drained records into events of the stream. Reuses one view over one buffer; allocates only the events. */
export class Decoder {
  private readonly records: Records;

  constructor(buffer: Uint8Array, context: DecodeContext) {
    this.records = new Records(buffer, context);
  }

  /** Appends the events of the first `length` bytes to `into`. Throws when a record can't be one of this version. */
  decode(length: number, into: KernelEvent[]): void {
    let at = 0;
    while (at + LAYOUT.event.SIZE <= length) {
      const size = this.records.u16(at + LAYOUT.event.size);
      if (size < LAYOUT.event.SIZE || at + size > length) throw new Error(`a record of ${size} bytes can't be`);
      const type = this.records.u16(at + LAYOUT.event.type);
      const decode = DECODERS[type];
      if (decode) into.push(decode(this.records, at));
      else if (type === WIRE.CGROUP_NAMES) learnCgroup(this.records, at);
      else throw new Error(`a record of type ${type} is unknown`);
      at += (size + 7) & ~7;
    }
  }
}
