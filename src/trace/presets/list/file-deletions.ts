import {code} from '../../script/code.ts';
import {fits, patternOf} from '../pattern.ts';
import type {Form, Preset} from '../preset.ts';
import {resultName} from '../show/numbers.ts';
import {enters, exits, kindOf, number, print, text} from '../write.ts';

/** The argument that names the file, by call. */
const PATHS: Record<string, string> = {
  unlink: 'pathname',
  unlinkat: 'pathname',
  rmdir: 'pathname',
  rename: 'oldname',
  renameat: 'oldname',
  renameat2: 'oldname',
};
const CALLS = Object.keys(PATHS);

const byCalls: Form = {
  needs: [
    {type: 'tracepoint', target: 'syscalls:sys_enter_unlinkat', fields: ['pathname']},
    {type: 'tracepoint', target: 'syscalls:sys_exit_unlinkat', fields: ['ret']},
  ],
  notes: ["a path is told as the program gives it: one that doesn't begin with / is of a folder that it has"],
  write(writing) {
    const {arg} = writing;
    const told = [
      number('call', code`@call[tid]`, (printed) => CALLS[Number(printed) - 1] ?? printed),
      text('path', code`str(uptr(@path[tid]))`),
      number('result', arg('ret'), resultName),
    ];
    const kind = kindOf('delete', 'delete', told, '%s %s = %s');
    const pattern = patternOf(writing.parameters);
    return {
      blocks: [
        ...enters(writing, CALLS, (call) => ({
          does: [code`@path[tid] = (uint64)${arg(PATHS[call]!)};`, code`@call[tid] = ${CALLS.indexOf(call) + 1};`],
        })),
        ...exits(writing, CALLS, () => ({
          when: code`@call[tid]`,
          does: [print(writing, kind, told), code`delete(@path[tid]); delete(@call[tid]);`],
        })),
      ],
      events: [kind],
      scratch: ['@path', '@call'],
      strlen: 160,
      ...(pattern ? {keep: ({raw_args}) => fits(pattern, raw_args.path ?? '')} : {}),
    };
  },
};

export const fileDeletions: Preset = {
  name: 'file-deletions',
  help: 'files and folders that are deleted or renamed, by whom and with which result',
  forPid: true,
  pattern: 'path as the program gives it',
  forms: [byCalls],
  answers: [
    'tracepoint:syscalls:sys_enter_unlink',
    'tracepoint:syscalls:sys_enter_unlinkat',
    'kprobe:vfs_unlink',
    'kprobe:do_unlinkat',
    'kprobe:vfs_rename',
  ],
};
