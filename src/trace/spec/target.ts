import type {TraceRefusal, TraceType} from '../../types/trace.ts';
import {refuse} from '../refusal.ts';
import {checkText, type TextRule} from './text.ts';

/** What a target looks like. A `*` is a bounded wildcard: how many it matches is known only on the host. */
const TARGETS: Record<TraceType, {rule: TextRule; shape: RegExp; example: string}> = {
  tracepoint: {
    rule: {longest: 130, allowed: /^[A-Za-z0-9_:*-]+$/, says: 'letters, digits, _ - : and *'},
    shape: /^[A-Za-z0-9_-]+:[A-Za-z0-9_*-]+$/,
    example: 'syscalls:sys_enter_openat',
  },
  kprobe: {
    rule: {longest: 128, allowed: /^[A-Za-z0-9_.*]+$/, says: 'letters, digits, _ . and *'},
    shape: /^[A-Za-z_*][A-Za-z0-9_.*]*$/,
    example: 'vfs_read',
  },
  kretprobe: {
    rule: {longest: 128, allowed: /^[A-Za-z0-9_.*]+$/, says: 'letters, digits, _ . and *'},
    shape: /^[A-Za-z_*][A-Za-z0-9_.*]*$/,
    example: 'vfs_read',
  },
  usdt: {
    rule: {longest: 400, allowed: /^[A-Za-z0-9_./+@:-]+$/, says: 'letters, digits and _ . / + @ : -'},
    shape: /^\/[^:]+(?::[A-Za-z0-9_-]+){1,2}$/,
    example: '/usr/bin/node:node:gc__start',
  },
};

/** The prefixes that bpftrace itself writes before a target of the type. */
const PREFIXES: Record<TraceType, string[]> = {
  tracepoint: ['tracepoint:', 't:'],
  kprobe: ['kprobe:', 'k:'],
  kretprobe: ['kretprobe:', 'kr:'],
  usdt: ['usdt:', 'U:'],
};

/** The target, without its type before it, or what is wrong with it. */
export function readTarget(type: TraceType, value: unknown, field: string): string | TraceRefusal {
  const {rule, shape, example} = TARGETS[type];
  if (value === undefined || value === null || value === '') return refuse(field, 'missing', `such as ${example}`);
  const prefix = typeof value === 'string' ? PREFIXES[type].find((each) => value.startsWith(each)) : undefined;
  const target = checkText(prefix ? (value as string).slice(prefix.length) : value, field, rule);
  if (typeof target !== 'string') return target;
  if (!shape.test(target)) return refuse(field, `no ${type}'s target`, `such as ${example}`);
  if (type === 'usdt') return checkPath(target, field) ?? target;
  return target;
}

function checkPath(target: string, field: string): TraceRefusal | undefined {
  const path = target.slice(0, target.indexOf(':'));
  const parts = path.slice(1).split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    return refuse(field, 'the path has empty, . or .. parts', "the file's whole path");
  }
  return undefined;
}
