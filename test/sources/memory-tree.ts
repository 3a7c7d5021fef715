import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {MemoryCgroups} from '../../src/sources/memory/cgroups.ts';
import {memoryHierarchy} from '../../src/sources/memory/hierarchy.ts';

const MIB = 1 << 20;

/** Figures of a stand-in for a cgroup, in MiB. */
export interface StandIn {
  max?: number | 'max' | string;
  current?: number;
  anon?: number;
  inactiveFile?: number;
}

/** Plain files that look like the memory files of cgroups of version 2. */
export class StandInTree {
  readonly root = mkdtempSync(join(tmpdir(), 'kstop-cgroups-'));

  constructor(t: ExecutionContext) {
    t.teardown(() => rmSync(this.root, {recursive: true}));
    this.write('/', 'cgroup.controllers', 'memory\n');
  }

  write(path: string, file: string, text: string): void {
    const folder = join(this.root, path);
    mkdirSync(folder, {recursive: true});
    writeFileSync(join(folder, file), text);
  }

  set(path: string, {max = 'max', current = 0, anon = current, inactiveFile = 0}: StandIn): void {
    this.write(path, 'memory.max', `${typeof max === 'number' ? max * MIB : max}\n`);
    this.write(path, 'memory.current', `${current * MIB}\n`);
    const stat = `inactive_anon ${anon * MIB}\nactive_anon 0\nunevictable 0\ninactive_file ${inactiveFile * MIB}\n`;
    this.write(path, 'memory.stat', stat);
  }

  remove(path: string): void {
    rmSync(join(this.root, path), {recursive: true});
  }

  /** /proc/meminfo, in MiB. */
  host(figures: Record<string, number>): string {
    const lines = Object.entries(figures).map(([name, mib]) => `${name}: ${mib * 1024} kB\n`);
    this.write('/', 'meminfo', lines.join(''));
    return join(this.root, 'meminfo');
  }

  /** The host's vm.swappiness. */
  swappiness(value: number): string {
    this.write('/', 'swappiness', `${value}\n`);
    return join(this.root, 'swappiness');
  }

  /** `version`: of the hierarchy. `meminfo`: the path that `host` gave. */
  cgroups(below?: string, {version = 2, meminfo}: {version?: 1 | 2; meminfo?: string} = {}): MemoryCgroups {
    const mountinfo = `1 1 0:1 / ${this.root} rw - cgroup${version === 2 ? '2' : ''} cgroup rw${version === 2 ? '' : ',memory'}\n`;
    return new MemoryCgroups(below, () => memoryHierarchy(mountinfo), meminfo, this.swappiness(60));
  }
}

export const stampAt = (s: number) => ({
  time: '2026-03-01T12:00:00.000000000Z',
  mono_ns: String(BigInt(Math.round(s * 1000)) * 1_000_000n),
});
