import {code} from '../../script/code.ts';
import type {Form, Preset} from '../preset.ts';
import {errnoName} from '../show/numbers.ts';

const EXIT = 'raw_syscalls:sys_exit';
/** Greatest number of an error. */
const ERRNO_MAX = 4095;

const byEvent: Form = {
  needs: [{type: 'tracepoint', target: EXIT, fields: ['id', 'ret']}],
  notes: [
    'each system call on the host pays for it while it runs; calls that are only asked to come again (EAGAIN) count too',
  ],
  write({arg, syscallName}) {
    return {
      blocks: [
        {
          type: 'tracepoint',
          target: EXIT,
          when: code`${arg('ret')} < 0 && ${arg('ret')} >= -${ERRNO_MAX}`,
          does: [code`@errors[${arg('id')}, -${arg('ret')}, pid, comm] = count();`],
        },
      ],
      maps: [
        {
          name: '@errors',
          title: 'failed system calls',
          kind: 'count',
          keys: [
            {name: 'syscall', kind: 'number', show: (printed) => syscallName(Number(printed))},
            {name: 'errno', kind: 'number', show: errnoName},
            {name: 'pid', kind: 'number'},
            {name: 'process_name', kind: 'string'},
          ],
          unit: 'calls',
        },
      ],
    };
  },
};

export const syscallErrors: Preset = {
  name: 'syscall-errors',
  help: 'system calls that fail, by call, error and process',
  forPid: true,
  forms: [byEvent],
  answers: ['tracepoint:raw_syscalls:sys_exit'],
};
