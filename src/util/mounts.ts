/** One line of /proc/self/mountinfo (Documentation/filesystems/proc.rst). */
export interface Mount {
  path: string;
  type: string;
  /** Options of the file system itself: a v1 hierarchy's controllers. */
  options: string[];
}

const octal = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8)));

export function parseMounts(mountinfo: string): Mount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [left = '', right] = line.split(' - ', 2);
    const path = left.split(' ')[4];
    const [type, , options = ''] = right?.split(' ') ?? [];
    return path && type ? [{path: octal(path), type, options: options.split(',')}] : [];
  });
}

/** Is the mount seen at its path, or has another one been laid over it or over a folder above? */
function isVisible(mounts: readonly Mount[], at: number): boolean {
  const {path} = mounts[at] as Mount;
  return !mounts
    .slice(at + 1)
    .some((later) => path === later.path || path.startsWith(`${later.path.replace(/\/$/, '')}/`));
}

export function visibleMounts(mounts: readonly Mount[], type: string): Mount[] {
  return mounts.filter((mount, i) => mount.type === type && isVisible(mounts, i));
}

/** How control groups are mounted. */
export interface Cgroups {
  mode: 'v2' | 'hybrid' | 'v1' | 'none';
  /** The unified hierarchy. */
  v2?: string;
  /** v1 hierarchies with controllers. */
  v1: {path: string; controllers: string[]}[];
}

/** Mount options that name no controller. */
const NO_CONTROLLERS =
  /^(rw|ro|name=.*|xattr|noprefix|clone_children|release_agent=.*|cpuset_v2_mode|favordynmods|seclabel)$/;

export function cgroupsOf(mounts: readonly Mount[]): Cgroups {
  const v2 = visibleMounts(mounts, 'cgroup2')[0]?.path;
  const v1 = visibleMounts(mounts, 'cgroup')
    .map(({path, options}) => ({path, controllers: options.filter((option) => !NO_CONTROLLERS.test(option))}))
    .filter(({controllers}) => controllers.length > 0);
  const mode = v1.length > 0 ? (v2 ? 'hybrid' : 'v1') : v2 ? 'v2' : 'none';
  return {mode, ...(v2 && {v2}), v1};
}
