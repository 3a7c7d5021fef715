import {code} from '../../script/code.ts';
import {compareText} from '../../script/predicate.ts';
import type {Form, Preset} from '../preset.ts';
import {signalCause, signalName} from '../show/numbers.ts';
import {kindOf, number, print, text} from '../write.ts';

const GENERATE = 'signal:signal_generate';

const results = ['delivered', 'ignored', 'already pending', 'overflow', 'lost'];

const byEvent: Form = {
  needs: [{type: 'tracepoint', target: GENERATE, fields: ['sig', 'code', 'comm', 'pid']}],
  notes: [
    'a process is told of as who sends and as who gets; who gets is told by thread id where a signal is sent to one thread',
  ],
  write(writing) {
    const {arg, hasField, parameters} = writing;
    const {pid, process_name} = parameters;
    const told = [
      number('signal', arg('sig'), signalName),
      number('target_pid', arg('pid')),
      text('target_name', arg('comm')),
      number('cause', arg('code'), signalCause),
      ...(hasField(GENERATE, 'result')
        ? [number('result', arg('result'), (printed) => results[Number(printed)] ?? printed)]
        : []),
    ];
    const kind = kindOf('signal', 'signal', told, `%s to %s (%s), cause: %s${told.length > 4 ? ', %s' : ''}`);
    const either = [
      ...(pid === undefined ? [] : [code`(pid == ${pid} || ${arg('pid')} == ${pid})`]),
      ...(process_name === undefined
        ? []
        : [
            code`(${compareText(code`comm`, process_name, false, true)} || ${compareText(arg('comm'), process_name, false, true)})`,
          ]),
    ];
    const when = either.length === 2 ? code`${either[0]!} && ${either[1]!}` : either[0];
    return {
      blocks: [
        {type: 'tracepoint', target: GENERATE, anyone: true, ...(when && {when}), does: [print(writing, kind, told)]},
      ],
      events: [kind],
    };
  },
};

export const signals: Preset = {
  name: 'signals',
  help: 'signals: who sends which one to whom, and why',
  forPid: true,
  forms: [byEvent],
  answers: [
    'tracepoint:signal:signal_generate',
    'tracepoint:signal:signal_deliver',
    'kprobe:__send_signal*',
    'kprobe:send_signal*',
    'kprobe:do_send_sig_info',
  ],
};
