import {code} from '../../script/code.ts';
import type {Form, Preset} from '../preset.ts';

const SWITCH = 'sched:sched_switch';
/** Functions of a stack that are told. */
const DEEP = 12;
/** TASK_INTERRUPTIBLE and TASK_UNINTERRUPTIBLE: who is taken off the CPU while it could run doesn't sleep. */
const SLEEPING = 3;

const byEvent: Form = {
  needs: [{type: 'tracepoint', target: SWITCH, fields: ['prev_pid', 'prev_state', 'next_pid']}],
  notes: [
    'of each sleep from the switch away to the switch back, so a wait for a CPU after it is in it; sleeps that go on at the end are not',
  ],
  write({arg}) {
    const next = arg('next_pid');
    return {
      blocks: [
        {
          type: 'tracepoint',
          target: SWITCH,
          when: code`(${arg('prev_state')} & ${SLEEPING}) != 0 && ${arg('prev_pid')} != 0`,
          does: [code`@start[tid] = nsecs; @stack[tid] = kstack(${DEEP}); @pid[tid] = pid;`],
        },
        {
          type: 'tracepoint',
          target: SWITCH,
          anyone: true,
          when: code`@start[${next}]`,
          does: [
            code`$us = (uint64)(nsecs - @start[${next}]) / 1000;`,
            code`@us[@pid[${next}], @stack[${next}]] = sum($us);`,
            code`@sleeps[@pid[${next}]] = hist($us);`,
            code`delete(@start[${next}]); delete(@stack[${next}]); delete(@pid[${next}]);`,
          ],
        },
      ],
      maps: [
        {
          name: '@us',
          title: 'time asleep by kernel stack',
          kind: 'sum',
          keys: [
            {name: 'pid', kind: 'number'},
            {name: 'stack', kind: 'string', show: stackLine},
          ],
          unit: 'us',
        },
        {
          name: '@sleeps',
          title: 'time of sleeps by process',
          kind: 'hist',
          keys: [{name: 'pid', kind: 'number'}],
          unit: 'us',
        },
      ],
      scratch: ['@start', '@stack', '@pid'],
    };
  },
};

/** A stack as one line, from the function that slept outwards, without those that every switch has. */
function stackLine(printed: string): string {
  const functions = printed
    .split('\n')
    .map((line) => line.trim().replace(/\+\d+$/, ''))
    .filter((name) => name !== '' && !/^(?:__traceiter_sched_switch|(?:__)?schedule|bpf_.*)$/.test(name));
  return functions.join(' < ');
}

export const offCpu: Preset = {
  name: 'off-cpu',
  help: 'where processes sleep in the kernel: time by stack, and how long sleeps last',
  forPid: true,
  forms: [byEvent],
  answers: ['tracepoint:sched:sched_switch', 'kprobe:finish_task_switch*', 'kprobe:schedule'],
};
