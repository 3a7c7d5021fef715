import type {TraceEvent, TraceMap, TracePlan, TraceRefusal, TraceSpec} from '../../types/trace.ts';
import type {FilterNode, PlainFilter} from '../filter/ast.ts';
import {matches} from '../filter/keep.ts';
import {parseFilter} from '../filter/parse.ts';
import type {Hook, Hooks} from '../hooks/hooks.ts';
import {isRefusal, refuse} from '../refusal.ts';
import {readAggregate} from '../spec/aggregate.ts';
import {atLeast, OLDEST, readVersion, type Version} from '../version.ts';
import {type AggregatePart, aggregatePart} from './aggregate.ts';
import {assemble, HITS, type HookBlock} from './assemble.ts';
import {type EventPart, eventCode, eventPart} from './event.ts';
import {type DividedFilter, divideFilter} from './filters.ts';
import {predicateOf} from './predicate.ts';
import {strlenFor} from './room.ts';
import {randomSeparator} from './separator.ts';

export interface PlanOptions {
  /** Before each part of an event; a random one where it isn't given. */
  separator?: string;
  /** Kstop's own number in the host's PID namespace: what it does with the events isn't traced. */
  self?: number;
}

/** What a spec becomes on this host: a script and how its output is read. `bpftraceVersion` as bpftrace prints it. */
export function planSpec(
  spec: TraceSpec,
  hooks: Hooks,
  bpftraceVersion: string,
  options: PlanOptions = {},
): TracePlan | TraceRefusal {
  const version = readVersion(bpftraceVersion);
  if (!version || !atLeast(version, OLDEST.major, OLDEST.minor)) {
    return refuse(
      'bpftrace',
      `version ${bpftraceVersion.slice(0, 40)}, at least ${OLDEST.major}.${OLDEST.minor} is needed`,
    );
  }
  const found = hooks.find(spec.type, spec.target);
  if (isRefusal(found)) return found as TraceRefusal;
  const filter = spec.filter === undefined ? undefined : parseFilter(spec.filter);
  if (filter && 'problem' in filter) return refuse('filter', filter.problem);
  const plan = new Planner(spec, filter?.node, version, options.separator ?? randomSeparator());
  for (const hook of found as Hook[]) {
    const refused = plan.add(hook);
    if (refused) return refused;
  }
  return plan.finished(options.self);
}

interface UserPart {
  filter: PlainFilter;
  /** Fields of it that are printed as hexadecimal digits. */
  hex: string[];
}

/** Adds hook by hook to one script. */
class Planner {
  private readonly blocks: HookBlock[] = [];
  private readonly kinds: EventPart[] = [];
  private readonly notes = new Set<string>();
  private map: TraceMap | undefined;
  private strlen = Number.POSITIVE_INFINITY;
  /** What user space tests of each hook's events. */
  private readonly user = new Map<string, UserPart>();

  constructor(
    private readonly spec: TraceSpec,
    private readonly filter: FilterNode | undefined,
    private readonly version: Version,
    private readonly separator: string,
  ) {}

  /** One more hook; what is wrong with the spec there, if anything. */
  add(hook: Hook): TraceRefusal | undefined {
    for (const note of hook.notes) this.notes.add(note);
    const filter = divideFilter(this.filter, hook, this.version);
    if (isRefusal(filter)) return filter;
    const hex = filter.extra.filter(({kind}) => kind === 'hex').map(({name}) => name);
    if (filter.user) this.user.set(hook.target, {filter: filter.user, hex});
    const part = this.part(hook, filter);
    if (isRefusal(part)) return part;
    const strlen = strlenFor(part.values, filter.texts);
    if (strlen === undefined) return refuse('arguments', 'more than one event can carry', 'fewer of them');
    this.strlen = Math.min(this.strlen, strlen);
    const when = filter.kernel && predicateOf(filter.kernel, {hook, version: this.version, strlen});
    if (when && isRefusal(when)) return when as TraceRefusal;
    const does = 'does' in part ? part.does : eventCode(part, this.separator);
    this.blocks.push({hook, does, ...(when ? {when} : {})});
    return undefined;
  }

  private part(hook: Hook, filter: DividedFilter): EventPart | AggregatePart | TraceRefusal {
    if (this.spec.aggregate === undefined) {
      const part = eventPart(this.spec, hook, this.version, `t${this.kinds.length}`, filter);
      if (!isRefusal(part)) this.kinds.push(part as EventPart);
      return part;
    }
    if (filter.user) {
      return refuse(
        'filter',
        'texts within a text and addresses are compared in user space, but the map is filled in the kernel',
        'a text from its begin ("abc*"), or events without aggregate',
      );
    }
    const aggregate = readAggregate(this.spec.aggregate, 'aggregate');
    if (isRefusal(aggregate)) return aggregate;
    const part = aggregatePart(aggregate, hook, this.version);
    if (!isRefusal(part)) this.map = part.map;
    return part;
  }

  finished(self: number | undefined): TracePlan {
    const {name, description, type, target, duration_s, pid, process_name} = this.spec;
    const maps = this.map ? [this.map] : [];
    const text = assemble(this.blocks, {spec: this.spec, maps, ...(self === undefined ? {} : {self})});
    const {user} = this;
    if (user.size > 0) this.notes.add('a part of the filter is applied to the events that bpftrace prints');
    return {
      name,
      ...(description === undefined ? {} : {description}),
      type,
      target,
      duration_s,
      ...(pid === undefined ? {} : {pid}),
      ...(process_name === undefined ? {} : {process_name}),
      script: {
        text,
        separator: this.separator,
        events: this.kinds.map((part) => part.kind),
        maps,
        hits: HITS,
        strlen: this.strlen,
      },
      notes: [...this.notes],
      ...(user.size > 0 ? {keep: (event: TraceEvent) => kept(event, user.get(event.function))} : {}),
    };
  }
}

function kept(event: TraceEvent, part: UserPart | undefined): boolean {
  return part === undefined || matches(part.filter, (field) => lookup(event, field, part.hex));
}

/** A filter's field of an event: what every event has, or one of its arguments. */
function lookup(event: TraceEvent, field: string, hex: readonly string[]): string | undefined {
  switch (field) {
    case 'pid':
    case 'tid':
    case 'uid':
    case 'cpu':
      return String(event[field]);
    case 'comm':
      return event.process_name;
    default:
      return Object.hasOwn(event.raw_args, field)
        ? `${hex.includes(field) ? '0x' : ''}${event.raw_args[field]}`
        : undefined;
  }
}
