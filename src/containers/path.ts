/**
 * Which container a cgroup path belongs to: the innermost one on it. A systemd unit is no container (`unitOf` names it).
 * Paths are whatever somebody called a cgroup: their length is bounded, and what is taken for an id is checked.
 */

export type Qos = 'guaranteed' | 'burstable' | 'besteffort';

export interface PathContainer {
  /** 64 hexadecimal digits from most runtimes; a name from lxc, systemd-nspawn, ctr and runc. */
  id: string;
  /** As far as the path tells: `/kubepods/burstable/podUID/ID` doesn't. */
  runtime?: string;
  pod_uid?: string;
  /** Kubernetes' quality of service class. */
  qos?: Qos;
}

/** The kernel's longest path (PATH_MAX). */
const MAX_PATH = 4096;
const HEX_ID = /^[0-9a-f]{64}$/;
/** What containerd and runc take for an id. */
const NAME_ID = /^[A-Za-z0-9][A-Za-z0-9_.+-]{0,127}$/;
const POD_UID = /^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/;
const BUILD_ID = /^[0-9a-z]{25}$/;

/**
 * What stands before a container's 64 digits, as `docker-ID.scope`. The runtimes' own helpers have a prefix of theirs
 * (`crio-conmon-`, `libpod-conmon-`): they are in no container.
 */
const PREFIXES: Record<string, string> = {
  docker: 'docker',
  'cri-containerd': 'containerd',
  containerd: 'containerd',
  nerdctl: 'containerd',
  crio: 'cri-o',
  runc: 'runc',
  libpod: 'podman',
  'libpod-payload': 'podman',
};
/** Folders that hold containers by their bare id. */
const PARENTS: Record<string, string> = {
  docker: 'docker',
  moby: 'docker',
  libpod_parent: 'podman',
  'k8s.io': 'containerd',
};
/** Names of containerd that have folders at the top of the hierarchy, or of a container's part of it. */
const CTR_NAMESPACES = new Set(['default', 'k8s.io']);

type Found = Pick<PathContainer, 'id' | 'runtime'>;

