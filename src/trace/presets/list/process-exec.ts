import {code} from '../../script/code.ts';
import type {Form, Preset} from '../preset.ts';
import {signalName} from '../show/numbers.ts';
import {kindOf, number, print, text} from '../write.ts';

const EXEC = 'sched:sched_process_exec';
const EXIT = 'sched:sched_process_exit';

const noSignal = (printed: string): string => (printed === '0' ? 'none' : signalName(printed));

const byEvents: Form = {
  needs: [
    {type: 'tracepoint', target: EXEC, fields: ['filename']},
    {type: 'tracepoint', target: EXIT, fields: ['pid']},
  ],
  types: true,
  write(writing) {
    const {arg, hasField} = writing;
    const task = code`((struct task_struct *)curtask)`;
    const parent = number('ppid', code`${task}->real_parent->tgid`);
    const executed = [text('filename', code`str(${arg('filename')})`), parent];
    const exec = kindOf('exec', 'exec', executed, '%s, of %s');
    const ended = [
      parent,
      number('exit_code', code`($code >> 8) & 255`),
      number('signal', code`$code & 127`, noSignal),
      number('lifetime_ms', code`$ms`),
    ];
    const exit = kindOf('exit', 'exit', ended, 'of %s: exit code %s, signal %s, after %s ms');
    // Before the kernel told which thread's end is the process's, two that end at once may both find none alive.
    const last = hasField(EXIT, 'group_dead')
      ? code`${arg('group_dead')} != 0`
      : code`${task}->signal->live.counter == 0`;
    return {
      blocks: [
        {type: 'tracepoint', target: EXEC, does: [print(writing, exec, executed)]},
        {
          type: 'tracepoint',
          target: EXIT,
          when: last,
          does: [
            code`$code = ${task}->exit_code;`,
            code`$ms = (uint64)(nsecs - ${task}->group_leader->start_boottime) / 1000000;`,
            print(writing, exit, ended),
          ],
        },
      ],
      events: [exec, exit],
      strlen: 128,
    };
  },
};

export const processExec: Preset = {
  name: 'process-exec',
  help: 'programs that are executed, and processes that end with their exit code or signal',
  forPid: false,
  forms: [byEvents],
  answers: [
    'tracepoint:sched:sched_process_exec',
    'tracepoint:sched:sched_process_exit',
    'tracepoint:syscalls:sys_enter_execve',
    'tracepoint:syscalls:sys_enter_execveat',
    'kprobe:do_execve',
    'kprobe:do_execveat_common',
    'kprobe:do_exit',
  ],
};
