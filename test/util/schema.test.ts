import {readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';
import test from 'ava';
import {schemaErrors} from './schema.ts';

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

test('a recording of real trouble is as the published schema says', (t) => {
  const file = new URL('../fixtures/trouble.ndjson.gz', import.meta.url);
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
  const objects = lines.map((line) => JSON.parse(line) as {kind: string; type?: string});
  const types = new Set(objects.map(({type}) => type));
  for (const type of ['SCHED_LATENCY', 'BIO_LATENCY', 'OOM_KILL', 'TCP_RETRANSMIT']) t.true(types.has(type), type);
  for (const object of objects) t.deepEqual(schemaErrors(object), [], JSON.stringify(object).slice(0, 300));
});
