import {type Code, code} from '../../script/code.ts';
import {compareText} from '../../script/predicate.ts';
import {fits, type Pattern, patternOf} from '../pattern.ts';
import type {Form, Preset} from '../preset.ts';
import {resultName} from '../show/numbers.ts';
import {openFlags} from '../show/open-flags.ts';
import {enters, exits, kindOf, number, print, text} from '../write.ts';

/** openat2() has its flags in a structure of the program. */
const WITH_FLAGS = ['open', 'openat'];
const CALLS = [...WITH_FLAGS, 'openat2'];

/** The condition for a path that the kernel can test: one of unknown length from its begin only. */
function fitsInKernel(pattern: Pattern | undefined, path: Code): Code | undefined {
  if (pattern?.match !== 'whole' && pattern?.match !== 'prefix') return undefined;
  return compareText(code`str(${path})`, pattern.text, pattern.match === 'prefix', true);
}

const byCalls: Form = {
  needs: [
    {type: 'tracepoint', target: 'syscalls:sys_enter_openat', fields: ['filename', 'flags']},
    {type: 'tracepoint', target: 'syscalls:sys_exit_openat', fields: ['ret']},
  ],
  notes: [
    "a path is told as the program gives it: one that doesn't begin with / is of a folder that it has",
    'openat2() is told without its flags; opens by io_uring and 32-bit programs are not seen',
  ],
  write(writing) {
    const {arg} = writing;
    const pattern = patternOf(writing.parameters);
    const inKernel = fitsInKernel(pattern, code`uptr(@path[tid])`);
    const told = [
      text('path', code`str(uptr(@path[tid]))`),
      number('flags', code`@flags[tid]`, (printed) => (printed === '-1' ? 'unknown' : openFlags(printed))),
      number('result', arg('ret'), resultName),
    ];
    const kind = kindOf('open', 'open', told, '%s (%s) = %s');
    const printed = print(writing, kind, told);
    const flagsOf = (call: string) => (WITH_FLAGS.includes(call) ? code`(int64)${arg('flags')}` : code`(int64)-1`);
    return {
      blocks: [
        ...enters(writing, CALLS, (call) => ({
          does: [code`@path[tid] = (uint64)${arg('filename')};`, code`@flags[tid] = ${flagsOf(call)};`],
        })),
        // At the end, when the kernel has read the path itself: before, its page may not be in memory.
        ...exits(writing, CALLS, () => ({
          when: code`@path[tid]`,
          does: [
            inKernel ? code`if (${inKernel}) { ${printed} }` : printed,
            code`delete(@path[tid]); delete(@flags[tid]);`,
          ],
        })),
      ],
      events: [kind],
      scratch: ['@path', '@flags'],
      strlen: 160,
      ...(pattern && !inKernel ? {keep: ({raw_args}) => fits(pattern, raw_args.path ?? '')} : {}),
    };
  },
};

export const openFiles: Preset = {
  name: 'open-files',
  help: 'files that are opened, how, and with which result',
  forPid: true,
  pattern: 'path as the program gives it',
  forms: [byCalls],
  answers: [
    'tracepoint:syscalls:sys_enter_openat',
    'tracepoint:syscalls:sys_exit_openat',
    'tracepoint:syscalls:sys_enter_open',
    'kprobe:do_sys_open*',
    'kretprobe:do_sys_open*',
    'kprobe:vfs_open',
    'kprobe:do_filp_open',
  ],
};
