import type {TaskState} from '../../types/stream.ts';

/** What /proc/PID/stat tells of a whole process (proc(5)). */
export interface Stat {
  comm: string;
  state?: TaskState;
  ppid: number;
  kernelThread: boolean;
  minorFaults: number;
  majorFaults: number;
  /** User and system time of all its threads, those that ended too, in hundredths of a second. */
  cpuTicks: number;
  threads: number;
  /** Hundredths of a second after the system started. */
  startTicks: number;
}

const STATES: Record<string, TaskState> = {
  R: 'running',
  S: 'sleeping',
  D: 'uninterruptible',
  T: 'stopped',
  t: 'traced',
  X: 'dead',
  x: 'dead',
  Z: 'zombie',
  P: 'parked',
  I: 'idle',
};

const PF_KTHREAD = 0x00200000;

/** The name stands in parentheses and may hold any byte, also `)` and newlines: only its last one counts. */
export function parseStat(text: string): Stat | undefined {
  const [open, close] = [text.indexOf('('), text.lastIndexOf(')')];
  if (open < 0 || close < open) return undefined;
  const rest = text.slice(close + 2).split(' ');
  const field = (number: number) => Number(rest[number - 3]);
  const state = STATES[rest[0] ?? ''];
  return {
    comm: text.slice(open + 1, close),
    ...(state && {state}),
    ppid: field(4),
    kernelThread: (field(9) & PF_KTHREAD) !== 0,
    minorFaults: field(10),
    majorFaults: field(12),
    cpuTicks: field(14) + field(15),
    threads: field(20),
    startTicks: field(22),
  };
}

/** What /proc/PID/status tells; sizes in bytes. A kernel thread and a zombie have no memory. */
export interface Status {
  tgid?: number;
  uid?: number;
  rss_bytes?: number;
  rss_peak_bytes?: number;
  swap_bytes?: number;
  virtual_bytes?: number;
  /** Of this thread alone. */
  voluntary?: number;
  involuntary?: number;
}

/** Lines of a file `Name:\tvalue …` as numbers, by the names that are wanted. */
function numbers<Key extends string>(text: string, names: Record<Key, string>): Partial<Record<Key, number>> {
  const found: Partial<Record<Key, number>> = {};
  for (const key of Object.keys(names) as Key[]) {
    const at = text.startsWith(`${names[key]}:`) ? 0 : text.indexOf(`\n${names[key]}:`) + 1;
    if (at === 0 && !text.startsWith(`${names[key]}:`)) continue;
    const value = Number.parseInt(text.slice(at + names[key].length + 1, at + names[key].length + 32), 10);
    if (!Number.isNaN(value)) found[key] = value;
  }
  return found;
}

export function parseStatus(text: string): Status {
  const {peak, rss, swap, virtual, ...rest} = numbers(text, {
    tgid: 'Tgid',
    uid: 'Uid',
    virtual: 'VmSize',
    peak: 'VmHWM',
    rss: 'VmRSS',
    swap: 'VmSwap',
    voluntary: 'voluntary_ctxt_switches',
    involuntary: 'nonvoluntary_ctxt_switches',
  });
  return {
    ...rest,
    ...(rss !== undefined && {rss_bytes: rss * 1024}),
    ...(peak !== undefined && {rss_peak_bytes: peak * 1024}),
    ...(swap !== undefined && {swap_bytes: swap * 1024}),
    ...(virtual !== undefined && {virtual_bytes: virtual * 1024}),
  };
}

/** What /proc/PID/io counts since the process began: through calls, and what of it reached storage. */
export interface Io {
  read_bytes: number;
  write_bytes: number;
  read_calls: number;
  write_calls: number;
  storage_read_bytes: number;
  storage_write_bytes: number;
}

export function parseIo(text: string): Io | undefined {
  const found = numbers(text, {
    read_bytes: 'rchar',
    write_bytes: 'wchar',
    read_calls: 'syscr',
    write_calls: 'syscw',
    storage_read_bytes: 'read_bytes',
    storage_write_bytes: 'write_bytes',
  });
  return Object.keys(found).length === 6 ? (found as Io) : undefined;
}

/** A thread's line in schedstat: time on a CPU and waiting for one, in nanoseconds, and how often it got one. */
export interface SchedStat {
  runNs: number;
  waitNs: number;
  slices: number;
}

export function parseSchedstat(text: string): SchedStat | undefined {
  const [runNs = Number.NaN, waitNs = Number.NaN, slices = Number.NaN] = text.trim().split(' ').map(Number);
  return Number.isNaN(slices) ? undefined : {runNs, waitNs, slices};
}

/** The cgroup in the unified hierarchy; where that one is not in use, in the memory controller's. */
export function parseCgroup(text: string): string | undefined {
  const lines = text.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line));
  const unified = lines.find((line) => line?.[1] === '')?.[2];
  const memory = lines.find((line) => line?.[1]?.split(',').includes('memory'))?.[2];
  return unified === undefined || unified === '/' ? (memory ?? unified) : unified;
}

/** Bytes of arguments that are kept. */
const ARGS_MAX = 4096;

/** The arguments in /proc/PID/cmdline, the last one with `…` where more was written than is kept. */
export function parseArgs(text: string): string[] {
  const args = text.slice(0, ARGS_MAX).replace(/\0+$/, '').split('\0');
  if (text.length > ARGS_MAX) args[args.length - 1] += '…';
  return args[0] === '' && args.length === 1 ? [] : args;
}

/** Name of a user in the text of /etc/passwd. */
export function userOf(passwd: string, uid: number): string | undefined {
  for (const line of passwd.split('\n')) {
    const [name, , id] = line.split(':');
    if (name && id === String(uid)) return name;
  }
  return undefined;
}
