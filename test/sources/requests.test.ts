import test from 'ava';
import fc from 'fast-check';
import type {Flight} from '../../src/native/flights.ts';
import {WIRE} from '../../src/native/wire.gen.ts';
import {parseDisks} from '../../src/sources/requests/disks.ts';
import {sharers} from '../../src/sources/requests/sharers.ts';

const SPAN = {dev: 8 << 20, cpu: 0, startNs: 1000, issueNs: 1000, endNs: 2000};

const flight = (pid: number, fromNs: number, endNs: number, more: Partial<Flight> = {}): Flight => ({
  fromNs,
  issueNs: endNs === 0 ? fromNs : 0,
  firstEndNs: endNs,
  endNs,
  flightNs: endNs === 0 ? 0 : endNs - fromNs,
  bytes: 4096,
  count: 1,
  dev: SPAN.dev,
  cpu: 0,
  owner: WIRE.OWNER_TASK,
  pid,
  comm: `p${pid}`,
  op: 1,
  tid: pid,
  uid: 0,
  cgroupId: 0n,
  leftOut: false,
  ...more,
});
const SELF = flight(1, 1000, 2000);
const isOwn = ({pid}: Flight) => pid === 1;
const of = (flights: Flight[]) => sharers(SPAN, [SELF, ...flights], isOwn);

test('a request that had the disk for itself blames nobody', (t) => {
  t.deepEqual(of([flight(2, 0, 1000), flight(3, 2000, 3000)]), {shares: [], waitNs: 0});
});

test('one other request all along has half of the wait, fifteen of one process 15/16', (t) => {
  t.deepEqual(of([flight(2, 500, 2500)]).shares, [
    {pid: 2, comm: 'p2', owner: 'task', requests: 1, size_bytes: 2048, wait_us: 0.5},
  ]);
  const many = of(Array.from({length: 15}, () => flight(2, 1000, 2000)));
  t.is(many.shares[0]?.wait_us, 0.938);
  t.is(many.shares[0]?.requests, 15);
});

test('parts follow the moments: who comes later shares only what is left', (t) => {
  const {shares, waitNs} = of([flight(2, 1000, 2000), flight(3, 1500, 2000)]);
  // Half of the first half and a third of the second; a third of the second.
  t.deepEqual(
    shares.map(({pid, wait_us}) => [pid, wait_us]),
    [
      [2, 0.417],
      [3, 0.167],
    ],
  );
  t.is(Math.round(waitNs), 583);
});

test('what is still in flight counts from when the disk has it, or else from when it was made', (t) => {
  t.is(of([flight(2, 500, 0, {issueNs: 1500})]).shares[0]?.wait_us, 0.25);
  t.is(of([flight(2, 500, 0, {issueNs: 0})]).shares[0]?.wait_us, 0.5);
});

test('one owner’s requests one after the other are no culprits of each other; those beside each other are', (t) => {
  const serial = flight(1, 0, 2000, {count: 20, flightNs: 1900, bytes: 81_920});
  t.deepEqual(sharers(SPAN, [serial], isOwn).shares, []);
  const onTwoCpus = [serial, flight(1, 100, 1900, {count: 20, flightNs: 90, cpu: 1})];
  t.deepEqual(sharers(SPAN, onTwoCpus, isOwn).shares, []);
  const deep = flight(1, 0, 2000, {count: 64, flightNs: 4 * 2000});
  t.is(sharers(SPAN, [deep], isOwn).shares[0]?.wait_us, 0.75);
});

test('writeback and requests of nobody have no process', (t) => {
  const nobody = {pid: 0, comm: ''};
  const {shares} = of([
    flight(0, 1000, 2000, {...nobody, owner: WIRE.OWNER_WRITEBACK}),
    flight(0, 1000, 1900, {...nobody, owner: WIRE.OWNER_UNKNOWN}),
  ]);
  t.deepEqual(
    shares.map(({pid, comm, owner}) => ({pid, comm, owner})),
    [
      {pid: undefined, comm: undefined, owner: 'writeback'},
      {pid: undefined, comm: undefined, owner: undefined},
    ],
  );
});

test('whatever was in flight, the parts are no more than the wait, and none is negative', (t) => {
  const any = fc
    .record({
      pid: fc.integer({min: 1, max: 4}),
      from: fc.integer({min: 0, max: 3000}),
      length: fc.integer({min: 0, max: 3000}),
      count: fc.integer({min: 1, max: 100}),
      inFlight: fc.boolean(),
    })
    .map(({pid, from, length, count, inFlight}) =>
      flight(pid, from, inFlight ? 0 : from + length, {count, flightNs: Math.ceil((length * count) / 2)}),
    );
  fc.assert(
    fc.property(fc.array(any, {maxLength: 60}), (flights) => {
      const {shares, waitNs} = of(flights);
      return (
        waitNs <= 1000.001 &&
        shares.every(({wait_us, requests}) => wait_us >= 0 && requests >= 1) &&
        shares.every(({wait_us}, i) => i === 0 || wait_us <= (shares[i - 1]?.wait_us ?? 0))
      );
    }),
  );
  t.pass();
});

test('disks by number, from the kernel’s table; what isn’t a line of it is left out', (t) => {
  const text = [
    '   8       0 sda 1 2 3 4 5 6 7 8 9 10 11',
    ' 254       1 vda1 1 2 3 4 5 6 7 8 0 10 11 1 2 3 4 5 6',
    'nonsense',
    '',
  ].join('\n');
  t.deepEqual(
    [...parseDisks(text)],
    [
      [8 << 20, {name: 'sda', inFlight: 9}],
      [(254 << 20) + 1, {name: 'vda1', inFlight: 0}],
    ],
  );
});
