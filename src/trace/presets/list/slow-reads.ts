import {type Code, code} from '../../script/code.ts';
import {fileOfDescriptor, IS_FILE, PARENTS, PATH_NOTE, pathOfFile} from '../files.ts';
import type {Form, Parts, Preset, Writing} from '../preset.ts';
import {enters, exits, kindOf, number, print, type Told} from '../write.ts';

const CALLS = ['read', 'pread64', 'readv', 'preadv', 'preadv2'];

/** At a read's end, where `result` is what it read. */
function parts(
  writing: Writing,
  target: string,
  result: Code,
  more: readonly Told[],
): Omit<Parts, 'blocks'> & {ending: Code[]} {
  const slowUs = Math.round((writing.parameters.slow_ms ?? 10) * 1000);
  const told = [pathOfFile(), number('bytes', result), number('latency_us', code`$us`), ...more];
  const kind = kindOf('slow', target, told, '%s: %s bytes read in %s us');
  return {
    ending: [
      code`$us = (uint64)(nsecs - @start[tid]) / 1000;`,
      code`$file = (struct file *)@file[tid];`,
      code`@us[pid, comm] = hist($us);`,
      code`if ((int64)${result} > 0) { @bytes[str($file->f_path.dentry->d_name.name)] = sum((uint64)${result}); }`,
      code`if ($us >= ${slowUs}) { ${PARENTS} ${print(writing, kind, told)} }`,
      code`delete(@start[tid]); delete(@file[tid]);`,
    ],
    events: [kind],
    maps: [
      {
        name: '@us',
        title: 'time of reads by process',
        kind: 'hist',
        keys: [
          {name: 'pid', kind: 'number'},
          {name: 'process_name', kind: 'string'},
        ],
        unit: 'us',
      },
      {name: '@bytes', title: 'bytes read by file', kind: 'sum', keys: [{name: 'file', kind: 'string'}], unit: 'bytes'},
    ],
    scratch: ['@start', '@file'],
  };
}

const BEGIN = code`@start[tid] = nsecs; @file[tid] = (uint64)$file;`;

const byCalls: Form = {
  needs: [
    {type: 'tracepoint', target: 'syscalls:sys_enter_read', fields: ['fd']},
    {type: 'tracepoint', target: 'syscalls:sys_exit_read', fields: ['ret']},
  ],
  types: true,
  notes: ['reads through mappings, io_uring, sendfile() and by 32-bit programs are not seen', PATH_NOTE],
  write(writing) {
    const fd = number('fd', code`@fd[tid]`);
    const {ending, scratch = [], ...rest} = parts(writing, 'read', writing.arg('ret'), [fd]);
    return {
      ...rest,
      scratch: [...scratch, '@fd'],
      blocks: [
        ...enters(writing, CALLS, () => ({
          does: [
            fileOfDescriptor(writing.arg('fd')),
            code`if (${IS_FILE}) { ${BEGIN} @fd[tid] = (uint64)${writing.arg('fd')}; }`,
          ],
        })),
        ...exits(writing, CALLS, () => ({when: code`@start[tid]`, does: [...ending, code`delete(@fd[tid]);`]})),
      ],
    };
  },
};

const byFunction: Form = {
  needs: [
    {type: 'kprobe', target: 'vfs_read'},
    {type: 'kretprobe', target: 'vfs_read'},
  ],
  types: true,
  notes: ['reads by readv(), through mappings and io_uring are not seen', PATH_NOTE],
  write(writing) {
    const {ending, ...rest} = parts(writing, 'vfs_read', code`retval`, []);
    return {
      ...rest,
      blocks: [
        {
          type: 'kprobe',
          target: 'vfs_read',
          does: [code`$file = (struct file *)arg0;`, code`if (${IS_FILE}) { ${BEGIN} }`],
        },
        {type: 'kretprobe', target: 'vfs_read', when: code`@start[tid]`, does: ending},
      ],
    };
  },
};

export const slowReads: Preset = {
  name: 'slow-reads',
  help: 'how long reads of files take, what is read, and the slow ones with their files',
  forPid: true,
  slow: true,
  forms: [byCalls, byFunction],
  answers: [
    'kprobe:vfs_read',
    'kretprobe:vfs_read',
    'kprobe:ksys_read',
    'tracepoint:syscalls:sys_enter_read',
    'tracepoint:syscalls:sys_exit_read',
  ],
};
