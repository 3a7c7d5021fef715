import {code} from '../../script/code.ts';
import type {Form, Preset, Writing} from '../preset.ts';
import {address, networkPort} from '../show/address.ts';
import {errnoName} from '../show/numbers.ts';
import {kindOf, number, print, text, type Whose} from '../write.ts';
import {SCRATCH, SENT, unsent} from './unsent.ts';

const STATE = 'sock:inet_sock_set_state';

/** Who began a connection: its answer comes in an interrupt. */
function owner({arg}: Writing): Whose {
  const socket = arg('skaddr');
  return {
    pid: code`@pid[${socket}]`,
    tid: code`@tid[${socket}]`,
    uid: code`@uid[${socket}]`,
    comm: code`@comm[${socket}]`,
  };
}

/** From a socket's change to SYN_SENT to its next one: ESTABLISHED, or CLOSE with the error that connect() gives. */
const byState: Form = {
  needs: [
    {
      type: 'tracepoint',
      target: STATE,
      fields: ['skaddr', 'oldstate', 'newstate', 'protocol', 'sport', 'dport', 'saddr_v6', 'daddr_v6'],
    },
  ],
  types: true,
  write(writing) {
    const {arg} = writing;
    const socket = arg('skaddr');
    const waiting = code`@unanswered[ntop(10, ${arg('daddr_v6')}), ${arg('dport')}, @pid[${socket}], @comm[${socket}]]`;
    const told = [
      text('saddr', code`ntop(10, ${arg('saddr_v6')})`, address),
      number('sport', arg('sport')),
      text('daddr', code`ntop(10, ${arg('daddr_v6')})`, address),
      number('dport', arg('dport')),
      number('result', code`$error`, (printed) => (printed === '-1' ? 'gave up' : errnoName(printed))),
      number('latency_us', code`(uint64)(nsecs - @start[${socket}]) / 1000`),
    ];
    const kind = kindOf('connect', 'tcp_connect', told, '%s:%s -> %s:%s %s after %s us');
    const early = unsent(writing);
    return {
      ...(early ? {} : {notes: ['connections that fail before a packet is sent (no route) are not seen']}),
      blocks: [
        ...(early?.blocks ?? []),
        {
          type: 'tracepoint',
          target: STATE,
          when: code`${arg('protocol')} == 6 && ${arg('newstate')} == 2`,
          does: [
            code`@start[${socket}] = nsecs;`,
            code`@pid[${socket}] = pid; @tid[${socket}] = tid; @uid[${socket}] = uid; @comm[${socket}] = comm;`,
            code`${waiting} = 1;`,
            ...(early ? [SENT] : []),
          ],
        },
        {
          type: 'tracepoint',
          target: STATE,
          anyone: true,
          when: code`${arg('oldstate')} == 2 && @start[${socket}]`,
          does: [
            code`$error = (int64)((struct sock *)${socket})->sk_err;`,
            code`if (${arg('newstate')} == 7 && $error == 0) { $error = -1; }`,
            print(writing, kind, told, owner(writing)),
            code`delete(${waiting});`,
            code`delete(@start[${socket}]); delete(@pid[${socket}]); delete(@tid[${socket}]); delete(@uid[${socket}]); delete(@comm[${socket}]);`,
          ],
        },
      ],
      events: early ? [kind, early.kind] : [kind],
      maps: [
        {
          name: '@unanswered',
          title: 'connections without an answer yet',
          kind: 'count',
          keys: [
            {name: 'daddr', kind: 'hex', show: address},
            {name: 'dport', kind: 'number'},
            {name: 'pid', kind: 'number'},
            {name: 'process_name', kind: 'string'},
          ],
          unit: 'connections',
        },
      ],
      scratch: ['@start', '@pid', '@tid', '@uid', '@comm', ...(early ? [SCRATCH] : [])],
    };
  },
};

/** Where there's no tracepoint at a socket's states: that somebody connects, without what comes of it. */
const byFunction: Form = {
  needs: [{type: 'kprobe', target: 'tcp_connect'}],
  types: true,
  notes: ['results and latencies are not seen at kprobe:tcp_connect'],
  write(writing) {
    const socket = code`((struct sock *)arg0)->__sk_common`;
    const port = number('dport', code`${socket}.skc_dport`, networkPort);
    const four = [text('daddr', code`ntop(2, ${socket}.skc_daddr)`), port];
    const six = [text('daddr', code`ntop(10, ${socket}.skc_v6_daddr.in6_u.u6_addr8)`, address), port];
    const kind = kindOf('connect', 'tcp_connect', six, '-> %s:%s');
    return {
      blocks: [
        {
          type: 'kprobe',
          target: 'tcp_connect',
          does: [
            code`if (${socket}.skc_family == 2) { ${print(writing, kind, four)} }`,
            code`if (${socket}.skc_family == 10) { ${print(writing, kind, six)} }`,
          ],
        },
      ],
      events: [kind],
    };
  },
};

export const tcpConnect: Preset = {
  name: 'tcp-connect',
  help: 'TCP connections that are made: from where, to where, the result and how long it took',
  forPid: true,
  forms: [byState, byFunction],
  answers: [
    'kprobe:tcp_connect',
    'kprobe:tcp_v4_connect',
    'kprobe:tcp_v6_connect',
    'tracepoint:sock:inet_sock_set_state',
  ],
};
