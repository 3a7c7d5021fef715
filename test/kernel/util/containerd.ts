import {spawnSync} from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {converse} from '../../../src/containers/runtimes/converse.ts';
import {call} from '../../../src/containers/runtimes/grpc.ts';
import {Message} from '../../../src/containers/runtimes/protobuf.ts';
import {field, message} from '../../containers/stand-in.ts';
import {containerConfig, type Pod, podConfig, type Wanted} from './cri-calls.ts';
import {must} from './disk.ts';
import {makeImage} from './image.ts';
import {Process} from './load.ts';
import {lacks} from './machine.ts';
import {SLOW, until} from './wait.ts';

/** Why a test that starts a containerd of its own can't run; undefined when it can. */
export const lacksContainerd = lacks('containerd', 'ctr', 'runc', 'busybox', 'tar');

export const IMAGE = 'kstop.test/busybox:1';
const PAUSE = 'kstop.test/pause:1';
const PLAIN = 'default';
/** What containerd's shims and runc make beside the folders that they are told. */
const SHARED = '/run/containerd';
/** Where kstop looks for containerd. */
const USUAL = join(SHARED, 'containerd.sock');

/** Why a test that needs the usual place for it can't run. */
export const lacksUsualPlace = (): string | undefined =>
  existsSync(USUAL) ? 'a containerd runs here already' : undefined;

const LIMITS = {timeoutMs: 30_000 * SLOW, maxBytes: 8 << 20, maxContainers: 1000};

const config = (folder: string): string => `version = 2
root = "${folder}/root"
state = "${folder}/state"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt",
]
[grpc]
  address = "${folder}/c.sock"
[ttrpc]
  address = "${folder}/c.sock.ttrpc"
[debug]
  address = "${folder}/debug.sock"
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  disable_apparmor = true
  sandbox_image = "${PAUSE}"
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${folder}/cni"
    conf_dir = "${folder}/cni"
`;

export interface Sandbox {
  id: string;
  config: Buffer;
  pod: Pod;
}

/** Every place of a path in the cgroup hierarchies. */
const cgroupFolders = (path: string): string[] =>
  readFileSync('/proc/self/mounts', 'latin1')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , type]) => type === 'cgroup' || type === 'cgroup2')
    .map(([, mount]) => join(mount, path));

