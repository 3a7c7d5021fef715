import {closeSync, constants, openSync, readSync, statSync} from 'node:fs';
import {arch, release} from 'node:os';
import type {Surveyed} from '../../containers/survey.ts';
import {type Cgroups, cgroupsOf, type Mount, parseMounts} from '../../util/mounts.ts';
import {type Process, parseStatus} from './capabilities.ts';
import {type Distribution, parseOsRelease} from './distribution.ts';
import {errnoOf, fileSystemAt, type KernelConfig, kernelConfig, link, namesIn, text} from './files.ts';
import type {TraceNeeds} from './traces.ts';

/** Inode numbers of the first namespaces (include/linux/proc_ns.h). */
const FIRST = {pid: 'pid:[4026531836]', user: 'user:[4026531837]', cgroup: 'cgroup:[4026531835]'};
const PROC_DYNAMIC_FIRST = 0xf0000000;
/** include/uapi/linux/magic.h */
const TRACEFS = 0x74726163;
const DEBUGFS = 0x64626720;

export type Lockdown = 'none' | 'integrity' | 'confidentiality';
/** `host`: the first one. Undefined where it can't be told. */
export type Namespace = 'host' | 'own' | undefined;

/** What was found out about this kernel and this user; what is undefined could not be. */
export interface Facts {
  release: string;
  arch: string;
  distribution?: Distribution;
  config?: KernelConfig;
  process?: Process;
  btf: {vmlinux: boolean; errno?: string; modules: number};
  /** `atLeast`: by the kernel's build or command line; the file that tells was not to be read. */
  lockdown?: {mode: Lockdown; atLeast?: true};
  /** Security modules at work, by the file that tells. */
  modules?: string;
  sysctls: Record<
    'unprivileged_bpf_disabled' | 'kptr_restrict' | 'perf_event_paranoid' | 'dmesg_restrict',
    number | undefined
  >;
  namespaces: {pid: Namespace; user: Namespace; net: Namespace; cgroup: Namespace};
  /** Within a container, or what looks like one. */
  contained: boolean;
  /** Is there a /proc to look into? */
  proc: boolean;
  /** Where it is mounted, and whether this user may look into it. */
  tracefs?: {path: string; readable: boolean};
  cgroups: Cgroups;
  /** Errno of reading the pressure files; `off`: there are none. */
  pressure: 'on' | 'off' | string;
  /** What the kernel's command line asks of it: `psi=1`. Undefined: nothing. */
  psiAsked?: 'on' | 'off';
  /** Errno of opening /dev/kmsg, if any. */
  kmsg?: string;
  /** Do kernel symbols show their addresses? */
  symbols: boolean;
  kprobes: boolean;
  /** Container runtimes that listen where kstop looks. */
  runtimes: readonly Surveyed[];
  /** Absent where nobody looked. */
  traces?: TraceNeeds;
}

const number = (value: string | undefined): number | undefined =>
  value !== undefined && /^-?\d+$/.test(value) ? Number(value) : undefined;

function lockdownOf(config: KernelConfig | undefined): Facts['lockdown'] {
  const told = /\[(none|integrity|confidentiality)\]/.exec(text('/sys/kernel/security/lockdown') ?? '')?.[1];
  if (told) return {mode: told as Lockdown};
  if (config?.get('CONFIG_SECURITY_LOCKDOWN_LSM') === 'n') return {mode: 'none'};
  const asked = /(?:^|\s)lockdown=(integrity|confidentiality)(?:\s|$)/.exec(text('/proc/cmdline') ?? '')?.[1];
  if (asked === 'confidentiality' || config?.get('CONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY') === 'y')
    return {mode: 'confidentiality', atLeast: true};
  if (asked || config?.get('CONFIG_LOCK_DOWN_KERNEL_FORCE_INTEGRITY') === 'y')
    return {mode: 'integrity', atLeast: true};
  return undefined;
}

/**
 * The first network namespace has a fixed number since 6.18; before, it is process 1's, where 1 is the host's 1.
 * Numbers from PROC_DYNAMIC_FIRST on are given out.
 */
function netNamespace(pid: Namespace): Namespace {
  const net = link('/proc/self/ns/net');
  if (net === undefined) return undefined;
  if (Number(net.replace(/\D/g, '')) < PROC_DYNAMIC_FIRST) return 'host';
  const [major = 0, minor = 0] = release().split('.').map(Number);
  if (major > 6 || (major === 6 && minor >= 18)) return 'own';
  const first = pid === 'host' ? link('/proc/1/ns/net') : undefined;
  return first === undefined ? undefined : net === first ? 'host' : 'own';
}

function namespaces(): Facts['namespaces'] {
  const own = (name: keyof typeof FIRST): Namespace => {
    const found = link(`/proc/self/ns/${name}`);
    return found === undefined ? undefined : found === FIRST[name] ? 'host' : 'own';
  };
  const pid = own('pid');
  return {pid, user: own('user'), net: netNamespace(pid), cgroup: own('cgroup')};
}

