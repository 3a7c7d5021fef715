import {type Code, code} from '../../script/code.ts';
import {fileOfDescriptor, IS_FILE, NAME, NAME_LENGTH, PARENTS, PATH_NOTE, pathOfFile} from '../files.ts';
import {fits, nameFits, patternOf} from '../pattern.ts';
import type {Form, Parts, Preset, Writing} from '../preset.ts';
import {enters, exits, kindOf, number, print} from '../write.ts';

const CALLS = ['write', 'pwrite64', 'writev', 'pwritev', 'pwritev2'];

/** At the begin of a write: `$file` is remembered if it is one to tell of. */
function remember(writing: Writing): Code {
  const pattern = patternOf(writing.parameters);
  const named = pattern && nameFits(pattern, NAME, NAME_LENGTH);
  const then = named ? code`if (${named}) { @file[tid] = (uint64)$file; }` : code`@file[tid] = (uint64)$file;`;
  return code`if (${IS_FILE}) { ${then} }`;
}

/** At its end, where `result` is what it wrote. */
function parts(
  writing: Writing,
  target: string,
  result: Code,
): Pick<Parts, 'events' | 'maps' | 'scratch' | 'keep'> & {ending: Code[]} {
  const pattern = patternOf(writing.parameters);
  const told = [pathOfFile(), number('bytes', result)];
  const kind = kindOf('write', target, told, '%s: %s bytes written');
  const keep = pattern?.match === 'within';
  return {
    ending: [
      code`$file = (struct file *)@file[tid];`,
      PARENTS,
      code`if ((int64)${result} >= 0) { ${print(writing, kind, told)} @bytes[pid, comm] = sum((uint64)${result}); }`,
      code`delete(@file[tid]);`,
    ],
    events: [kind],
    maps: keep
      ? []
      : [
          {
            name: '@bytes',
            title: 'bytes written by process',
            kind: 'sum',
            keys: [
              {name: 'pid', kind: 'number'},
              {name: 'process_name', kind: 'string'},
            ],
            unit: 'bytes',
          },
        ],
    scratch: keep ? ['@file', '@bytes'] : ['@file'],
    ...(keep && pattern ? {keep: ({raw_args}) => fits(pattern, (raw_args.path ?? '').split('/').at(-1) ?? '')} : {}),
  };
}

const byCalls: Form = {
  needs: [
    {type: 'tracepoint', target: 'syscalls:sys_enter_write', fields: ['fd']},
    {type: 'tracepoint', target: 'syscalls:sys_exit_write', fields: ['ret']},
  ],
  types: true,
  notes: ['writes through mappings, io_uring, sendfile() and by 32-bit programs are not seen', PATH_NOTE],
  write(writing) {
    const {ending, ...rest} = parts(writing, 'write', writing.arg('ret'));
    return {
      ...rest,
      blocks: [
        ...enters(writing, CALLS, () => ({does: [fileOfDescriptor(writing.arg('fd')), remember(writing)]})),
        ...exits(writing, CALLS, () => ({when: code`@file[tid]`, does: ending})),
      ],
    };
  },
};

const byFunction: Form = {
  needs: [
    {type: 'kprobe', target: 'vfs_write'},
    {type: 'kretprobe', target: 'vfs_write'},
  ],
  types: true,
  notes: ['writes by writev(), through mappings and io_uring are not seen', PATH_NOTE],
  write(writing) {
    const {ending, ...rest} = parts(writing, 'vfs_write', code`retval`);
    return {
      ...rest,
      blocks: [
        {type: 'kprobe', target: 'vfs_write', does: [code`$file = (struct file *)arg0;`, remember(writing)]},
        {type: 'kretprobe', target: 'vfs_write', when: code`@file[tid]`, does: ending},
      ],
    };
  },
};

export const fileWrites: Preset = {
  name: 'file-writes',
  help: 'who writes to which files, and how much',
  forPid: true,
  pattern: "file's name",
  forms: [byCalls, byFunction],
  answers: [
    'kprobe:vfs_write',
    'kretprobe:vfs_write',
    'kprobe:ksys_write',
    'tracepoint:syscalls:sys_enter_write',
    'tracepoint:syscalls:sys_exit_write',
  ],
};
