import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {must} from './disk.ts';
import {makeRoot} from './image.ts';
import {type Ended, runToEnd} from './kstop.ts';
import {lacks} from './machine.ts';
import {SLOW, until} from './wait.ts';

/** Why a test that starts containers by runc itself can't run; undefined when it can. */
export const lacksRunc = lacks('runc', 'busybox');

export interface Wanted {
  /** Below the hierarchies' roots. */
  cgroup: string;
  /** Bytes. */
  memoryLimit?: number;
  /** In the host's PID namespace. */
  hostPids?: boolean;
}

/** A container of busybox that runc runs, again and again if need be; gone without a trace after the test. */
export class Runc {
  private readonly folder = mkdtempSync(join(tmpdir(), 'kstop-runc-'));
  private runs = 0;

  constructor(
    t: ExecutionContext,
    private readonly wanted: Wanted,
  ) {
    t.teardown(() => {
      this.delete();
      rmSync(this.folder, {recursive: true, force: true});
    });
    makeRoot(join(this.folder, 'rootfs'));
    must('runc', 'spec', '--bundle', this.folder);
  }

  /** Runs a shell's script as its main process; resolves with how runc ended, whose exit status is the container's. */
  run(script: string): Promise<Ended> {
    this.configure(script);
    this.runs++;
    const command = ['runc', ...this.root, 'run', '--bundle', this.folder, '--pid-file', this.pidFile, `r${this.runs}`];
    rmSync(this.pidFile, {force: true});
    return runToEnd(command, undefined, 120_000 * SLOW);
  }

  /** What is left of its runs. */
  delete(): void {
    for (let i = 1; i <= this.runs; i++) must('runc', ...this.root, 'delete', '--force', `r${i}`);
  }

  /** Runs a shell's script in it beside, as `docker exec` does. */
  exec(script: string): Promise<Ended> {
    return runToEnd(['runc', ...this.root, 'exec', `r${this.runs}`, '/bin/sh', '-c', script]);
  }

  /** A pipe at its root: the path on the host. */
  fifo(name: string): string {
    const path = join(this.folder, 'rootfs', name);
    must('mkfifo', path);
    return path;
  }

  /** Number of the main process, once it is there. */
  pid(): Promise<number> {
    return until(() => Number(this.read(this.pidFile)) || undefined, 20_000 * SLOW, 'the container to begin');
  }

  private get root(): string[] {
    return ['--root', join(this.folder, 'state')];
  }

  private get pidFile(): string {
    return join(this.folder, 'pid');
  }

  private read(path: string): string {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  }

  private configure(script: string): void {
    const path = join(this.folder, 'config.json');
    const {process, linux, ...rest} = JSON.parse(readFileSync(path, 'utf8'));
    const {rlimits: _, ...bare} = process;
    const {cgroup, memoryLimit, hostPids} = this.wanted;
    const namespaces = linux.namespaces.filter(({type}: {type: string}) => type !== 'pid' || !hostPids);
    const memory = memoryLimit === undefined ? {} : {memory: {limit: memoryLimit, swap: memoryLimit}};
    const config = {
      ...rest,
      process: {...bare, terminal: false, args: ['/bin/sh', '-c', script]},
      linux: {...linux, namespaces, cgroupsPath: cgroup, resources: {...linux.resources, ...memory}},
    };
    writeFileSync(path, JSON.stringify(config));
  }
}
