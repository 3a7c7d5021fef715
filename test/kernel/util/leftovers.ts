import {existsSync, readdirSync, readFileSync, rmdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {must} from './disk.ts';
import {SLOW, until} from './wait.ts';

/** Removes a cgroup with those below it; false while somebody is in one. */
function removeCgroups(folder: string): boolean {
  if (!existsSync(folder)) return true;
  try {
    for (const each of readdirSync(folder, {withFileTypes: true}))
      if (each.isDirectory()) removeCgroups(join(folder, each.name));
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** What a container engine leaves behind: its folder with mounts in it, cgroups, and what it makes elsewhere. */
export class Leftovers {
  private readonly made: string[];

  /**
   * @param folder the engine's own
   * @param cgroup path of the one that its containers are below
   * @param elsewhere what it makes in places that can't be told; kept where it is there now
   */
  constructor(
    private readonly folder: string,
    private readonly cgroup: string,
    elsewhere: readonly string[],
  ) {
    this.made = elsewhere.filter((path) => !existsSync(path));
  }

  /** To be called when the containers have been told to end: waits for the last processes. */
  async remove(): Promise<void> {
    const mounts = readFileSync('/proc/self/mounts', 'latin1')
      .split('\n')
      .map((line) => line.split(' '));
    for (const [, at] of mounts.toReversed()) if (at?.startsWith(`${this.folder}/`)) must('umount', '--lazy', at);
    for (const path of [this.folder, ...this.made]) rmSync(path, {recursive: true, force: true});
    const cgroups = mounts
      .filter(([, , type]) => /^cgroup2?$/.test(type ?? ''))
      .map(([, at]) => join(at!, this.cgroup));
    await until(() => cgroups.every(removeCgroups), 20_000 * SLOW, `cgroups ${this.cgroup} without processes`);
  }
}
