import type {DropPlace, Faulter, Peer, SlowFile, SlowRequests, SlowSyscall, Waiter} from '../../types/detail.ts';
import type {
  BioLatencyEvent,
  KernelEvent,
  PacketDropEvent,
  PageFaultEvent,
  Sample,
  SchedLatencyEvent,
  SyscallSlowEvent,
  TcpRetransmitEvent,
  VfsSlowEvent,
} from '../../types/stream.ts';
import {FaultCounts, faultWeight} from './fault-counts.ts';
import {DropPlaces, PeerSegments} from './packets.ts';
import {heaviest, MAX_KEYS, Ranking} from './ranking.ts';
import {Requests} from './requests.ts';
import {SlowCalls} from './slow-calls.ts';
import {Syscalls} from './syscalls.ts';
import {Waits} from './waits.ts';

/** Who stands out in the last minute: what events and samples say of tasks, files, devices and peers. */
export class Leaders {
  readonly #waits = new Ranking(() => new Waits());
  readonly #files = new Ranking(() => new SlowCalls());
  readonly #syscalls = new Ranking(() => new Syscalls());
  readonly #requests = new Ranking(() => new Requests());
  readonly #faults = new Ranking(() => new FaultCounts());
  readonly #peers = new Ranking(() => new PeerSegments());
  readonly #drops = new Ranking(() => new DropPlaces());

  event(event: KernelEvent, atMs: number): void {
    const {type} = event;
    if (type === 'SCHED_LATENCY') this.#wait(event as SchedLatencyEvent, atMs);
    else if (type === 'BIO_LATENCY') this.#request(event as BioLatencyEvent, atMs);
    else if (type === 'VFS_SLOW') this.#file(event as VfsSlowEvent, atMs);
    else if (type === 'SYSCALL_SLOW') this.#syscall(event as SyscallSlowEvent, atMs);
    else if (type === 'PAGE_FAULT') this.#fault(event as PageFaultEvent, atMs);
    else if (type === 'TCP_RETRANSMIT') this.#retransmit(event as TcpRetransmitEvent, atMs);
    else if (type === 'PACKET_DROP') this.#drop(event as PacketDropEvent, atMs);
  }

  /** Counts what a sample says of processes: of those with most faults, as many as are kept. */
  sample({processes = []}: Sample, endMs: number): void {
    for (const row of heaviest(processes, MAX_KEYS, faultWeight)) this.#faults.at(processKey(row), endMs).count(row);
  }

  // The lists of the last minute, worst first.

  waiters(nowMs: number): Waiter[] {
    return this.#waits.top(nowMs).map((each) => each.row());
  }

  files(nowMs: number): SlowFile[] {
    return this.#files.top(nowMs).map((each) => each.row());
  }

  syscalls(nowMs: number): SlowSyscall[] {
    return this.#syscalls.top(nowMs).map((each) => each.row());
  }

  requests(nowMs: number): SlowRequests[] {
    return this.#requests.top(nowMs).map((each) => each.row());
  }

  faulters(nowMs: number): Faulter[] {
    return this.#faults.top(nowMs).map((each) => each.row());
  }

  peers(nowMs: number): Peer[] {
    return this.#peers.top(nowMs).map((each) => each.row());
  }

  dropPlaces(nowMs: number): DropPlace[] {
    return this.#drops.top(nowMs).map((each) => each.row());
  }

  #wait(event: SchedLatencyEvent, atMs: number): void {
    this.#waits.at(ownerKey(event), atMs).add(event);
  }

  #request(event: BioLatencyEvent, atMs: number): void {
    this.#requests.at(event.device, atMs).add(event);
  }

  /** What sleeps by design is no slow file. */
  #file(event: VfsSlowEvent, atMs: number): void {
    if (event.severity !== 'info') this.#files.at(SlowCalls.key(event), atMs).add(event);
  }

  #syscall(event: SyscallSlowEvent, atMs: number): void {
    if (event.severity !== 'info') this.#syscalls.at(event.syscall_name, atMs).add(event);
  }

  #fault(event: PageFaultEvent, atMs: number): void {
    this.#faults.at(processKey(event), atMs).add(event);
  }

  #retransmit(event: TcpRetransmitEvent, atMs: number): void {
    this.#peers.at(event.daddr, atMs).add(event);
  }

  #drop(event: PacketDropEvent, atMs: number): void {
    this.#drops.at(`${event.class} ${event.reason}`, atMs).add(event);
  }
}

/** A process, whichever of its threads it was; where it isn't known, its name. */
function processKey({pid, comm}: {pid?: number; comm?: string}): string {
  return pid === undefined ? `- ${comm ?? '-'}` : String(pid);
}

function ownerKey({pid, comm}: {pid?: number; comm?: string}): string {
  return `${pid ?? '-'} ${comm ?? '-'}`;
}
