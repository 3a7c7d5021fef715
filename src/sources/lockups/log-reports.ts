import type {LockupEvent} from '../../types/stream.ts';
import type {LogRecord} from './log-record.ts';

/** What the kernel's log told of one lock-up, hung task or stall. */
export interface LogReport {
  type: LockupEvent['type'];
  us: number;
  cpu?: number;
  /** The task that the log names, by its thread id. */
  task?: {tid: number; comm: string};
  stuckMs?: number;
  stuckJiffies?: number;
  /** Innermost first. */
  stack: string[];
}

/** Frames that a report keeps at most (KS_STACK_FRAMES). */
const FRAMES_MAX = 32;
/** Reports that may wait at most; a machine that writes more between two readings is past helping. */
const WAITING_MAX = 1024;

type Head = (text: string) => (Partial<LogReport> & {type: LogReport['type']}) | undefined;

/**
 * The first lines of the kernel's reports: kernel/watchdog.c, kernel/hung_task.c, kernel/rcu/tree_stall.h and
 * tree_exp.h of 5.10 to 7.x. Each is anchored: names that others choose come later in a line.
 */
const HEADS: readonly Head[] = [
  (text) => {
    const [, cpu, seconds, comm, tid] =
      /^(?:watchdog: )?BUG: soft lockup - CPU#(\d+) stuck for (\d+)s! \[(.*):(\d+)\]$/s.exec(text) ?? [];
    if (cpu === undefined) return undefined;
    return {type: 'SOFT_LOCKUP', cpu: Number(cpu), stuckMs: Number(seconds) * 1000, task: {tid: Number(tid), comm}};
  },
  (text) => {
    const cpu = /^(?:NMI )?watchdog: (?:CPU\d+: )?Watchdog detected hard LOCKUP on cpu ?(\d+)/i.exec(text)?.[1];
    return cpu === undefined ? undefined : {type: 'SOFT_LOCKUP', cpu: Number(cpu)};
  },
  (text) => {
    const [, comm, tid, seconds] =
      /^INFO: task (.*):(\d+) blocked (?:[\w/ ]+ )?for more than (\d+) seconds\./s.exec(text) ?? [];
    if (tid === undefined) return undefined;
    return {type: 'HUNG_TASK', stuckMs: Number(seconds) * 1000, task: {tid: Number(tid), comm}};
  },
  (text) => {
    const [, which, cpu, jiffies] =
      /^(?:rcu: )?INFO: \w+ (self-detected stall on CPU|detected (?:expedited )?stalls on CPUs\/tasks:(?: \{ *(?:(\d+)-)?.*\} (\d+) jiffies)?)/.exec(
        text,
      ) ?? [];
    if (which === undefined) return undefined;
    return {
      type: 'RCU_STALL',
      ...(cpu !== undefined && {cpu: Number(cpu)}),
      ...(jiffies !== undefined && {stuckJiffies: Number(jiffies)}),
    };
  },
];

/** A frame of a stack trace; those with a question mark are leftovers, not callers. */
const FRAME = /^ +([\w.$]+\+0x[0-9a-f]+)\/0x[0-9a-f]+((?: \[\w+)?)/;
/** x86 and arm64: where the CPU was. A segment with its lowest bits set is user space's. */
const POINTER = /^(?:RIP: 00[0-9a-f][048c]:|pc : )([\w.$]+\+0x[0-9a-f]+)\/0x[0-9a-f]+((?: \[\w+)?)/;

/** Finds reports in the log's lines, one line at a time; a report goes on until the next, or its stack's end. */
export class LogReports {
  private open: LogReport | undefined;
  private openReadings = 0;
  private pointer = false;
  private tracing = false;
  private done: LogReport[] = [];

  add({us, text}: LogRecord): void {
    for (const head of HEADS) {
      const found = head(text);
      if (!found) continue;
      this.finish();
      this.open = {us, stack: [], ...found};
      return;
    }
    if (this.open) this.continue(this.open, text.replace(/^rcu: /, ''));
  }

  /** Reports that are complete; one that has no end yet is at the second call, or at the `last`. */
  take(last = false): LogReport[] {
    if (this.open && (last || ++this.openReadings > 1)) this.finish();
    return this.done.splice(0);
  }

  private finish(): void {
    if (this.open && this.done.length < WAITING_MAX) this.done.push(this.open);
    this.open = undefined;
    this.openReadings = 0;
    this.pointer = this.tracing = false;
  }

  private continue(report: LogReport, text: string): void {
    if (report.type === 'RCU_STALL') stallLine(report, text);
    const at = POINTER.exec(text);
    if (at && !this.pointer) {
      this.pointer = true;
      report.stack = [at[1] + bracket(at[2])];
    } else if (/^Call [Tt]race:/.test(text)) this.tracing = true;
    else if (this.tracing && /^ *<\/TASK>/.test(text)) this.finish();
    else if (this.tracing && report.stack.length < FRAMES_MAX) {
      const frame = FRAME.exec(text);
      if (frame) report.stack.push(frame[1] + bracket(frame[2]));
    }
  }
}

/** ` [module` as ` [module]`. */
const bracket = (module: string): string => (module ? `${module}]` : '');

/** `\t0-....: (5249 ticks this GP) …`, `\t(t=5250 jiffies …`, `\t(detected by 1, t=5252 jiffies, …`. */
function stallLine(report: LogReport, text: string): void {
  const cpu = /^\s+(\d+)-[^\s:]+: \(/.exec(text)?.[1];
  if (cpu !== undefined) report.cpu ??= Number(cpu);
  const [, by, jiffies] = /\((?:detected by (\d+), )?t=(\d+) jiffies/.exec(text) ?? [];
  if (jiffies === undefined) return;
  report.stuckJiffies ??= Number(jiffies);
  // Tasks alone may hold a grace period up: then only the CPU that found it is known.
  if (by !== undefined) report.cpu ??= Number(by);
}
