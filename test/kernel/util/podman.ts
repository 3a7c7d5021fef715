import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {makeImage} from './image.ts';
import {Leftovers} from './leftovers.ts';
import {Process} from './load.ts';
import {lacks} from './machine.ts';
import {SLOW, until} from './wait.ts';

/** Why a test that runs containers by Podman can't run; undefined when it can. */
export const lacksPodman = lacks('podman', 'conmon', 'runc', 'busybox', 'tar');

const IMAGE = 'kstop.test/busybox:1';

/** What takes the place of /etc/containers: nothing of it is shared with a Podman that the machine has. */
const CONFIG = `[engine]
lock_type = "file"
events_logger = "none"
cgroup_manager = "cgroupfs"
runtime = "runc"
[containers]
netns = "none"
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
`;

export interface EngineContainer {
  id: string;
  /** Its first process. */
  pid: number;
}

/** A Podman of the test's own, all of it in a folder, with its service at a socket there. */
export class Podman {
  /** The cgroup that its containers are below. */
  private readonly parent = `/kstop-podman-${process.pid}`;
  private readonly leftovers: Leftovers;

  private constructor(private readonly folder: string) {
    this.leftovers = new Leftovers(folder, this.parent, ['/run/runc', '/var/lib/containers']);
  }

  static async start(t: ExecutionContext): Promise<Podman> {
    const folder = mkdtempSync(join(tmpdir(), 'kstop-podman-'));
    const podman = new Podman(folder);
    t.teardown(() => podman.remove());
    writeFileSync(join(folder, 'containers.conf'), CONFIG);
    const archive = join(folder, 'image.tar');
    makeImage(archive, IMAGE, ['/bin/sleep', '100000']);
    podman.podman('load', '--input', archive);
    podman.podman('tag', podman.podman('images', '--quiet').trim(), IMAGE);
    const [command, ...args] = podman.command('system', 'service', '--time', '0', `unix://${podman.socket}`);
    const service = new Process(t, [command!, ...args], podman.env);
    const answers = () => existsSync(podman.socket);
    await until(
      () => service.ended || answers(),
      30_000 * SLOW,
      () => `podman's service ${service.stderr}`,
    );
    return podman;
  }

  readonly image = IMAGE;

  get socket(): string {
    return join(this.folder, 'p.sock');
  }

  /** Starts a container; the flags are `podman run`'s. */
  run(name: string, flags: readonly string[], command: readonly string[]): EngineContainer {
    const all = ['--detach', '--name', name, '--cgroup-parent', this.parent];
    all.push('--entrypoint', JSON.stringify(command), ...flags, IMAGE);
    const id = this.podman('run', ...all)
      .trim()
      .split('\n')
      .at(-1)!;
    return {id, pid: Number(this.podman('inspect', '--format', '{{.State.Pid}}', id))};
  }

  private get env(): Record<string, string> {
    return {CONTAINERS_CONF: join(this.folder, 'containers.conf')};
  }

  private command(...args: string[]): string[] {
    const at = (name: string) => join(this.folder, name);
    const places = ['--root', at('root'), '--runroot', at('run'), '--tmpdir', at('tmp'), '--storage-driver', 'vfs'];
    return ['podman', ...places, '--cgroup-manager', 'cgroupfs', '--runtime', 'runc', ...args];
  }

  private podman(...args: string[]): string {
    const [command, ...rest] = this.command(...args);
    const env = {...process.env, ...this.env};
    const {status, stdout, stderr} = spawnSync(command!, rest, {encoding: 'utf8', env, timeout: 60_000 * SLOW});
    if (status !== 0) throw new Error(`podman ${args[0]}: ${stderr}`);
    return stdout;
  }

  private async remove(): Promise<void> {
    try {
      this.podman('rm', '--all', '--force', '--time', '0');
    } finally {
      // Each container's conmon ends a moment after it.
      await this.leftovers.remove();
    }
  }
}