/** Where libbpf looks, by what is really visible there. */
function tracefs(): Facts['tracefs'] {
  const at = (path: string) => ({path, readable: namesIn(path) !== undefined});
  if (fileSystemAt('/sys/kernel/tracing') === TRACEFS) return at('/sys/kernel/tracing');
  if (fileSystemAt('/sys/kernel/debug') !== DEBUGFS) return undefined;
  return namesIn('/sys/kernel/debug/tracing')?.length ? at('/sys/kernel/debug/tracing') : undefined;
}

function btf(): Facts['btf'] {
  const errno = errnoOf(() => closeSync(openSync('/sys/kernel/btf/vmlinux', 'r')));
  const modules = namesIn('/sys/kernel/btf')?.filter((name) => name !== 'vmlinux').length ?? 0;
  return {vmlinux: errno === undefined, ...(errno && {errno}), modules};
}

function pressure(): string {
  const errno = errnoOf(() => {
    const fd = openSync('/proc/pressure/memory', 'r');
    try {
      readSync(fd, Buffer.alloc(64));
    } finally {
      closeSync(fd);
    }
  });
  return errno === undefined ? 'on' : errno === 'ENOENT' ? 'off' : errno;
}

/** The last one counts; the kernel reads it as a truth value (kernel/sched/psi.c, kstrtobool). */
function psiAsked(): Facts['psiAsked'] {
  const asked = [...(text('/proc/cmdline') ?? '').matchAll(/(?:^|\s)psi=(\S+)/g)].at(-1)?.[1]?.toLowerCase();
  if (asked === undefined) return undefined;
  return /^(1|y|t|on)/.test(asked) ? 'on' : /^(0|n|f|of)/.test(asked) ? 'off' : undefined;
}

function kmsg(): string | undefined {
  return errnoOf(() => closeSync(openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK)));
}

/** Those who must not see them get 0 for every address in /proc/kallsyms; the first ones of all may really be 0. */
function symbols(): boolean {
  const start = Buffer.alloc(16_384);
  const failed = errnoOf(() => {
    const fd = openSync('/proc/kallsyms', 'r');
    try {
      readSync(fd, start);
    } finally {
      closeSync(fd);
    }
  });
  return failed === undefined && /^0*[1-9a-f][0-9a-f]* /m.test(start.toString('latin1'));
}

function isContained(spaces: Facts['namespaces'], process: Process | undefined): boolean {
  if (spaces.pid === 'own') return true;
  const marked = ['/.dockerenv', '/run/.containerenv'].some((path) => errnoOf(() => void statSync(path)) === undefined);
  // The mark alone is also in a virtual machine made of an image.
  return marked && (spaces.user === 'own' || process?.bounding.has('CAP_SYS_ADMIN') === false);
}

/** Looks around; touches nothing. `runtimes`, `traces`: where they were asked. */
export function facts(runtimes: readonly Surveyed[] = [], traces?: TraceNeeds): Facts {
  const kernel = release();
  const config = kernelConfig(kernel);
  const process = parseStatus(text('/proc/self/status'));
  const spaces = namespaces();
  const mounts: Mount[] = parseMounts(text('/proc/self/mountinfo') ?? '');
  const sysctl = (name: string) => number(text(`/proc/sys/kernel/${name}`));
  const [lockdown, tracing, denied, psi] = [lockdownOf(config), tracefs(), kmsg(), psiAsked()];
  const distribution = parseOsRelease(text('/etc/os-release') ?? text('/usr/lib/os-release'));
  const modules = text('/sys/kernel/security/lsm');
  return {
    release: kernel,
    arch: arch(),
    ...(distribution && {distribution}),
    ...(config && {config}),
    ...(process && {process}),
    btf: btf(),
    ...(lockdown && {lockdown}),
    ...(modules && {modules}),
    sysctls: {
      unprivileged_bpf_disabled: sysctl('unprivileged_bpf_disabled'),
      kptr_restrict: sysctl('kptr_restrict'),
      perf_event_paranoid: sysctl('perf_event_paranoid'),
      dmesg_restrict: sysctl('dmesg_restrict'),
    },
    namespaces: spaces,
    contained: isContained(spaces, process),
    proc: process !== undefined,
    ...(tracing && {tracefs: tracing}),
    cgroups: cgroupsOf(mounts),
    pressure: pressure(),
    ...(psi && {psiAsked: psi}),
    ...(denied && {kmsg: denied}),
    symbols: symbols(),
    kprobes: errnoOf(() => void statSync('/sys/bus/event_source/devices/kprobe')) === undefined,
    runtimes,
    ...(traces && {traces}),
  };
}
