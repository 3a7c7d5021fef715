import {closeSync, constants, openSync} from 'node:fs';
import type {Focus} from '../../types/stream.ts';
import {round} from '../../util/round.ts';
import {isGone, readIfAllowed, readSmall} from './files.ts';
import {CodeMap} from './maps.ts';
import {type Io, parseArgs, parseCgroup, parseIo, parseStat, parseStatus, type Stat, userOf} from './proc.ts';
import {Threads} from './threads.ts';

/** Milliseconds of a tick in /proc (USER_HZ is 100 on every architecture that kstop runs on). */
const TICK_MS = 10;

/** What one look finds: who it is and what it holds, and counts that only their growth makes figures. */
interface Look {
  atMs: number;
  identity: Focus;
  stat: Stat;
  io?: Io;
}

/**
 * One process and its figures from /proc. Its folder is kept open, so that another one that is given its number later is
 * never taken for it.
 */
export class FocusedProcess {
  private readonly threads: Threads;
  private readonly folder: string;
  private before: Look | undefined;
  private last: Focus;
  private readonly started: string | undefined;
  /** CPU time since it is looked at: by its threads' own clocks, by the process's ticks, and what has been told of it. */
  private readonly cpu = {exactMs: 0, ticksMs: 0, toldMs: 0};

  private constructor(
    readonly pid: number,
    private readonly fd: number,
    private readonly withArgs: boolean,
  ) {
    this.folder = `/proc/self/fd/${fd}`;
    this.threads = new Threads(`${this.folder}/task`);
    this.last = {pid, comm: ''};
    this.started = startOf(parseStat(readSmall(`${this.folder}/stat`)));
    this.threads.next();
    this.before = this.look(performance.now());
    this.last = this.before.identity;
  }

  /** Returns a sentence when there is no such process. */
  static open(pid: number, withArgs: boolean): FocusedProcess | string {
    if (!Number.isInteger(pid) || pid < 1) return `${pid} is no process: their numbers begin at 1`;
    let fd: number | undefined;
    try {
      fd = openSync(`/proc/${pid}`, constants.O_RDONLY | constants.O_DIRECTORY);
      const {tgid = pid} = parseStatus(readSmall(`/proc/self/fd/${fd}/status`));
      if (tgid === pid) return new FocusedProcess(pid, fd, withArgs);
      closeSync(fd);
      const leader = parseStat(readIfAllowed(`/proc/${tgid}/stat`) ?? '')?.comm;
      return `${pid} is a thread of process ${tgid}${leader ? ` (${leader})` : ''}: look into that one`;
    } catch (error) {
      if (fd !== undefined) closeSync(fd);
      if (isGone(error)) return `there is no process ${pid}`;
      return `process ${pid} can't be read: ${(error as Error).message}`;
    }
  }

  /** What program code it has mapped; undefined once it has ended. */
  code(): CodeMap | undefined {
    return CodeMap.read(`${this.folder}/maps`);
  }

  get ended(): boolean {
    return this.last.ended === true;
  }

  /** Its figures since the last call. Once it has ended: what was seen last, and that it has ended. */
  sample(): Focus {
    if (this.ended) return this.last;
    let look: Look;
    try {
      look = this.look(performance.now());
    } catch (error) {
      this.before = undefined;
      this.threads.next();
      if (isGone(error)) this.last = {...this.last, ended: true};
      return this.last;
    }
    const figures = this.before && this.figures(this.before, look);
    if (!figures) this.threads.next();
    this.before = look;
    this.last = look.identity;
    return {...look.identity, ...figures};
  }

  close(): void {
    closeSync(this.fd);
  }

  private look(atMs: number): Look {
    const stat = parseStat(readSmall(`${this.folder}/stat`));
    if (!stat) throw new Error('its stat file is of another form');
    const {uid, rss_bytes, rss_peak_bytes, swap_bytes, virtual_bytes} = parseStatus(
      readIfAllowed(`${this.folder}/status`) ?? '',
    );
    const cgroup = parseCgroup(readIfAllowed(`${this.folder}/cgroup`) ?? '');
    const cmdline = this.withArgs ? readIfAllowed(`${this.folder}/cmdline`) : undefined;
    const io = parseIo(readIfAllowed(`${this.folder}/io`) ?? '');
    const user = uid === undefined ? undefined : userName(uid);
    const levels = {rss_bytes, rss_peak_bytes, swap_bytes, virtual_bytes, uid, user, cgroup};
    const identity: Focus = {
      pid: this.pid,
      comm: stat.comm,
      ppid: stat.ppid,
      threads: stat.threads,
      ...(stat.state && {state: stat.state}),
      ...(this.started && {started: this.started}),
      ...(stat.kernelThread && {kernel_thread: true}),
      ...(cmdline !== undefined && {args: parseArgs(cmdline)}),
      ...Object.fromEntries(Object.entries(levels).filter(([, value]) => value !== undefined)),
    };
    return {atMs, identity, stat, ...(io && {io})};
  }

  private figures(before: Look, now: Look): Partial<Focus> {
    const {runNs, waitNs, slices, voluntary, involuntary} = this.threads.next();
    const ticksMs = (now.stat.cpuTicks - before.stat.cpuTicks) * TICK_MS;
    const cpuMs = runNs === undefined ? ticksMs : this.cpuMs(runNs / 1e6, ticksMs);
    return {
      interval_ms: round(now.atMs - before.atMs, 3),
      cpu_time_ms: round(cpuMs, 6),
      ...(waitNs !== undefined && {run_delay_ms: round(waitNs / 1e6, 6)}),
      ...(slices !== undefined && {timeslices: slices}),
      ...(voluntary !== undefined && {voluntary_switches: voluntary}),
      ...(involuntary !== undefined && {involuntary_switches: involuntary}),
      minor_faults: Math.max(0, now.stat.minorFaults - before.stat.minorFaults),
      major_faults: Math.max(0, now.stat.majorFaults - before.stat.majorFaults),
      ...(now.io && before.io && growth(before.io, now.io)),
    };
  }

  /** The ticks know of threads that have ended; the threads' own clocks are exact. Two ticks may have been rounded away. */
  private cpuMs(exactMs: number, ticksMs: number): number {
    const {cpu} = this;
    cpu.exactMs += exactMs;
    cpu.ticksMs += ticksMs;
    const before = cpu.toldMs;
    cpu.toldMs = Math.max(before, cpu.exactMs, cpu.ticksMs - 2 * TICK_MS);
    return cpu.toldMs - before;
  }
}

function growth(before: Io, now: Io): Partial<Focus> {
  const keys = Object.keys(now) as (keyof Io)[];
  return Object.fromEntries(keys.map((key) => [key, Math.max(0, now[key] - before[key])]));
}

/** When the process began, by the wall clock. */
function startOf({startTicks = Number.NaN}: Partial<Stat> = {}): string | undefined {
  const uptimeS = Number.parseFloat(readIfAllowed('/proc/uptime') ?? '');
  const atMs = Date.now() - uptimeS * 1000 + startTicks * TICK_MS;
  return Number.isFinite(atMs) ? new Date(atMs).toISOString() : undefined;
}

/** Looked up when a process is first seen under the number; users don't change while kstop runs. */
const users = new Map<number, string | undefined>();

function userName(uid: number): string | undefined {
  if (!users.has(uid)) {
    if (users.size >= 1000) users.clear();
    users.set(uid, userOf(readIfAllowed('/etc/passwd') ?? '', uid));
  }
  return users.get(uid);
}