/** Removes a folder and those above it, as far as they are empty and were not there before. */
function removeEmpty(folder: string, before: ReadonlySet<string>): void {
  for (let at = folder; !before.has(at); at = dirname(at)) {
    try {
      rmdirSync(at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return;
    }
  }
}

/** A containerd of the test's own, with everything of it in a folder, and gone without a trace after the test. */
export class Containerd {
  private readonly sandboxes = new Set<Sandbox>();
  private readonly plain: string[] = [];
  private readonly parents = new Map<string, Set<string>>();

  private constructor(
    private readonly t: ExecutionContext,
    private readonly folder: string,
  ) {}

  static async start(t: ExecutionContext): Promise<Containerd> {
    const folder = mkdtempSync(join(tmpdir(), 'kstop-ctd-'));
    const shared = existsSync(SHARED);
    t.teardown(() => {
      rmSync(folder, {recursive: true, force: true});
      if (!shared) rmSync(SHARED, {recursive: true, force: true});
    });
    const made = new Containerd(t, folder);
    mkdirSync(join(folder, 'cni'));
    writeFileSync(join(folder, 'config.toml'), config(folder));
    const process = new Process(t, ['containerd', '--config', join(folder, 'config.toml')]);
    t.teardown(() => made.stop());
    const answers = () => made.ctr(['version']).status === 0;
    await until(
      () => process.ended || answers(),
      30_000 * SLOW,
      () => `containerd ${process.stderr.slice(-2000)}`,
    );
    if (process.ended) throw new Error(`containerd ended: ${process.stderr.slice(-2000)}`);
    for (const name of [IMAGE, PAUSE]) made.importImage(name);
    return made;
  }

  /** Lets kstop find it where containerd usually is. */
  offer(): void {
    mkdirSync(SHARED, {recursive: true});
    symlinkSync(this.socket, USUAL);
    this.t.teardown(() => rmSync(USUAL));
  }

  get socket(): string {
    return join(this.folder, 'c.sock');
  }

  /** Its figures of itself, over HTTP. */
  get debugSocket(): string {
    return join(this.folder, 'debug.sock');
  }

  /** Runs containerd's own client, in the namespace of Kubernetes or another one. */
  ctr(args: readonly string[], namespace = 'k8s.io'): {status: number | null; stdout: string; stderr: string} {
    const all = ['--address', this.socket, '--namespace', namespace, ...args];
    return spawnSync('ctr', all, {encoding: 'utf8', timeout: 60_000 * SLOW});
  }

  /** The first process of a container, by containerd's own account. */
  pidOf(id: string, namespace?: string): number {
    const {stdout, stderr} = this.ctr(['tasks', 'list'], namespace);
    const line = stdout.split('\n').find((each) => each.startsWith(`${id} `));
    if (!line) throw new Error(`no task ${id}: ${stdout} ${stderr}`);
    return Number(line.split(/\s+/)[1]);
  }

  /** A pod below a cgroup of its own, `/kubepods/burstable/podUID` as the kubelet would call it. */
  async pod(pod: Pod): Promise<Sandbox> {
    const parent = `/kubepods/burstable/pod${pod.uid}`;
    this.remember(parent);
    const config = podConfig(pod, parent);
    const id = await this.request('RunPodSandbox', field(1, config));
    const sandbox = {id, config, pod};
    this.sandboxes.add(sandbox);
    return sandbox;
  }

  /** Starts a container in it; its id. */
  async run(sandbox: Sandbox, wanted: Wanted): Promise<string> {
    const body = message(field(1, sandbox.id), field(2, containerConfig(wanted)), field(3, sandbox.config));
    const id = await this.request('CreateContainer', body);
    await this.request('StartContainer', field(1, id));
    return id;
  }

  /** Runs a container as `ctr run` does, in containerd's own namespace; its id is its name. */
  runPlain(name: string, command: readonly string[]): void {
    this.remember(`/${PLAIN}/${name}`);
    this.importImage(IMAGE, PLAIN);
    this.plain.push(name);
    const {status, stderr} = this.ctr(['run', '--detach', '--snapshotter', 'native', IMAGE, name, ...command], PLAIN);
    if (status !== 0) throw new Error(`ctr run: ${stderr}`);
  }

  async remove(sandbox: Sandbox): Promise<void> {
    this.sandboxes.delete(sandbox);
    await this.request('StopPodSandbox', field(1, sandbox.id));
    await this.request('RemovePodSandbox', field(1, sandbox.id));
  }

  /** Cgroups above a container's are made with it, and stay: which of them were there before. */
  private remember(path: string): void {
    const above = (at: string): string[] => (at === '/' ? [] : [at, ...above(dirname(at))]);
    this.parents.set(path, new Set(cgroupFolders(path).flatMap(above).filter(existsSync)));
  }

  /** Calls a method; the text of the answer's first field, which is the id of what was made. */
  private async request(method: string, body: Buffer): Promise<string> {
    const path = `/runtime.v1.RuntimeService/${method}`;
    const answer = await converse(this.socket, call(path, body, LIMITS.maxBytes), LIMITS).catch((error: Error) => {
      throw new Error(`${method}: ${error.message}`);
    });
    const read = new Message(answer);
    return (read.next() && read.text(256)) || '';
  }

  /** Makes an image of busybox, and gives it to containerd. */
  importImage(name: string, namespace?: string): void {
    const archive = join(this.folder, 'image.tar');
    makeImage(archive, name, ['/bin/sleep', '100000']);
    const {status, stderr} = this.ctr(['images', 'import', '--snapshotter', 'native', archive], namespace);
    rmSync(archive);
    if (status !== 0) throw new Error(`ctr images import: ${stderr}`);
  }

  private async stop(): Promise<void> {
    for (const sandbox of this.sandboxes) {
      await this.remove(sandbox).catch((error: Error) => this.t.log(error.message));
    }
    for (const name of this.plain) {
      this.ctr(['tasks', 'delete', '--force', name], PLAIN);
      this.ctr(['containers', 'delete', name], PLAIN);
    }
    // What a failed test has left: shims hold the address of their containerd in their command line.
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (commandLine(pid).includes(this.socket) && commandLine(pid)[0].includes('shim'))
        process.kill(Number(pid), 'SIGKILL');
    }
    for (const [parent, before] of this.parents) for (const at of cgroupFolders(parent)) removeEmpty(at, before);
    for (const mount of mountsBelow(this.folder)) must('umount', '--lazy', mount);
  }
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
  } catch {
    return [''];
  }
}

const mountsBelow = (folder: string): string[] =>
  readFileSync('/proc/self/mounts', 'latin1')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((mount) => mount.startsWith(`${folder}/`) || mount.startsWith(`${SHARED}/runc/`))
    .toReversed();
