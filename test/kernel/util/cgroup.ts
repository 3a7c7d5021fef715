import {existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {sleep} from './wait.ts';

interface Hierarchy {
  mount: string;
  v2: boolean;
}

const mounts = (): string[][] =>
  readFileSync('/proc/self/mounts', 'latin1')
    .split('\n')
    .map((line) => line.split(' '));

/** The hierarchy that a controller is on: version 1's of its own, or the unified one. */
function hierarchyOf(controller: string): Hierarchy | undefined {
  const v1 = mounts().find(([, , type, options]) => type === 'cgroup' && options.split(',').includes(controller));
  if (v1) return {mount: v1[1], v2: false};
  const v2 = mounts().find(([, , type]) => type === 'cgroup2')?.[1];
  if (!v2 || !readFileSync(join(v2, 'cgroup.controllers'), 'latin1').split(/\s/).includes(controller)) return undefined;
  try {
    writeFileSync(join(v2, 'cgroup.subtree_control'), `+${controller}`);
    return {mount: v2, v2: true};
  } catch {
    return undefined;
  }
}

/** Why a test that needs a controller can't run; undefined when it can. */
export function lacksController(controller: string): string | undefined {
  return hierarchyOf(controller) ? undefined : `the ${controller} controller can't be used here`;
}

/** The same for what only version 2 of the controller has. */
export function lacksUnified(controller: string): string | undefined {
  if (hierarchyOf(controller)?.v2 === false) return `the ${controller} controller is on its version 1 hierarchy`;
  return lacksController(controller);
}

/** Mount point of the unified hierarchy; absent on machines with version 1 only. */
export const unified = (): string | undefined => mounts().find(([, , type]) => type === 'cgroup2')?.[1];

let made = 0;

/** A cgroup of the test's own, removed with it. */
export class Cgroup {
  private constructor(
    readonly mount: string,
    readonly v2: boolean,
    /** Path below the hierarchy's mount, as kstop reports it. */
    readonly path: string,
  ) {}

  /** Below the root of the controller's hierarchy (without one: of the unified hierarchy), or below another cgroup. */
  static make(t: ExecutionContext, controller?: string, {name, below}: {name?: string; below?: Cgroup} = {}): Cgroup {
    const mount = unified();
    const hierarchy = below ?? (controller ? hierarchyOf(controller) : mount && {mount, v2: true});
    if (!hierarchy) throw new Error(`no hierarchy for ${controller}`);
    const path = `${below?.path ?? ''}/${name ?? `kstop-test-${process.pid}-${++made}`}`;
    const group = new Cgroup(hierarchy.mount, hierarchy.v2, path);
    mkdirSync(group.folder);
    t.teardown(() => group.remove());
    return group;
  }

  get folder(): string {
    return join(this.mount, this.path);
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'latin1');
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  has(file: string): boolean {
    return existsSync(join(this.folder, file));
  }

  /** `name value` lines of a file as numbers. */
  figures(file: string): Record<string, number> {
    const lines = this.read(file).trim().split('\n');
    return Object.fromEntries(lines.map((line) => [line.split(' ')[0], Number(line.split(' ')[1])]));
  }

  /** Prefix of a command that is to run in it. */
  get enter(): string[] {
    return ['/bin/sh', '-c', 'echo $$ >"$0/cgroup.procs" && exec "$@"', this.folder];
  }

  private async remove(): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        rmdirSync(this.folder);
        return;
      } catch (error) {
        if (tries === 50) throw error;
        await sleep(100);
      }
    }
  }
}
