import {knownDropClass} from '../probes/drop-reasons.ts';
import {DROP_CLASSES, type DropClass} from '../types/stream.ts';

/** KS_DROP_SUBSYSTEMS (bpf/wire.h): the table's entries from here on stand for whole subsystems. */
const SUBSYSTEM_ENTRIES = 448;
/** SKB_DROP_REASON_SUBSYS_MASK (include/net/dropreason.h): the upper half of a reason names who numbers the lower. */
const SUBSYSTEM_SHIFT = 16;
const CORE_PREFIX = /^SKB_(DROP_REASON_)?/;
const SUBSYSTEM_PREFIX = 'SUBSYS_';
/** Enumerators that are no reasons. */
const BOUNDS = ['NOT_DROPPED_YET', 'MAX', 'SUBSYS_MASK', 'SUBSYS_NUM'];
/** enum ks_drop_class */
const CLASS_NUMBERS: Record<DropClass, number> = {normal: 0, fault: 1, policy: 2};

/**
 * Drop reasons of the running kernel: numbers move between versions, so names are read from its own type information
 * (`NAME VALUE` lines of enum skb_drop_reason and enum skb_drop_reason_subsys).
 */
export class DropReasons {
  private readonly core = new Map<number, string>();
  private readonly subsystems = new Map<number, string>();

  constructor(enumerators: string) {
    for (const line of enumerators.split('\n')) {
      const [, name, value] = /^(\w+) (\d+)$/.exec(line) ?? [];
      const short = name?.replace(CORE_PREFIX, '');
      if (!short || BOUNDS.includes(short)) continue;
      if (short.startsWith(SUBSYSTEM_PREFIX)) this.subsystems.set(Number(value), short.slice(SUBSYSTEM_PREFIX.length));
      else this.core.set(Number(value), short);
    }
  }

  /** Names of the kernel's core reasons; none before 5.17. */
  names(): string[] {
    return [...this.core.values()];
  }

  /** `SOCKET_RCVBUFF`; a subsystem's by its number (`OPENVSWITCH_3`); `UNKNOWN` where the kernel gives none. */
  name(reason: number): string {
    if (reason === 0) return 'UNKNOWN';
    const subsystem = reason >>> SUBSYSTEM_SHIFT;
    if (subsystem === 0) return this.core.get(reason) ?? `REASON_${reason}`;
    return `${this.subsystems.get(subsystem) ?? `SUBSYSTEM_${subsystem}`}_${reason & 0xffff}`;
  }

  /** A subsystem's own reasons (frames that mac80211 can't use, what Open vSwitch's flows tell it to drop) are normal. */
  classOf(reason: number): DropClass {
    return (reason >>> SUBSYSTEM_SHIFT === 0 && knownDropClass(this.name(reason))) || 'normal';
  }

  /** The kernel program's table: [index, class], without those that are normal. */
  table(): [number, number][] {
    return [...this.core.keys()]
      .filter((reason) => reason < SUBSYSTEM_ENTRIES)
      .map((reason): [number, number] => [reason, CLASS_NUMBERS[this.classOf(reason)]])
      .filter(([, number]) => number !== CLASS_NUMBERS.normal);
  }
}

/** Class by its number in a record. */
export function dropClass(number: number): DropClass {
  return DROP_CLASSES.find((name) => CLASS_NUMBERS[name] === number) ?? 'normal';
}
