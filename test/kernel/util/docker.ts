import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {must} from './disk.ts';
import {makeRoot} from './image.ts';
import {Leftovers} from './leftovers.ts';
import {Process} from './load.ts';
import {lacks} from './machine.ts';
import type {EngineContainer} from './podman.ts';
import {SLOW, until} from './wait.ts';

/** Why a test that runs a Docker of its own can't run; undefined when it can. */
export const lacksDocker = lacks('dockerd', 'docker', 'containerd', 'runc', 'busybox', 'tar');

/** The cgroup that its containers are below. */
const PARENT = `/kstop-docker-${process.pid}`;

/** A Docker of the test's own, all of it in a folder, without networks. */
export class Docker {
  readonly image = 'kstop.test/busybox:1';

  private constructor(
    private readonly folder: string,
    private readonly service: Process,
    private readonly leftovers: Leftovers,
  ) {}

  static async start(t: ExecutionContext): Promise<Docker> {
    const folder = mkdtempSync(join(tmpdir(), 'kstop-docker-'));
    const at = (name: string) => join(folder, name);
    const places = ['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid'), '--host'];
    const ways = ['--storage-driver=vfs', '--bridge=none', '--iptables=false', '--ip6tables=false'];
    writeFileSync(at('none.json'), '{}');
    const leftovers = new Leftovers(folder, PARENT, ['/run/docker', '/etc/docker', '/run/runc']);
    const service = new Process(t, [
      'dockerd',
      ...[...places, `unix://${at('d.sock')}`, '--config-file', at('none.json'), ...ways],
      ...['--exec-opt', 'native.cgroupdriver=cgroupfs', '--oom-score-adjust=0'],
    ]);
    const docker = new Docker(folder, service, leftovers);
    t.teardown(() => docker.remove());
    const answers = () => existsSync(docker.socket) && docker.tried('version').status === 0;
    await until(
      () => service.ended || answers(),
      60_000 * SLOW,
      () => `dockerd ${service.stderr.slice(-2000)}`,
    );
    if (service.ended) throw new Error(`dockerd ended: ${service.stderr.slice(-2000)}`);
    makeRoot(at('image'));
    must('tar', '-C', at('image'), '--owner=0', '--group=0', '-cf', at('image.tar'), '.');
    docker.docker('import', at('image.tar'), docker.image);
    return docker;
  }

  get socket(): string {
    return join(this.folder, 'd.sock');
  }

  /** Starts a container; the flags are `docker run`'s. */
  run(name: string, flags: readonly string[], command: readonly string[]): EngineContainer {
    const all = ['--detach', '--name', name, '--network', 'none', '--cgroup-parent', PARENT, ...flags];
    const id = this.docker('run', ...all, this.image, ...command).trim();
    return {id, pid: Number(this.docker('inspect', '--format', '{{.State.Pid}}', id))};
  }

  private tried(...args: string[]) {
    const all = ['--host', `unix://${this.socket}`, ...args];
    return spawnSync('docker', all, {encoding: 'utf8', timeout: 60_000 * SLOW});
  }

  private docker(...args: string[]): string {
    const {status, stdout, stderr} = this.tried(...args);
    if (status !== 0) throw new Error(`docker ${args[0]}: ${stderr}`);
    return stdout;
  }

  private async remove(): Promise<void> {
    const ids = this.tried('ps', '--all', '--quiet').stdout.split('\n').filter(Boolean);
    if (ids.length > 0) this.tried('rm', '--force', ...ids);
    // It ends its own containerd.
    await this.service.kill('SIGTERM');
    await this.leftovers.remove();
  }
}
