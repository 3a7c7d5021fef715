import {type BigIntStats, statSync} from 'node:fs';
import {Problem} from '../util/problem.ts';
import type {RuntimeSocket} from './runtimes/types.ts';

/** The user behind sudo; undefined when there is none. */
function invokingUser(): number | undefined {
  const uid = process.env.SUDO_UID;
  return process.getuid?.() === 0 && uid !== undefined && /^\d{1,10}$/.test(uid) ? Number(uid) : undefined;
}

/** Users whose sockets kstop talks to: root, who runs it, and who called sudo. */
const trusted = (): Set<number | undefined> => new Set([0, process.getuid?.(), invokingUser()]);

/** Where runtimes listen by default, the ones that know more first: Docker knows no more of a pod than its labels. */
export function knownSockets(): RuntimeSocket[] {
  const cri = (path: string, runtime: string): RuntimeSocket => ({path, runtime, protocol: 'cri'});
  const docker = (path: string, runtime: string): RuntimeSocket => ({path, runtime, protocol: 'docker'});
  const uids = [...trusted()].filter((uid) => uid);
  return [
    cri('/run/containerd/containerd.sock', 'containerd'),
    cri('/run/k3s/containerd/containerd.sock', 'containerd'),
    cri('/run/k0s/containerd.sock', 'containerd'),
    cri('/var/snap/microk8s/common/run/containerd.sock', 'containerd'),
    cri('/run/crio/crio.sock', 'cri-o'),
    cri('/run/cri-dockerd.sock', 'docker'),
    docker('/run/docker.sock', 'docker'),
    docker('/var/run/docker.sock', 'docker'),
    docker('/run/podman/podman.sock', 'podman'),
    ...uids.flatMap((uid) => [
      docker(`/run/user/${uid}/docker.sock`, 'docker'),
      docker(`/run/user/${uid}/podman/podman.sock`, 'podman'),
    ]),
  ];
}

const look = (path: string): BigIntStats | undefined => {
  try {
    return statSync(path, {bigint: true, throwIfNoEntry: false});
  } catch {
    // In a folder that this user may not look into, or behind a loop of links.
    return undefined;
  }
};

export type Present = RuntimeSocket & {problem?: Problem};

/** Those that are there, each once, whatever links lead to it; with a problem those that kstop doesn't talk to. */
export function presentSockets(sockets: readonly RuntimeSocket[]): Present[] {
  const users = trusted();
  const seen = new Set<string>();
  return sockets.flatMap((socket): Present[] => {
    const found = look(socket.path);
    const same = `${found?.dev}:${found?.ino}`;
    if (!found || seen.has(same)) return [];
    seen.add(same);
    const what = `socket of ${socket.runtime}, ${socket.path}`;
    if (!found.isSocket()) return [{...socket, problem: new Problem(what, 'it is no socket', 'remove it')}];
    if (users.has(Number(found.uid))) return [socket];
    const why = `it belongs to user ${found.uid}: kstop asks only those of root and of the user who runs it`;
    return [{...socket, problem: new Problem(what, why, 'check who made it')}];
  });
}
