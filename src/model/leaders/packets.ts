import type {DropPlace, Peer} from '../../types/detail.ts';
import type {PacketDropEvent, TcpRetransmitEvent} from '../../types/stream.ts';
import {Frequent} from './frequent.ts';
import {called} from './owner.ts';
import type {Entry} from './ranking.ts';

/** Segments sent again to one address. */
export class PeerSegments implements Entry<PeerSegments> {
  #address = '';
  #segments = 0;
  readonly #ports = new Frequent();
  readonly #states = new Frequent();
  readonly #owners = new Frequent();

  get weight(): number {
    return this.#segments;
  }

  add(event: TcpRetransmitEvent): void {
    this.#address = event.daddr;
    this.#segments += event.segments;
    this.#ports.add(String(event.dport), event.segments);
    this.#states.add(event.state, event.segments);
    const owner = called(event);
    if (owner) this.#owners.add(owner, event.segments);
  }

  merge(from: PeerSegments): void {
    this.#address = from.#address;
    this.#segments += from.#segments;
    this.#ports.merge(from.#ports);
    this.#states.merge(from.#states);
    this.#owners.merge(from.#owners);
  }

  row(): Peer {
    const mostly = {port: this.#ports.top(), state: this.#states.top(), owner: this.#owners.top()};
    return {address: this.#address, segments: this.#segments, ...mostly};
  }
}

/** Where packets were dropped for one reason, as far as the drops were reported one by one. */
export class DropPlaces implements Entry<DropPlaces> {
  #class = '';
  #reason = '';
  #reports = 0;
  readonly #locations = new Frequent();
  readonly #devices = new Frequent();
  readonly #owners = new Frequent();

  get weight(): number {
    return this.#reports;
  }

  add(event: PacketDropEvent): void {
    [this.#class, this.#reason] = [event.class, event.reason];
    this.#reports++;
    this.#locations.add(event.location);
    if (event.device !== undefined) this.#devices.add(event.device);
    const owner = called(event);
    if (owner) this.#owners.add(owner);
  }

  merge(from: DropPlaces): void {
    [this.#class, this.#reason] = [from.#class, from.#reason];
    this.#reports += from.#reports;
    this.#locations.merge(from.#locations);
    this.#devices.merge(from.#devices);
    this.#owners.merge(from.#owners);
  }

  row(): DropPlace {
    const mostly = {location: this.#locations.top(), device: this.#devices.top(), owner: this.#owners.top()};
    return {class: this.#class, reason: this.#reason, reports: this.#reports, ...mostly};
  }
}
