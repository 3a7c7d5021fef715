import {readFileSync, realpathSync, statSync} from 'node:fs';
import path from 'node:path';
import type {TraceRefusal, TraceType} from '../../types/trace.ts';
import {nearest} from '../../util/nearest.ts';
import {didYouMean, isRefusal, refuse} from '../refusal.ts';
import {Btf} from './btf.ts';
import type {HookField} from './field.ts';
import {readTracepointFormat} from './format.ts';
import {readFunctions} from './functions.ts';
import {Tracefs} from './tracefs.ts';
import {readUsdt, type UsdtProbe} from './usdt.ts';

/** Hooks that one wildcard may match. */
export const MATCHES_MAX = 16;
/** Formats and signatures that are remembered. */
const REMEMBERED_MAX = 1000;

/** One place of this host that a trace can be attached to. */
export interface Hook {
  type: TraceType;
  /** What stands after the type in bpftrace: names of this host only, no wildcard. */
  target: string;
  /** Empty where nothing is known of them: then there are `arg0` … and `retval` as 64-bit numbers. */
  fields: HookField[];
  typed: boolean;
  notes: string[];
}

export interface HooksOptions {
  /** Folder that stands for `/`, for tests. */
  root?: string;
}

/** What this host can trace. Files are read when they are first asked for, and kept. */
export class Hooks {
  private readonly root: string;
  private fs: Tracefs | undefined;
  private functions: Set<string> | undefined;
  private btf: Btf | 'none' | undefined;
  private readonly found = new Map<string, Hook[]>();

  constructor({root = '/'}: HooksOptions = {}) {
    this.root = root;
  }

  get tracefs(): Tracefs {
    this.fs ??= new Tracefs(this.root);
    return this.fs;
  }

  /** Why a type of hook can't be had here; undefined where it can. */
  missing(type: TraceType): TraceRefusal | undefined {
    if (this.tracefs.folder === undefined) {
      return refuse('type', "tracefs can't be read", 'as root, with /sys/kernel/tracing mounted');
    }
    if (type === 'tracepoint') return undefined;
    const file = type === 'usdt' ? 'uprobe_events' : 'kprobe_events';
    if (this.tracefs.has(file)) return undefined;
    return refuse('type', `this kernel has no ${type === 'usdt' ? 'uprobes' : 'kprobes'}`, 'tracepoints');
  }

  /** Whether a tracepoint or a function is there, without reading what it has. */
  has(type: TraceType, target: string): boolean {
    return !isRefusal(this.find(type, target));
  }

  /** The hooks that a target names, at most 16 by a wildcard, or why there are none. Field names are those of a TraceSpec. */
  find(type: TraceType, target: string): Hook[] | TraceRefusal {
    const missing = this.missing(type);
    if (missing) return missing;
    const key = `${type}:${target}`;
    const known = this.found.get(key);
    if (known) return known;
    const hooks =
      type === 'tracepoint'
        ? this.tracepoints(target)
        : type === 'usdt'
          ? this.usdt(target)
          : this.probes(type, target);
    if (!isRefusal(hooks) && this.found.size < REMEMBERED_MAX) this.found.set(key, hooks as Hook[]);
    return hooks;
  }

  private tracepoints(target: string): Hook[] | TraceRefusal {
    const [category = '', pattern = ''] = target.split(':');
    const names = this.tracefs.events(category);
    if (names.length === 0 || !this.tracefs.categories().includes(category)) {
      const near = nearest(category, this.tracefs.categories());
      return refuse('target', `this kernel has no tracepoints ${category}:…`, didYouMean(near && `${near}:${pattern}`));
    }
    const chosen = choose(pattern, names);
    if (chosen.length === 0) {
      const near = nearest(pattern, names);
      return refuse('target', `this kernel has no tracepoint ${target}`, didYouMean(near && `${category}:${near}`));
    }
    if (chosen.length > MATCHES_MAX) return tooMany(target, chosen.length);
    const hooks = chosen.map((name) => this.tracepoint(category, name));
    const unread = hooks.find(isRefusal);
    return unread ?? (hooks as Hook[]);
  }

  private tracepoint(category: string, name: string): Hook | TraceRefusal {
    const target = `${category}:${name}`;
    const text = this.tracefs.format(category, name);
    if (text === undefined) return refuse('target', `the format of ${target} can't be read`);
    return {type: 'tracepoint', target, fields: readTracepointFormat(text), typed: true, notes: []};
  }

