import type {ProcessExecEvent, ProcessExitEvent, ProcessForkEvent} from '../../types/stream.ts';
import {signalName} from '../signals.ts';
import {LAYOUT, WIRE} from '../wire.gen.ts';
import type {Records} from './records.ts';

const exec = LAYOUT.exec_event;
const exit = LAYOUT.exit_event;
const fork = LAYOUT.fork_event;
const FILE_LENGTH = exec.args - exec.file;

/** Of what a program does wrong by itself: SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV. */
const CRASHES = new Set([4, 6, 7, 8, 11]);

export function processExec(r: Records, at: number): ProcessExecEvent {
  const flags = r.u32(at + exec.exec_flags);
  return {
    ...r.base(at, 'PROCESS_EXEC', 'process', 'info'),
    ppid: r.u32(at + exec.ppid),
    filename: cut(r.text(at + exec.file, FILE_LENGTH), (flags & WIRE.EXEC_FILE_CUT) !== 0),
    ...(flags & WIRE.EXEC_MAIN && {main: true as const}),
    ...(flags & WIRE.EXEC_HAS_ARGS && {args: argsOf(r, at, (flags & WIRE.EXEC_ARGS_CUT) !== 0)}),
  };
}

/** The zeros between arguments as spaces. */
function argsOf(r: Records, at: number, isCut: boolean): string {
  const begin = at + exec.args;
  const bytes = Buffer.from(r.bytes.subarray(begin, begin + r.u32(at + exec.args_bytes)));
  const text = bytes.toString('utf8').replaceAll('\0', ' ');
  return isCut ? cut(text, true) : text.replace(/ $/, '');
}

/** Half a character at the cut is none. */
function cut(text: string, isCut: boolean): string {
  return isCut ? `${text.replace(/\ufffd$/, '')}…` : text;
}

export function processExit(r: Records, at: number): ProcessExitEvent {
  const status = r.u32(at + exit.status);
  const flags = r.u32(at + exit.exit_flags);
  const signal = status & 0x7f;
  return {
    ...r.base(at, 'PROCESS_EXIT', 'process', CRASHES.has(signal) ? 'warning' : 'info'),
    ppid: r.u32(at + exit.ppid),
    exit_code: signal > 0 ? 128 + signal : (status >> 8) & 0xff,
    ...(signal > 0 && {signal, signal_name: signalName(signal)}),
    ...(status & 0x80 && {core: true as const}),
    ...(flags & WIRE.EXIT_MAIN && {main: true as const}),
    lifetime_ms: r.u64(at + exit.lifetime_ns) / 1e6,
    ...(flags & WIRE.EXIT_HAS_CPU && {cpu_time_ms: r.u64(at + exit.cpu_ns) / 1e6}),
    ...(flags & WIRE.EXIT_HAS_RSS && {max_rss_bytes: r.u64(at + exit.max_rss_bytes)}),
  };
}

export function processFork(r: Records, at: number): ProcessForkEvent {
  return {
    ...r.base(at, 'PROCESS_FORK', 'process', 'info'),
    child_pid: r.u32(at + fork.child_pid),
    child_comm: r.comm(at + fork.child_comm),
  };
}
