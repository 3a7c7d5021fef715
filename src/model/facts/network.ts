import type {KernelEvent, PacketDropEvent, TcpRetransmitEvent} from '../../types/stream.ts';
import type {Part} from './part.ts';
import {Tally} from './tally.ts';

/** Where packets went when they were lost: to which peer, from which address, at which place in the kernel. */
export class NetworkFacts implements Part<NetworkFacts> {
  /** Retransmitted segments by peer address, by own address and by state. */
  readonly peers = new Tally();
  readonly sources = new Tally();
  readonly tcpStates = new Tally();
  /** Reported drops as `reason location`, `reason pid comm` and `reason device`. */
  readonly dropLocations = new Tally();
  readonly dropOwners = new Tally();
  readonly dropDevices = new Tally();

  add(event: KernelEvent): void {
    if (event.type === 'TCP_RETRANSMIT') this.#retransmit(event as TcpRetransmitEvent);
    else if (event.type === 'PACKET_DROP') this.#drop(event as PacketDropEvent);
  }

  merge(from: NetworkFacts): void {
    for (const field of FIELDS) this[field].merge(from[field]);
  }

  #retransmit({daddr, saddr, state, segments}: TcpRetransmitEvent): void {
    this.peers.add(daddr, segments);
    this.sources.add(saddr, segments);
    this.tcpStates.add(state, segments);
  }

  #drop({reason, location, pid, comm, device}: PacketDropEvent): void {
    this.dropLocations.add(`${reason} ${location}`, 1);
    if (pid !== undefined) this.dropOwners.add(`${reason} ${pid} ${comm ?? '-'}`, 1);
    if (device !== undefined) this.dropDevices.add(`${reason} ${device}`, 1);
  }
}

const FIELDS = ['peers', 'sources', 'tcpStates', 'dropLocations', 'dropOwners', 'dropDevices'] as const;
