import type {TraceEvent, TraceMap, TracePlan} from '../../../src/types/trace.ts';

export const SEPARATOR = '|5eb1|';

/** One event on the wire, as the script of `plan` prints it. */
export function wire(
  fields: {tag?: string; nsecs?: string; pid?: number; uid?: number; comm?: string; file?: string} = {},
): string {
  const {tag = 'o', nsecs = '1000000000', pid = 42, uid = 1000, comm = 'cat', file = '/etc/passwd'} = fields;
  return [tag, nsecs, pid, pid + 1, uid, 3, comm, file].map((part) => SEPARATOR + part).join('');
}

/** The same as one line of bpftrace's output. */
export const printed = (data: string): string => `{"type": "printf", "data": ${JSON.stringify(data)}}\n`;

export interface PlanOptions {
  text?: string;
  maps?: TraceMap[];
  duration_s?: number;
  keep?: (event: TraceEvent) => boolean;
  hits?: string;
}

/** A plan that tells of opened files. */
export function plan({text = '', maps = [], duration_s = 60, keep, hits}: PlanOptions = {}): TracePlan {
  return {
    name: 'opens',
    type: 'tracepoint',
    target: 'syscalls:sys_enter_openat',
    duration_s,
    script: {
      text,
      separator: SEPARATOR,
      strlen: 200,
      maps,
      ...(hits !== undefined && {hits}),
      events: [{tag: 'o', function: 'openat', fields: [{name: 'filename', kind: 'string'}], format: 'open %s'}],
    },
    notes: [],
    ...(keep && {keep}),
  };
}

/** A script of which each hit is one event, and counted in the kernel as `@hits`. */
export function script(probe: string, file: string, filter = ''): string {
  const fields = ['o', '%llu', '%d', '%d', '%d', '%d', '%s', '%s'].map((part) => SEPARATOR + part).join('');
  return `${probe} ${filter} { @hits = count(); printf("${fields}", nsecs, pid, tid, uid, cpu, comm, ${file}); }\n`;
}

export const HITS: TraceMap = {name: '@hits', title: 'hits', kind: 'count', keys: [], unit: 'events'};
