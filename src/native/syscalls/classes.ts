import {WIRE} from '../wire.gen.ts';
import {syscallNumbers} from './names.ts';

/** The table's halves (KS_SYSCALL_ENTRIES, KS_SYSCALL_COMPAT_BASE), each with a last entry for all numbers beyond. */
export const COMPAT_BASE = 512;
const OTHERS = COMPAT_BASE - 1;

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Classes (enum ks_syscall_class) by name; what isn't named is a plain call. */
const CLASSES: readonly [number: number, names: string[]][] = [
  // Sleep until something happens, or as long as they were asked to.
  [
    WIRE.SYSCALL_WAIT,
    words(`
      accept accept4 clock_nanosleep clock_nanosleep_time64 epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old futex
      futex_time64 futex_wait futex_waitv io_getevents io_pgetevents io_pgetevents_time64 io_uring_enter ipc
      mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 msgrcv msgsnd nanosleep _newselect pause
      poll ppoll ppoll_time64 pselect6 pselect6_time64 recvfrom recvmmsg recvmmsg_time64 recvmsg restart_syscall
      rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 select semop semtimedop semtimedop_time64 sendmmsg sendmsg
      sendto sigsuspend socketcall splice syslog tee vfork vmsplice wait4 waitid waitpid
    `),
  ],
  // Of files they are work, of pipes, sockets, terminals and devices they wait for the other side.
  [
    WIRE.SYSCALL_BY_FD,
    words(`
      ioctl pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readv sendfile sendfile64 write writev
    `),
  ],
  // A FIFO's open waits for the other side.
  [WIRE.SYSCALL_BY_OPEN, words('creat open openat openat2')],
  // With CLONE_VFORK, and as vfork, they return when the child has ended or runs another program.
  [WIRE.SYSCALL_CLONE, ['clone']],
  [WIRE.SYSCALL_CLONE3, ['clone3']],
  // What a signal interrupted goes on: neither it nor an end has a return of its own.
  [WIRE.SYSCALL_UNTIMED, words('exit exit_group rt_sigreturn sigreturn')],
];

/** Entries of the probe's table, those of plain calls left out. */
export function syscallTable(arch: string = process.arch): [entry: number, number: number][] {
  const classOf = new Map(CLASSES.flatMap(([number, names]) => names.map((name): [string, number] => [name, number])));
  const entries: [number, number][] = [];
  for (const compat of [false, true]) {
    const base = compat ? COMPAT_BASE : 0;
    const names = syscallNumbers(compat, arch);
    for (const [number, name] of names) {
      const found = classOf.get(name);
      if (found !== undefined && number < OTHERS) entries.push([base + number, found]);
    }
    // Calls that can't be named can't be told from those that wait.
    if (names.size === 0) for (let i = 0; i < COMPAT_BASE; i++) entries.push([base + i, WIRE.SYSCALL_UNTIMED]);
  }
  return entries;
}

/** Number and half of an entry; undefined number: of all that have no entry. */
export function syscallOf(entry: number): {number: number | undefined; compat: boolean} {
  const number = entry % COMPAT_BASE;
  return {number: number === OTHERS ? undefined : number, compat: entry >= COMPAT_BASE};
}
