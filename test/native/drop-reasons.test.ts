import test from 'ava';
import {DropReasons, dropClass} from '../../src/native/drop-reasons.ts';
import {knownDropClass} from '../../src/probes/drop-reasons.ts';

const LINES = [
  'SKB_NOT_DROPPED_YET 0',
  'SKB_CONSUMED 1',
  'SKB_DROP_REASON_NOT_SPECIFIED 2',
  'SKB_DROP_REASON_SOCKET_RCVBUFF 6',
  'SKB_DROP_REASON_NETFILTER_DROP 12',
  'SKB_DROP_REASON_OF_THE_FUTURE 99',
  'SKB_DROP_REASON_QDISC_DROP 500',
  'SKB_DROP_REASON_MAX 128',
  'SKB_DROP_REASON_SUBSYS_MASK 4294901760',
  'SKB_DROP_REASON_SUBSYS_CORE 0',
  'SKB_DROP_REASON_SUBSYS_OPENVSWITCH 3',
  'SKB_DROP_REASON_SUBSYS_NUM 4',
  '',
].join('\n');

test('reasons are named as this kernel numbers them', (t) => {
  const reasons = new DropReasons(LINES);
  t.is(reasons.name(6), 'SOCKET_RCVBUFF');
  t.is(reasons.name(1), 'CONSUMED');
  t.is(reasons.name(0), 'UNKNOWN');
  t.is(reasons.name(77), 'REASON_77');
  t.is(reasons.name(128), 'REASON_128', 'a bound is no reason');
  t.is(reasons.name((3 << 16) | 4), 'OPENVSWITCH_4');
  t.is(reasons.name((0x8001 << 16) | 4), 'SUBSYSTEM_32769_4');
});

test('the program is told what is worth an event: by name, never by number', (t) => {
  const reasons = new DropReasons(LINES);
  t.deepEqual(
    reasons.table().map(([reason, number]) => [reason, dropClass(number)]),
    [
      [6, 'fault'],
      [12, 'policy'],
    ],
  );
  t.is(reasons.classOf(99), 'normal', 'a new kernel raises no false alarm');
  t.is(reasons.classOf((3 << 16) | 6), 'normal', "a subsystem's 6 is another reason");
  t.is(reasons.classOf(500), 'fault', 'counted as what it is, though past the table');
});

test('without type information all are unknown and normal', (t) => {
  const reasons = new DropReasons('');
  t.deepEqual(reasons.table(), []);
  t.is(reasons.name(0), 'UNKNOWN');
  t.is(reasons.classOf(0), 'normal');
});

test('classes are deliberate: the trouble is fault, the rules are policy, the rest is life', (t) => {
  for (const [name, kind] of Object.entries({
    SOCKET_RCVBUFF: 'fault',
    QDISC_DROP: 'fault',
    UDP_CSUM: 'fault',
    NEIGH_QUEUEFULL: 'fault',
    CPU_BACKLOG: 'fault',
    NETFILTER_DROP: 'policy',
    SOCKET_FILTER: 'policy',
    XDP: 'policy',
    BPF_CGROUP_EGRESS: 'policy',
    NOT_SPECIFIED: 'normal',
    NO_SOCKET: 'normal',
    TCP_CLOSE: 'normal',
    TCP_OLD_DATA: 'normal',
  }))
    t.is(knownDropClass(name), kind as 'fault', name);
});