  private probes(type: 'kprobe' | 'kretprobe', target: string): Hook[] | TraceRefusal {
    this.functions ??= readFunctions(this.root, this.tracefs.folder);
    const chosen = choose(target, this.functions);
    if (chosen.length === 0) {
      return refuse('target', `this kernel has no function ${target}`, didYouMean(nearest(target, this.functions)));
    }
    if (chosen.length > MATCHES_MAX) return tooMany(target, chosen.length);
    return chosen.map((name) => this.probe(type, name));
  }

  private probe(type: 'kprobe' | 'kretprobe', name: string): Hook {
    const signature = this.types()?.signature(name);
    if (!signature) {
      const note = `no types are known of ${name}: arg0 …, retval are 64-bit numbers`;
      return {type, target: name, fields: [], typed: false, notes: [note]};
    }
    const {parameters, result} = signature;
    return {
      type,
      target: name,
      fields: type === 'kprobe' ? parameters : result ? [result] : [],
      typed: true,
      notes: [],
    };
  }

  private types(): Btf | undefined {
    this.btf ??= readBtf(path.join(this.root, '/sys/kernel/btf/vmlinux')) ?? 'none';
    return this.btf === 'none' ? undefined : this.btf;
  }

  private usdt(target: string): Hook[] | TraceRefusal {
    const [file = '', ...names] = target.split(':');
    const checked = checkFile(path.join(this.root, file), file);
    if (isRefusal(checked)) return checked;
    const probes = readUsdt(checked.path);
    if (!probes?.length) return refuse('target', `${file} has no USDT probes`);
    const [provider, name] = names.length === 1 ? [undefined, names[0]!] : [names[0], names[1]!];
    const fits = probes.filter(
      (probe) => probe.name === name && (provider === undefined || probe.provider === provider),
    );
    if (fits.length === 0) {
      const near = nearest(name, new Set(probes.map((probe) => probe.name)));
      return refuse('target', `${file} has no probe ${names.join(':')}`, didYouMean(near && `${file}:${near}`));
    }
    const providers = new Set(fits.map((probe) => probe.provider));
    if (providers.size > 1)
      return refuse('target', `${name} is of ${[...providers].join(' and ')}`, `${file}:PROVIDER:${name}`);
    return [usdtHook(file, fits, checked.notes)];
  }
}

function usdtHook(file: string, places: UsdtProbe[], notes: string[]): Hook {
  const [{provider, name}] = places as [UsdtProbe];
  // A probe that stands in several places has what all of them have.
  const fewest = places.reduce((a, b) => (b.arguments.length < a.arguments.length ? b : a)).arguments;
  return {
    type: 'usdt',
    target: `${file}:${provider}:${name}`,
    fields: fewest,
    typed: true,
    notes,
  };
}

/** Names that fit, where `*` stands for anything; without one the name itself. */
function choose(pattern: string, names: readonly string[] | ReadonlySet<string>): string[] {
  if (!pattern.includes('*')) return isOne(pattern, names) ? [pattern] : [];
  const parts = pattern.split('*');
  return [...names].filter((name) => globbed(parts, name));
}

function isOne(name: string, names: readonly string[] | ReadonlySet<string>): boolean {
  return 'has' in names ? names.has(name) : names.includes(name);
}

/** From left to right, each part as early as it goes: no way back is needed, so no pattern is dear. */
function globbed(parts: readonly string[], name: string): boolean {
  const last = parts.at(-1)!;
  if (!name.startsWith(parts[0]!)) return false;
  let at = parts[0]!.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

function tooMany(target: string, count: number): TraceRefusal {
  return refuse('target', `${target} matches ${count}, at most ${MATCHES_MAX}`, 'a narrower pattern');
}

function readBtf(file: string): Btf | undefined {
  try {
    return new Btf(readFileSync(file));
  } catch {
    return undefined;
  }
}

/** A program file as it really stands. Others than root who may write it are told of: bpftrace reads what they wrote. */
function checkFile(whole: string, shown: string): {path: string; notes: string[]} | TraceRefusal {
  try {
    const real = realpathSync(whole);
    const stat = statSync(real);
    if (!stat.isFile()) return refuse('target', `${shown} is no file`);
    const others = stat.uid !== 0 || (stat.mode & 0o022) !== 0;
    return {path: real, notes: others ? [`${shown} can be changed by others than root`] : []};
  } catch {
    return refuse('target', `${shown} can't be read`, "the file's whole path");
  }
}
