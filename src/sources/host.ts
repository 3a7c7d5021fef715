import {closeSync, openSync, readSync} from 'node:fs';
import type {Psi, Sample} from '../types/stream.ts';

/**
 * A /proc file kept open and read again from the start: no path walk, no allocation but the string. Gives undefined
 * while the file is missing.
 */
export class ProcFile {
  private fd: number | undefined;
  private static readonly buffer = Buffer.alloc(1 << 16);

  constructor(private readonly path: string) {}

  read(): string | undefined {
    try {
      this.fd ??= openSync(this.path, 'r');
      const bytes = readSync(this.fd, ProcFile.buffer, 0, ProcFile.buffer.length, 0);
      return ProcFile.buffer.toString('latin1', 0, bytes);
    } catch {
      this.close();
      return undefined;
    }
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }
}

/** Busy share of all CPUs' time between two readings of /proc/stat's first line. */
class CpuTime {
  private busy = 0;
  private total = 0;

  /** Percent since the last call; undefined at the first one. */
  percent(stat: string | undefined): number | undefined {
    const fields = stat?.slice(0, stat.indexOf('\n')).trim().split(/\s+/).slice(1, 9).map(Number);
    if (!fields || fields.length < 8 || fields.some(Number.isNaN)) return undefined;
    const total = fields.reduce((sum, field) => sum + field, 0);
    const busy = total - fields[3] - fields[4];
    const [grown, spent] = [total - this.total, busy - this.busy];
    const first = this.total === 0;
    this.total = total;
    this.busy = busy;
    return first || grown <= 0 ? undefined : round((spent / grown) * 100);
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;

function kilobytes(meminfo: string | undefined, name: string): number | undefined {
  const found = meminfo?.match(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm'));
  return found ? Number(found[1]) * 1024 : undefined;
}

function psi(text: string | undefined): Psi | undefined {
  if (text === undefined) return undefined;
  const line = (name: string): number | undefined => {
    const found = text.match(new RegExp(`^${name} avg10=([\\d.]+)`, 'm'));
    return found ? Number(found[1]) : undefined;
  };
  const [some, full] = [line('some'), line('full')];
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
    const figures = {
      load1: load?.[0],
      load5: load?.[1],
      load15: load?.[2],
      uptime_s: Number.isNaN(uptime) ? undefined : uptime,
      cpu_pct: this.cpu.percent(this.files.stat.read()),
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
