import {code} from '../../script/code.ts';
import type {Form, Preset} from '../preset.ts';
import {address} from '../show/address.ts';
import {errnoName, tcpState} from '../show/numbers.ts';
import {kindOf, number, print, text, type Whose} from '../write.ts';

const RETRANSMIT = 'tcp:tcp_retransmit_skb';
const STATE = 'sock:inet_sock_set_state';

const byEvent: Form = {
  needs: [{type: 'tracepoint', target: RETRANSMIT, fields: ['skaddr', 'sport', 'dport', 'saddr_v6', 'daddr_v6']}],
  notes: [
    'one event may be of several segments that are sent as one',
    'segments are sent again by timers: the process is known of connections that were made while the trace ran, else it is 0',
    "kstop's own probe retransmit knows the processes of older connections too",
  ],
  write(writing) {
    const {arg, has, hasField} = writing;
    const socket = arg('skaddr');
    const withState = hasField(RETRANSMIT, 'state');
    const told = [
      text('saddr', code`ntop(10, ${arg('saddr_v6')})`, address),
      number('sport', arg('sport')),
      text('daddr', code`ntop(10, ${arg('daddr_v6')})`, address),
      number('dport', arg('dport')),
      ...(withState ? [number('state', arg('state'), tcpState)] : []),
      ...(hasField(RETRANSMIT, 'err')
        ? [number('error', arg('err'), (printed) => errnoName(printed.replace('-', '')))]
        : []),
    ];
    const kind = kindOf('retransmit', 'tcp_retransmit_skb', told, `%s:%s -> %s:%s${withState ? ' %s' : ''}`);
    const whose: Whose = {
      pid: code`@pid[${socket}]`,
      tid: code`@tid[${socket}]`,
      uid: code`@uid[${socket}]`,
      comm: code`@comm[${socket}]`,
    };
    const {pid, process_name} = writing.parameters;
    const ofOwner = pid !== undefined || process_name !== undefined;
    const owners = has('tracepoint', STATE) && hasField(STATE, 'skaddr');
    return {
      blocks: [
        ...(owners
          ? [
              {
                type: 'tracepoint' as const,
                target: STATE,
                when: code`${arg('newstate')} == 2`,
                does: [
                  code`@pid[${socket}] = pid; @tid[${socket}] = tid; @uid[${socket}] = uid; @comm[${socket}] = comm;`,
                ],
              },
              {
                type: 'tracepoint' as const,
                target: STATE,
                anyone: true,
                when: code`${arg('newstate')} == 7`,
                does: [
                  code`delete(@pid[${socket}]); delete(@tid[${socket}]); delete(@uid[${socket}]); delete(@comm[${socket}]);`,
                ],
              },
            ]
          : []),
        {
          type: 'tracepoint',
          target: RETRANSMIT,
          anyone: true,
          ...(ofOwner ? {when: code`@pid[${socket}]`} : {}),
          does: [
            code`@segments[${arg('dport')}, ntop(10, ${arg('daddr_v6')})] = count();`,
            print(writing, kind, told, whose),
          ],
        },
      ],
      events: [kind],
      maps: [
        {
          name: '@segments',
          title: 'segments sent again by where to',
          kind: 'count',
          keys: [
            {name: 'dport', kind: 'number'},
            {name: 'daddr', kind: 'string', show: address},
          ],
          unit: 'segments',
        },
      ],
      scratch: ['@pid', '@tid', '@uid', '@comm'],
    };
  },
};

export const tcpRetransmit: Preset = {
  name: 'tcp-retransmit',
  help: 'TCP segments that are sent again: from where, to where, in which state',
  forPid: false,
  forms: [byEvent],
  answers: ['tracepoint:tcp:tcp_retransmit_skb', 'kprobe:tcp_retransmit_skb', 'kprobe:__tcp_retransmit_skb'],
};
