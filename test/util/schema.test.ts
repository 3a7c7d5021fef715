import {readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';
import test from 'ava';
import {validate} from '../../src/sources/validate.ts';
import type {StreamObject} from '../../src/types/stream.ts';
import {required, schemaErrors} from './schema.ts';
import * as synthetic from './synthetic.ts';

const stamp = {time: '2026-01-31T12:34:56.123456789Z', mono_ns: '1'};
const event = {kind: 'event', ...stamp, type: 'TCP_RETRANSMIT', subsystem: 'network', severity: 'info', cpu: 0};
const retransmit = {
  ...event,
  saddr: '::1',
  sport: 1,
  daddr: '::1',
  dport: 2,
  family: 'IPv6',
  state: 'CLOSE',
  segments: 1,
};

test('a complete object passes the published schema', (t) => {
  t.deepEqual(schemaErrors(retransmit), []);
});

test('a missing, an unknown, a mistyped field and an unknown kind are found', (t) => {
  const {saddr: _, ...without} = retransmit;
  t.not(schemaErrors(without).length, 0);
  t.not(schemaErrors({...retransmit, extra: 1} as never).length, 0);
  t.not(schemaErrors({...retransmit, segments: '1'} as never).length, 0);
  t.not(schemaErrors({...retransmit, time: 'yesterday'} as never).length, 0);
  t.not(schemaErrors({kind: 'nothing'}).length, 0);
});

const known = [
  synthetic.wait(1, 2000),
  synthetic.request(1, 20_000),
  synthetic.oom(1),
  synthetic.retransmit(1),
  synthetic.slowFile(1, 20_000),
  synthetic.slowCall(1, 20_000),
  synthetic.ran(1, {args: 'cc1 -quiet x.c'}),
  synthetic.went(1, {exit_code: 134, signal: 6, signal_name: 'SIGABRT', core: true}),
  synthetic.forked(1),
  synthetic.drop(1, {device: 'eth0', netns: 4026531840}),
  synthetic.fault(1, {latency_us: 8400}),
  synthetic.pressure(1, {scope: '/a', working_set_bytes: 1, usage_bytes: 2, limit_bytes: 3, utilization_pct: 33.4}),
  synthetic.foretold(1),
  synthetic.lockup(1, 'SOFT_LOCKUP'),
  synthetic.lockup(1, 'HUNG_TASK'),
  synthetic.lockup(1, 'RCU_STALL'),
];

for (const object of known) {
  test(`${object.type}: the schema and the reader of recordings agree on each of its fields`, (t) => {
    t.deepEqual(schemaErrors(object), []);
    const read = (value: object) => validate(value, JSON.stringify(value).length);
    t.deepEqual(read(object), object as StreamObject);
    const needed = new Set(required(object.type));
    for (const field of Object.keys(object)) {
      const {[field]: _, ...without} = object as unknown as Record<string, unknown>;
      const wrong = {...object, [field]: {}};
      t.not(schemaErrors(wrong as never).length, 0, `${field} may be an object`);
      if (field !== 'type' && field !== 'kind') t.throws(() => read(wrong), undefined, `${field} is read as an object`);
      if (!needed.has(field)) t.deepEqual(schemaErrors(without as never), [], `${field} is optional`);
      // An older recording's events have a CPU each; a reader takes one without.
      else if (field !== 'kind' && field !== 'cpu')
        t.throws(() => read(without), undefined, `${field} is read when it is missing`);
    }
  });
}

test('a host with isolated CPUs', (t) => {
  const {host} = synthetic.header();
  const header = synthetic.header([], {host: {...host, isolated_cpus: '2-5,7', nohz_full_cpus: '2-5'}});
  t.deepEqual(schemaErrors(header), []);
  t.notThrows(() => validate(header, 1000));
  t.throws(() => validate({...header, host: {...host, isolated_cpus: 5}}, 1000));
});

const RECORDINGS: Record<string, string[]> = {
  'test/fixtures/trouble': ['SCHED_LATENCY', 'BIO_LATENCY', 'OOM_KILL', 'TCP_RETRANSMIT'],
  'test/fixtures/files': ['VFS_SLOW'],
  'test/fixtures/lockup': ['HUNG_TASK'],
  'test/fixtures/drops': ['PACKET_DROP'],
  'examples/trouble': ['SCHED_LATENCY', 'BIO_LATENCY', 'VFS_SLOW', 'OOM_KILL', 'TCP_RETRANSMIT', 'PACKET_DROP'],
};

for (const [name, wanted] of Object.entries(RECORDINGS)) {
  test(`the recording of real trouble ${name} is as the published schema says`, (t) => {
    const file = new URL(`../../${name}.ndjson.gz`, import.meta.url);
    const lines = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
    const objects = lines.map((line) => JSON.parse(line) as {kind: string; type?: string});
    const types = new Set(objects.map(({type}) => type));
    for (const type of wanted) t.true(types.has(type), type);
    for (const object of objects) t.deepEqual(schemaErrors(object), [], JSON.stringify(object).slice(0, 300));
  });
}
