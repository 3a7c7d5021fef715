import test from 'ava';
import {Hooks} from '../../../src/trace/hooks/hooks.ts';
import {PRESETS, presetForTarget} from '../../../src/trace/presets/catalog.ts';
import {planPreset, presetList} from '../../../src/trace/presets/plan.ts';
import type {TracePlan, TraceRefusal, TraceType} from '../../../src/types/trace.ts';

/** A kernel on which everything that presets ask for is there, or what isn't `without`. */
class AllHooks extends Hooks {
  constructor(private readonly without: (type: TraceType, target: string) => boolean = () => false) {
    super({root: '/nonexistent'});
  }

  override missing() {
    return undefined;
  }

  override find(type: TraceType, target: string) {
    if (this.without(type, target)) return {field: 'target', why: `this kernel has no ${target}`};
    const needs = PRESETS.flatMap(({forms}) => forms.flatMap((form) => form.needs));
    const names = new Set(needs.flatMap((need) => need.fields ?? []));
    const fields = [...names].map(
      (name) => ({name, type: 'int', shape: 'int', bits: 32, signed: true, narrow: false}) as const,
    );
    return [{type, target, fields, typed: true, notes: []}];
  }
}

const SEPARATOR = '|0123456789ab|';
const planned = (name: string, parameters = {}, hooks: Hooks = new AllHooks(), version = 'v0.17.0', options = {}) =>
  planPreset(name, parameters, hooks, version, {separator: SEPARATOR, types: true, ...options});
const plan = (...args: Parameters<typeof planned>) => planned(...args) as TracePlan;
const refusal = (...args: Parameters<typeof planned>) => planned(...args) as TraceRefusal;

for (const {name, help, pattern} of PRESETS) {
  test(`${name}: its plan is whole, and each printf has a value for each conversion`, (t) => {
    const {script, preset, duration_s} = plan(name, {pid: 42, ...(pattern === undefined ? {} : {pattern: '*.conf'})});
    t.is(preset, name);
    t.is(duration_s, 10);
    t.true(help.length > 20 && help.length < 120 && !help.includes('\n'));
    const prints = [...script.text.matchAll(/printf\("([^"]*)", (.*?)\);/g)];
    t.is(prints.length > 0, script.events.length > 0);
    for (const [, format = '', values = ''] of prints) {
      const [, tag] = format.split(SEPARATOR);
      const kind = script.events.find((each) => each.tag === tag);
      t.truthy(kind, tag);
      t.is(format.split(SEPARATOR).length, 8 + kind!.fields.length);
      t.is(format.match(/%/g)?.length, commas(values) + 1, format);
      t.is(kind!.format.match(/%s/g)!.length <= kind!.fields.length, true);
    }
    for (const map of script.maps) t.true(script.text.includes(`${map.name}`), map.name);
    for (const [map] of script.text.matchAll(/@[a-z]+/g)) {
      const known = ['@hits', ...script.maps.map((each) => each.name)].includes(map);
      t.true(known || script.text.includes(`clear(${map})`), `${map} is bpftrace's to print`);
    }
    t.is(script.text.includes('pid == 42'), true);
    t.false(script.text.includes('unsafe') || script.text.includes('system('));
  });

  test(`${name}: newer versions write args. with a dot`, (t) => {
    const {script} = plan(name, {}, new AllHooks(), 'v0.21.2');
    t.false(script.text.includes('args->'));
    t.true(plan(name).script.text.includes('args->'));
  });
}

/** Commas between arguments, not those within them. */
function commas(values: string): number {
  let depth = 0;
  let count = 0;
  for (const each of values) {
    if ('(['.includes(each)) depth++;
    if (')]'.includes(each)) depth--;
    if (each === ',' && depth === 0) count++;
  }
  return count;
}

test('what a request asks for bare is answered by the preset that is made for it', (t) => {
  t.is(presetForTarget('kprobe', 'tcp_connect'), 'tcp-connect');
  t.is(presetForTarget('tracepoint', 'block:block_rq_complete'), 'disk-latency');
  t.is(presetForTarget('kprobe', 'vfs_read'), 'slow-reads');
  t.is(presetForTarget('kprobe', 'vfs_write'), 'file-writes');
  t.is(presetForTarget('kprobe', '__alloc_pages_nodemask'), 'page-alloc');
  t.is(presetForTarget('kprobe', 'tcp_retransmit_skb'), 'tcp-retransmit');
  t.is(presetForTarget('kretprobe', 'do_sys_openat2'), 'open-files');
  t.is(presetForTarget('tracepoint', 'syscalls:sys_enter_execve'), 'process-exec');
  t.is(presetForTarget('kprobe', 'ext4_file_open'), undefined);
  t.is(presetForTarget('tracepoint', 'tcp_connect'), undefined);
});

test('a preset that answers for another hook says so', (t) => {
  const askedFor = {type: 'kprobe', target: 'vfs_read'};
  t.true(
    plan('slow-reads', {}, new AllHooks(), 'v0.17.0', {askedFor}).notes[0]?.startsWith('kprobe:vfs_read is answered'),
  );
});

test('without the first hook another one stands in, and without any it says which are missing', (t) => {
  const noCalls = new AllHooks((type) => type === 'tracepoint');
  const writes = plan('file-writes', {}, noCalls);
  t.is(`${writes.type}:${writes.target}`, 'kprobe:vfs_write');
  t.true(
    writes.notes[0]?.startsWith('kprobe:vfs_write stands in: this kernel lacks tracepoint:syscalls:sys_enter_write'),
  );
  t.is(refusal('signals', {}, noCalls).why, 'signals needs tracepoint:signal:signal_generate, which this kernel lacks');
  t.is(presetList(noCalls).find(({name}) => name === 'signals')?.missing, 'tracepoint:signal:signal_generate');
});

for (const [name, parameters, field] of [
  ['tcp-conect', {}, 'preset'],
  ['tcp-connect', {duration_s: 61}, 'duration_s'],
  ['tcp-connect', {duration_s: 1.5}, 'duration_s'],
  ['tcp-connect', {pid: 0}, 'pid'],
  ['tcp-connect', {pid: Number.NaN}, 'pid'],
  ['tcp-connect', {process_name: 'x"; exit(); "'}, 'process_name'],
  ['tcp-connect', {process_name: 'a-name-of-16-bytes'}, 'process_name'],
  ['tcp-connect', {pattern: 'a*'}, 'pattern'],
  ['file-writes', {pattern: 'a*b'}, 'pattern'],
  ['tcp-connect', {slow_ms: 5}, 'slow_ms'],
  ['disk-latency', {slow_ms: -1}, 'slow_ms'],
  ['disk-latency', {slow_ms: Number.POSITIVE_INFINITY}, 'slow_ms'],
] as const) {
  test(`${name} with ${JSON.stringify(parameters)} is refused for its ${field}`, (t) => {
    t.is(refusal(name, parameters).field, field);
  });
}

test('a wrong name is answered with the nearest one', (t) => {
  t.is(refusal('tcp-conect').remedy, 'did you mean tcp-connect?');
});

test('an older bpftrace is refused', (t) => {
  t.is(refusal('dns', {}, new AllHooks(), 'v0.14.0').field, 'bpftrace');
});

test('kstop and bpftrace are left out unless a process is named', (t) => {
  t.true(
    plan('open-files', {}, new AllHooks(), 'v0.17.0', {self: 77}).script.text.includes('pid != @self && pid != 77'),
  );
  t.false(plan('open-files', {pid: 5}, new AllHooks(), 'v0.17.0', {self: 77}).script.text.includes('@self'));
});
