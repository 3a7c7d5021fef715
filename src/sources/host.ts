import {closeSync, openSync, readSync} from 'node:fs';
import type {Psi, Sample} from '../types/stream.ts';

/** What a file may hold that is read whole: 10,000 network devices' lines. */
const LONGEST = 1 << 21;

/**
 * A /proc file kept open and read again from the start: no path walk, no allocation but the string. Gives undefined
 * while the file is missing. The kernel hands a table out by the page, so it is read up to its end.
 */
export class ProcFile {
  private fd: number | undefined;
  private static buffer = Buffer.alloc(1 << 16);

  constructor(private readonly path: string) {}

  read(): string | undefined {
    try {
      this.fd ??= openSync(this.path, 'r');
      let length = 0;
      for (;;) {
        const bytes = readSync(this.fd, ProcFile.buffer, length, ProcFile.buffer.length - length, length);
        length += bytes;
        if (bytes === 0) return ProcFile.buffer.toString('latin1', 0, length);
        // Half a line would be half a figure.
        if (length >= LONGEST)
          return ProcFile.buffer.toString('latin1', 0, ProcFile.buffer.lastIndexOf(10, length - 1) + 1);
        if (length === ProcFile.buffer.length) ProcFile.buffer = Buffer.concat([ProcFile.buffer], length * 2);
      }
    } catch {
      this.close();
      return undefined;
    }
  }

  /** Why it can't be read now, by errno; undefined when it can. */
  problem(): string | undefined {
    try {
      const fd = openSync(this.path, 'r');
      try {
        readSync(fd, ProcFile.buffer, 0, ProcFile.buffer.length, 0);
      } finally {
        closeSync(fd);
      }
      return undefined;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'error';
    }
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }
}

/** Columns of /proc/stat's first line that are no work of this machine's (proc(5)). */
const [IDLE, IOWAIT, STEAL] = [3, 4, 7];

/** Shares of all CPUs' time between two readings of /proc/stat's first line. */
export class CpuTime {
  private last = {busy: 0, stolen: 0, total: 0};

  /** Percent since the last call; undefined at the first one. Busy includes what was stolen, as in other tools. */
  shares(stat: string | undefined): {busy?: number; stolen?: number} {
    const fields = stat?.slice(0, stat.indexOf('\n')).trim().split(/\s+/).slice(1, 9).map(Number);
    if (!fields || fields.length < 8 || fields.some(Number.isNaN)) return {};
    const total = fields.reduce((sum, field) => sum + field, 0);
    const now = {busy: total - fields[IDLE] - fields[IOWAIT], stolen: fields[STEAL], total};
    const {last} = this;
    this.last = now;
    const grown = now.total - last.total;
    if (last.total === 0 || grown <= 0) return {};
    const share = (name: 'busy' | 'stolen') => round((Math.max(0, now[name] - last[name]) / grown) * 100);
    return {busy: share('busy'), stolen: share('stolen')};
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;

function kilobytes(meminfo: string | undefined, name: string): number | undefined {
  const found = meminfo?.match(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm'));
  return found ? Number(found[1]) * 1024 : undefined;
}

const SOME = /^some avg10=([\d.]+)/m;
const FULL = /^full avg10=([\d.]+)/m;

/** The averages of a PSI file. `full` is absent for cpu before 5.13. */
export function psi(text: string | undefined): Psi | undefined {
  if (text === undefined) return undefined;
  const [some, full] = [SOME, FULL].map((line) => {
    const found = line.exec(text);
    return found ? Number(found[1]) : undefined;
  });
  return {...(some !== undefined && {some_avg10_pct: some}), ...(full !== undefined && {full_avg10_pct: full})};
}

/** The host's own figures, from files that the kernel keeps anyway. What can't be read is left out. */
export class HostFigures {
  private readonly files = Object.fromEntries(
    ['loadavg', 'uptime', 'stat', 'meminfo', 'pressure/cpu', 'pressure/memory', 'pressure/io'].map((name) => [
      name,
      new ProcFile(`/proc/${name}`),
    ]),
  );
  private readonly cpu = new CpuTime();

  host(): Sample['host'] {
    const load = this.files.loadavg.read()?.split(' ').map(Number);
    const uptime = Number.parseFloat(this.files.uptime.read() ?? '');
    const memory = this.files.meminfo.read();
    const {busy, stolen} = this.cpu.shares(this.files.stat.read());
    const figures = {
      load1: load?.[0],
      load5: load?.[1],
      load15: load?.[2],
      uptime_s: Number.isNaN(uptime) ? undefined : uptime,
      cpu_pct: busy,
      steal_pct: stolen,
      mem_available_bytes: kilobytes(memory, 'MemAvailable'),
      swap_free_bytes: kilobytes(memory, 'SwapFree'),
    };
    return Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined));
  }

  pressure(): Sample['pressure'] {
    const all = (['cpu', 'memory', 'io'] as const).map((name) => [name, psi(this.files[`pressure/${name}`].read())]);
    const known = all.filter(([, value]) => value !== undefined);
    return known.length > 0 ? Object.fromEntries(known) : undefined;
  }

  close(): void {
    for (const file of Object.values(this.files)) file.close();
  }
}
