import {AuditLog} from '../src/trace/audit/log.ts';
import {Run} from '../src/trace/run/run.ts';
import {RUN_TIMES} from '../src/trace/run/timers.ts';
import type {TracePlan} from '../src/types/trace.ts';

export const SEPARATOR = '|5eb1a7c09d3f|';

/** A trace that prints names of files. */
export function plan(text: string): TracePlan {
  return {
    name: 'bench',
    type: 'tracepoint',
    target: 'syscalls:sys_enter_openat',
    duration_s: 60,
    notes: [],
    script: {
      text,
      separator: SEPARATOR,
      strlen: 64,
      maps: [],
      events: [{tag: 'o', function: 'openat', fields: [{name: 'filename', kind: 'string'}], format: 'open %s'}],
    },
  };
}

/** What runs it: bpftrace, or what stands in for it. */
export function runOf(text: string, path: string, supervisor: string, audit: string): Run {
  return new Run(1, plan(text), {
    bpftrace: {path, version: {text: '0.17.0', major: 0, minor: 17}, supervisor},
    audit: new AuditLog(audit),
    origin: 'cli',
    times: RUN_TIMES,
  });
}
