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