/** `\x2d` as systemd writes `-`; what isn't ASCII stays escaped. */
const unescapeUnit = (name: string): string =>
  name.replace(/\\x([2-7][0-9a-f])/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

/** `docker-ID`, `crio-ID` … ; a prefix that nobody knows leaves the runtime open. */
function prefixed(name: string): Found | undefined {
  const id = name.slice(-64);
  if (!HEX_ID.test(id) || name.at(-65) !== '-') return undefined;
  const prefix = name.slice(0, -65);
  if (prefix === '' || prefix.endsWith('conmon')) return undefined;
  const runtime = Object.hasOwn(PREFIXES, prefix) ? PREFIXES[prefix] : undefined;
  return {id, runtime};
}

/** systemd's machines: nspawn's and libvirt's lxc containers, and virtual machines, which are none. */
function machine(escaped: string): Found | undefined {
  const name = unescapeUnit(escaped);
  if (/^qemu-\d/.test(name)) return undefined;
  const lxc = /^lxc-\d{1,10}-/.exec(name);
  const id = lxc ? name.slice(lxc[0].length) : name;
  return NAME_ID.test(id) ? {id, runtime: lxc ? 'lxc' : 'systemd-nspawn'} : undefined;
}

function scope(name: string): Found | undefined {
  if (name.startsWith('machine-')) return machine(name.slice('machine-'.length));
  const found = prefixed(name);
  if (found) return found;
  if (!name.startsWith('runc-')) return undefined;
  const id = name.slice('runc-'.length);
  return NAME_ID.test(id) ? {id, runtime: 'runc'} : undefined;
}

function lxc(name: string, parent: string | undefined): Found | undefined {
  const payload = 'lxc.payload.';
  const id = name.startsWith(payload) ? name.slice(payload.length) : name;
  const held = parent === 'lxc' || parent === 'lxc.payload';
  return (id !== name || held) && NAME_ID.test(id) ? {id, runtime: 'lxc'} : undefined;
}

/** `SLICE:PREFIX:ID`: what systemd's driver would make of it, made a folder by the other driver. */
function colons(name: string): Found | undefined {
  const parts = name.split(':');
  return parts.length === 3 ? prefixed(`${parts[1]}-${parts[2]}`) : undefined;
}

/** Is the folder at `at` the container's own? Not what the container made below it. */
function containerAt(folders: readonly string[], at: number): Found | undefined {
  const name = folders[at];
  const parent = folders[at - 1];
  if (name.endsWith('.scope')) return scope(name.slice(0, -'.scope'.length));
  if (HEX_ID.test(name)) return {id: name, runtime: Object.hasOwn(PARENTS, parent) ? PARENTS[parent] : undefined};
  if (parent === 'buildkit') return BUILD_ID.test(name) ? {id: name, runtime: 'buildkit'} : undefined;
  if (CTR_NAMESPACES.has(parent) && name !== 'buildkit' && NAME_ID.test(name)) {
    const top = at === 1 || folders[at - 2] === '..' || containerAt(folders, at - 2) !== undefined;
    return top ? {id: name, runtime: 'containerd'} : undefined;
  }
  return lxc(name, parent) ?? (name.includes(':') ? colons(name) : prefixed(name));
}

/** The pod and its class from a folder's name: `podUID`, `kubepods-burstable-podUID.slice`. */
function podOf(folder: string, above: string | undefined): Pick<PathContainer, 'pod_uid' | 'qos'> {
  const slice = folder.split(':')[0];
  const from = slice.endsWith('.slice') ? slice.lastIndexOf('-pod') + 1 : 0;
  if (!slice.startsWith('pod', from) || (slice.endsWith('.slice') && !slice.includes('kubepods'))) return {};
  const escaped = slice.endsWith('.slice');
  const uid = escaped ? slice.slice(from + 3, -'.slice'.length).replaceAll('_', '-') : slice.slice(3);
  const classes = escaped ? slice.slice(0, from) : (above ?? '');
  const qos = classes.includes('burstable')
    ? 'burstable'
    : classes.includes('besteffort')
      ? 'besteffort'
      : 'guaranteed';
  const known = escaped || /(^|\/)(kubepods|burstable|besteffort)$/.test(classes);
  return known && POD_UID.test(uid) ? {pod_uid: uid, qos} : {};
}

function innermost(path: string): PathContainer | undefined {
  if (path.length > MAX_PATH) return undefined;
  const folders = path.split('/').filter((folder) => folder !== '');
  for (let at = folders.length - 1; at >= 0; at--) {
    const found = containerAt(folders, at);
    if (!found) continue;
    const pod = folders[at].includes(':')
      ? podOf(folders[at], undefined)
      : podOf(folders[at - 1] ?? '', folders[at - 2]);
    return {...found, ...pod};
  }
  return undefined;
}

/**
 * The innermost container of a process, by its path in the unified hierarchy. Where the memory controller is on a
 * hierarchy of its own (cgroup v1) and the two differ, that one decides: it is whose limit the process would hit. It may
 * name none (a runtime without a memory cgroup); then the unified path is asked.
 *
 * @param path as /proc/PID/cgroup has it, `/../` of a cgroup namespace included
 * @param memoryPath path in the v1 memory hierarchy
 */
export function containerOf(path: string, memoryPath?: string): PathContainer | undefined {
  const byMemory = memoryPath === undefined || memoryPath === path ? undefined : innermost(memoryPath);
  return byMemory ?? innermost(path);
}

/** The innermost systemd unit that holds processes, as systemctl has it (`nginx.service`); a slice holds units. */
export function unitOf(path: string): string | undefined {
  if (path.length > MAX_PATH) return undefined;
  return path
    .split('/')
    .findLast((name) => name.length <= 255 && /^[A-Za-z0-9:_.\\@-]+\.(service|scope|socket|mount|swap)$/.test(name));
}
