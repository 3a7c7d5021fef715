import type {NativeProbeState} from '../../native/engine.ts';
import type {KernelEvent} from '../../types/stream.ts';
import type {FileProbe} from '../file-probe.ts';
import {ProcFile} from '../host.ts';
import {BoundedCounters} from '../readers/bounded-counters.ts';
import type {SampleParts} from '../readers/reader.ts';
import {increase} from './increase.ts';
import {isChosen} from './protocols.ts';
import {type Figure, readBacklog, readDevices, readPairs, readSixes} from './tables.ts';

/** Devices that a sample names; those of a host with more are summed as `other`. */
const DEVICES_MAX = 64;
const DEVICE_FIGURES = 8;
/** More than the protocols and the backlog have. */
const OTHER_FIGURES = 256;

/** The files below /proc/self/net: kstop's own network namespace. */
const FILES = [
  {name: 'dev', read: readDevices, lost: 'no interfaces'},
  {name: 'snmp', read: readPairs, lost: 'no IPv4 protocols'},
  {name: 'netstat', read: readPairs, lost: 'no extended TCP and IP counters'},
  // Absent without IPv6, where there's nothing to lose.
  {name: 'snmp6', read: readSixes, lost: undefined},
  {name: 'softnet_stat', read: readBacklog, lost: 'no receive backlog'},
] as const;

/** Those whose counters are many and of which some are chosen. */
const PROTOCOLS: ReadonlySet<string> = new Set(['snmp', 'netstat', 'snmp6']);

type FileName = (typeof FILES)[number]['name'];

/** Interfaces, protocols and the receive backlog, from the kernel's own counters, as totals since they were first seen. */
export class TrafficProbe implements FileProbe {
  private readonly files: Readonly<Record<FileName, ProcFile>>;
  private readonly devices = new BoundedCounters(DEVICES_MAX * DEVICE_FIGURES);
  private readonly others = new BoundedCounters(OTHER_FIGURES);
  /** Values at the last look, by file, owner and field. */
  private last = new Map<string, bigint>();

  constructor(folder = '/proc/self/net') {
    const open = ({name}: {name: FileName}) => [name, new ProcFile(`${folder}/${name}`)];
    this.files = Object.fromEntries(FILES.map(open)) as Record<FileName, ProcFile>;
  }

  start(): NativeProbeState {
    const missing = FILES.filter(({name, lost}) => lost && this.files[name].read() === undefined);
    if (missing.length === FILES.filter(({lost}) => lost).length) {
      return {state: 'unavailable', method: '', reason: "/proc/self/net can't be read"};
    }
    this.last.clear();
    this.look(() => {});
    const reason = missing.map(({name, lost}) => `${lost} (/proc/self/net/${name} can't be read)`).join('; ');
    return {state: reason ? 'degraded' : 'attached', method: 'file', reason};
  }

  stop(): void {
    for (const file of Object.values(this.files)) file.close();
  }

  sample(into: SampleParts): KernelEvent[] {
    this.look((file, {owner, field}, by) => {
      if (file === 'dev') this.addDevice(owner, field, by);
      // A row for each CPU, summed.
      else if (file === 'softnet_stat') this.others.add(field, {}, {}, by);
      else this.others.add('protocol_counters', {protocol: owner, field}, {}, by);
    });
    into.counters.push(...this.devices.take(), ...this.others.take());
    return [];
  }

  /** `rx_bytes` -> net_bytes {device, direction: rx}. */
  private addDevice(device: string, field: string, by: number): void {
    const [direction, what] = field.split('_');
    this.devices.add(`net_${what}`, {device: asText(device), direction}, {device: 'other', direction}, by);
  }

  /** Reads all files and hands on what each counter grew by. One that is new (or back) begins here. */
  private look(found: (file: FileName, figure: Figure, by: number) => void): void {
    const now = new Map<string, bigint>();
    for (const {name, read} of FILES) {
      for (const figure of read(this.files[name].read() ?? '')) {
        if (PROTOCOLS.has(name) && !isChosen(figure.owner, figure.field)) continue;
        const key = `${name} ${figure.owner} ${figure.field}`;
        // A device that comes or goes while the table is read may have another one told twice.
        if (now.has(key)) continue;
        const before = this.last.get(key) ?? figure.value;
        now.set(key, figure.value);
        found(name, figure, Number(increase(before, figure.value)));
      }
    }
    this.last = now;
  }
}

/** The files are read as bytes; a name may be UTF-8. */
const asText = (name: string): string =>
  /[\x80-\xff]/.test(name) ? Buffer.from(name, 'latin1').toString('utf8') : name;
