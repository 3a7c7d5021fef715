import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Hooks} from '../../../src/trace/hooks/hooks.ts';
import {BtfBlob} from './btf-blob.ts';
import {elfWith} from './elf-file.ts';

const COMMON = `format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

`;

/** As the kernel writes them: type and name, size, sign. */
const TRACEPOINTS: Record<string, [field: string, size: number, signed: 0 | 1][]> = {
  'syscalls:sys_enter_openat': [
    ['int __syscall_nr', 4, 1],
    ['int dfd', 8, 0],
    ['const char * filename', 8, 0],
    ['int flags', 8, 0],
    ['umode_t mode', 8, 0],
  ],
  'syscalls:sys_enter_open': [
    ['int __syscall_nr', 4, 1],
    ['const char * filename', 8, 0],
    ['int flags', 8, 0],
    ['umode_t mode', 8, 0],
  ],
  'syscalls:sys_enter_write': [
    ['int __syscall_nr', 4, 1],
    ['unsigned int fd', 8, 0],
    ['const char * buf', 8, 0],
    ['size_t count', 8, 0],
  ],
  'buffers:mq_timedsend': [
    ['mqd_t mqdes', 8, 0],
    ['const char * u_msg_ptr', 8, 0],
    ['size_t msg_len', 8, 0],
  ],
  'buffers:setsockopt': [
    ['int fd', 8, 0],
    ['char * optval', 8, 0],
    ['int optlen', 8, 0],
  ],
  'buffers:shmdt': [['char * shmaddr', 8, 0]],
  'odd:counts': [
    ['int mod_count', 4, 1],
    ['unsigned long count', 8, 0],
  ],
  'odd:constant': [['const void *const rule_attr', 8, 0]],
  'syscalls:sys_exit_openat': [
    ['int __syscall_nr', 4, 1],
    ['long ret', 8, 1],
  ],
  'sched:sched_wakeup': [
    ['char comm[16]', 16, 0],
    ['pid_t pid', 4, 1],
    ['int prio', 4, 1],
    ['int target_cpu', 4, 1],
  ],
  'sched:sched_process_exec': [
    ['__data_loc char[] filename', 4, 0],
    ['pid_t pid', 4, 1],
    ['pid_t old_pid', 4, 1],
  ],
  'sock:inet_sock_set_state': [
    ['const void * skaddr', 8, 0],
    ['int oldstate', 4, 1],
    ['int newstate', 4, 1],
    ['__u16 sport', 2, 0],
    ['__u16 dport', 2, 0],
    ['__u16 family', 2, 0],
    ['__u8 saddr[4]', 4, 0],
    ['__u8 daddr[4]', 4, 0],
    ['__u8 saddr_v6[16]', 16, 0],
    ['__u8 daddr_v6[16]', 16, 0],
  ],
  'block:block_rq_complete': [
    ['dev_t dev', 4, 0],
    ['sector_t sector', 8, 0],
    ['unsigned int nr_sector', 4, 0],
    ['int error', 4, 1],
    ['char rwbs[10]', 10, 0],
    ['__data_loc char[] cmd', 4, 0],
  ],
  'fs:many_texts': Array.from({length: 14}, (_, i) => [`const char * text${i}`, 8, 0]),
  'mixed:a_bytes': [['__u8 addr[4]', 4, 0]],
  'mixed:b_text': [['char addr[16]', 16, 0]],
  'odd:things': [
    ['struct foo it', 24, 0],
    ['__data_loc u64[] list', 4, 0],
    ['u64 pages[8]', 64, 0],
    ['struct foo * where', 8, 0],
  ],
};

function formatOf(name: string, fields: readonly [string, number, 0 | 1][]): string {
  const lines = fields.map(([field, size, signed], i) => {
    return `\tfield:${field};\toffset:${8 + i * 8};\tsize:${size};\tsigned:${signed};\n`;
  });
  return `name: ${name}\nID: 1\n${COMMON}${lines.join('')}\nprint fmt: "x"\n`;
}

function functions(): Buffer {
  const btf = new BtfBlob();
  const int = btf.int('int', 4, true);
  const long = btf.int('long int', 8, true);
  const unsigned = btf.int('unsigned int', 4, false);
  const size = btf.typedef('size_t', btf.int('long unsigned int', 8, false));
  const char = btf.int('char', 1, true);
  const text = btf.pointer(btf.constant(char));
  const file = btf.pointer(btf.struct('file', 200));
  const pair = btf.struct('pair', 16);
  btf.func('vfs_read', btf.typedef('ssize_t', long), [
    ['file', file],
    ['buf', btf.pointer(char)],
    ['count', size],
    ['pos', btf.pointer(long)],
  ]);
  btf.func('vfs_write', long, [
    ['file', file],
    ['buf', text],
    ['count', size],
  ]);
  btf.func('do_sys_openat2', int, [
    ['dfd', int],
    ['filename', text],
    ['flags', unsigned],
  ]);
  btf.func('takes_pair', 0, [
    ['first', int],
    ['both', pair],
    ['last', int],
  ]);
  btf.func(
    'takes_many',
    file,
    Array.from({length: 8}, (_, i) => [`p${i}`, int]),
  );
  return btf.bytes();
}

const FUNCTIONS = [
  'vfs_read',
  'vfs_write',
  'do_sys_openat2',
  'takes_pair',
  'takes_many',
  'no_types.isra.0',
  'tcp_connect',
];

const NOTES = [
  {provider: 'db', name: 'query__start', arguments: '8@%rdi -4@%eax 4@%edx'},
  {provider: 'db', name: 'query__done', arguments: '8@%rdi'},
  {provider: 'one', name: 'same'},
  {provider: 'other', name: 'same'},
];

export interface HostOptions {
  /** Files of tracefs that aren't there. */
  without?: readonly string[];
}

/** A folder that looks like `/` of a host, with a few hooks of each kind. */
export function makeHost({without = []}: HostOptions = {}): {root: string; hooks: Hooks; remove: () => void} {
  const root = mkdtempSync(path.join(tmpdir(), 'kstop-hooks-'));
  const write = (name: string, content: string | Buffer) => {
    if (without.some((each) => name.includes(each))) return;
    mkdirSync(path.join(root, path.dirname(name)), {recursive: true});
    writeFileSync(path.join(root, name), content);
  };
  const tracing = 'sys/kernel/tracing';
  for (const [name, fields] of Object.entries(TRACEPOINTS)) {
    const [category, event] = name.split(':') as [string, string];
    write(`${tracing}/events/${category}/${event}/format`, formatOf(event, fields));
  }
  for (let i = 0; i < 40; i++)
    write(`${tracing}/events/many/event_${i}/format`, formatOf(`event_${i}`, [['int value', 4, 1]]));
  write(`${tracing}/kprobe_events`, '');
  write(`${tracing}/uprobe_events`, '');
  write(`${tracing}/available_filter_functions`, FUNCTIONS.map((name) => `${name} [core]\n`).join(''));
  write('sys/kernel/btf/vmlinux', functions());
  write('proc/kallsyms', 'ffffffff81000000 T vfs_read\nffffffff81000010 t only_a_symbol\nffffffff81000020 d data\n');
  write('usr/bin/db', elfWith(NOTES));
  write('usr/bin/plain', 'text');
  return {root, hooks: new Hooks({root}), remove: () => rmSync(root, {recursive: true, force: true})};
}
