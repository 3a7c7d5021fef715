import type {Refusal} from '../../sources/probe-report.ts';
import {type Capability, has} from './capabilities.ts';
import {bootWith, kernelWith} from './distribution.ts';
import type {Facts} from './facts.ts';

/** Why something was refused, and what helps. */
export interface Explanation {
  cause: string;
  /** Do the facts prove it? */
  certain: boolean;
  /** Absent where nothing helps, or where the cause isn't known. */
  remedy?: string;
}

interface Rule {
  /** Does the rule speak of this refusal on this system? */
  applies: (refusal: Refusal, facts: Facts) => boolean;
  explain: (refusal: Refusal, facts: Facts) => Explanation;
}

const isDenied = ({errno}: Refusal): boolean => errno === 'EPERM' || errno === 'EACCES';
const PROGRAMS = /^(tp_btf|raw_tp|tracepoint|fentry|fexit|kprobe|kretprobe|perf_event|iter|cgroup_skb|bpf)$/;
const isProgram = ({method}: Refusal): boolean => PROGRAMS.test(method);
/** What loading and attaching tracing programs takes (kernel/bpf/syscall.c, since 5.8). */
const NEEDED: readonly Capability[] = ['CAP_BPF', 'CAP_PERFMON'];

export function lacking({process}: Facts): Capability[] {
  return process ? NEEDED.filter((name) => !has(process.effective, name)) : [];
}

/**
 * Attaching to a cgroup takes CAP_NET_ADMIN too; from 6.9 on (bpf: Introduce BPF token object) CAP_SYS_ADMIN does for it
 * here as for the others.
 */
function lacksNetAdmin({process, release}: Facts): boolean {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  if (!process || process.effective.has('CAP_NET_ADMIN')) return false;
  return !process.effective.has('CAP_SYS_ADMIN') || major < 6 || (major === 6 && minor < 9);
}

/** How the process gets capabilities that it lacks. */
export function capabilityRemedy(facts: Facts, names: readonly Capability[]): string {
  const {process, namespaces, contained} = facts;
  if (namespaces.user === 'own') return "run kstop outside of the user namespace: its root is not the host's";
  const bounded = names.filter((name) => process && !has(process.bounding, name));
  if (bounded.length > 0 && contained) {
    const flags = bounded.map((name) => `--cap-add=${name.slice(4)}`).join(' ');
    return `start the container with ${flags} (or --privileged)${namespaces.pid === 'own' ? ', and --pid=host' : ''}`;
  }
  if (bounded.length > 0) {
    return `${bounded.join(', ')} was taken from the bounding set (systemd: CapabilityBoundingSet=, or capsh, setpriv): start kstop without that`;
  }
  return process?.uid === 0
    ? `start kstop with ${names.join(' and ')} in its effective set: sudo kstop`
    : 'run it as root: sudo kstop';
}

function isLockedDown({lockdown}: Facts): boolean {
  return lockdown?.mode === 'confidentiality';
}

export const UNLOCK = 'boot without lockdown=confidentiality: integrity is fine (Secure Boot may set it)';
const LOCKED = 'the kernel is locked down (confidentiality): no program may read its memory';
/** Before 5.11 what BPF takes counts as locked memory; libkstop has looked at the limit. */
const NO_MEMORY = 'the limit of locked memory is too low for this kernel (before 5.11)';

/** Mainline knows no level above 2: Debian and Ubuntu added them, for CAP_SYS_ADMIN alone where CAP_PERFMON came later. */
export function isParanoid({process, sysctls}: Facts): boolean {
  return (sysctls.perf_event_paranoid ?? 0) > 2 && process?.effective.has('CAP_SYS_ADMIN') === false;
}

export const PARANOID_REMEDY = 'sudo sysctl kernel.perf_event_paranoid=2, or give kstop CAP_SYS_ADMIN';

/** Option of the kernel's build that is known to be off; false where the configuration can't be read. */
const isOff = ({config}: Facts, option: string): boolean => config !== undefined && (config.get(option) ?? 'n') === 'n';

function missingOption(option: string, {distribution, arch, contained}: Facts, what: string): Explanation {
  return {
    cause: `this kernel was built without ${what} (${option})`,
    certain: true,
    remedy: kernelWith(option, distribution, arch, contained),
  };
}

/** What was looked at and can't be it. */
function innocent({process, lockdown, modules}: Facts): string {
  const parts = [
    process && 'every capability that it takes is effective',
    lockdown &&
      `lockdown (${lockdown.mode}${lockdown.atLeast ? ' or stricter' : ''}) ${lockdown.atLeast ? 'is not known to cover it' : 'does not cover it'}`,
    process?.seccomp === 0 && 'no seccomp filter is in force',
    modules && `security modules at work: ${modules}`,
  ].filter(Boolean);
  return parts.join('; ');
}

/** First match wins: what is proven comes before what is likely. */
const RULES: readonly Rule[] = [
  {
    applies: ({errno, detail}) => errno === undefined && detail === 'skipped',
    explain: () => ({cause: 'left out by KSTOP_SKIP_METHODS', certain: true, remedy: 'unset KSTOP_SKIP_METHODS'}),
  },
  // Whatever else the kernel lacks, it had not come to that.
  {
    applies: ({errno}) => errno === 'EMFILE' || errno === 'ENFILE',
    explain: () => ({
      cause: 'too few open files are allowed',
      certain: true,
      remedy: 'allow more open files: ulimit -n 1024',
    }),
  },
  {
    applies: (refusal, facts) => isDenied(refusal) && isProgram(refusal) && facts.namespaces.user === 'own',
    explain: (_, facts) => ({
      cause: 'BPF asks for capabilities in the first user namespace; this is another one',
      certain: true,
      remedy: capabilityRemedy(facts, NEEDED),
    }),
  },
  {
    applies: (refusal, facts) => isDenied(refusal) && isProgram(refusal) && lacking(facts).length > 0,
    explain: (_, facts) => ({
      cause: `${lacking(facts).join(' and ')} ${lacking(facts).length > 1 ? 'are' : 'is'} not effective`,
      certain: true,
      remedy: capabilityRemedy(facts, lacking(facts)),
    }),
  },
  {
    applies: (refusal, facts) => refusal.method === 'cgroup_skb' && isDenied(refusal) && lacksNetAdmin(facts),
    explain: (_, facts) => ({
      cause: 'CAP_NET_ADMIN is not effective',
      certain: true,
      remedy: capabilityRemedy(facts, ['CAP_NET_ADMIN']),
    }),
  },
  {
    applies: ({method, errno}, facts) =>
      method === 'kmsg' &&
      (errno === 'EPERM' || errno === 'EACCES') &&
      facts.process?.effective.has('CAP_SYSLOG') === false,
    explain: (_, facts) => ({
      cause: 'CAP_SYSLOG is not effective',
      certain: true,
      remedy: capabilityRemedy(facts, ['CAP_SYSLOG']),
    }),
  },
  {
    // libkstop tells it by the verifier's word, which the file of a hidden securityfs can't contradict.
    applies: (refusal, facts) =>
      /locked down/.test(refusal.detail ?? '') ||
      (isLockedDown(facts) &&
        (isDenied(refusal) || /cannot use helper|unknown func|probe_read/.test(refusal.detail ?? ''))),
    explain: () => ({cause: LOCKED, certain: true, remedy: UNLOCK}),
  },
  {
    applies: (refusal, facts) => refusal.method === 'perf_event' && isDenied(refusal) && isParanoid(facts),
    explain: (_, {sysctls: {perf_event_paranoid: level}}) => ({
      cause: `kernel.perf_event_paranoid is ${level}: this kernel keeps perf events for CAP_SYS_ADMIN`,
      certain: true,
      remedy: PARANOID_REMEDY,
    }),
  },
  {
    applies: ({detail}) => detail?.includes('locked memory') === true,
    explain: () => ({cause: NO_MEMORY, certain: true, remedy: 'ulimit -l unlimited, or give kstop CAP_SYS_RESOURCE'}),
  },
  {
    applies: ({method}, facts) =>
      /^kretprobe|^kprobe/.test(method) && (isOff(facts, 'CONFIG_KPROBES') || (!facts.config && !facts.kprobes)),
    explain: (_, facts) => missingOption('CONFIG_KPROBES', facts, 'kprobes'),
  },
  {
    applies: ({method, errno}, facts) =>
      /^f(entry|exit)$/.test(method) && errno !== 'ESRCH' && isOff(facts, 'CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS'),
    explain: (_, facts) => missingOption('CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS', facts, 'what fentry hangs on to'),
  },
  {
    applies: ({detail = ''}) => /\.bpf\.o: /.test(detail),
    explain: () => ({cause: "kstop's own object file is missing or damaged", certain: true, remedy: 'run bin/setup'}),
  },
  {
    applies: ({detail = ''}) => /type information|BTF/.test(detail),
    explain: (_, facts) => noBtf(facts),
  },
  {
    applies: ({method, errno}, {tracefs}) =>
      method === 'tracepoint' && (errno === 'ENOENT' || errno === 'EACCES') && !tracefs,
    explain: (_, facts) => ({cause: 'tracefs is not mounted', certain: true, remedy: mountTracefs(facts)}),
  },
  {
    applies: ({method, errno}) => /^f(entry|exit)$/.test(method) && errno === 'ESRCH',
    explain: () => ({
      cause: 'this kernel has no such function to hook: another version, or it was inlined',
      certain: true,
    }),
  },
  {
    applies: ({method, errno}) =>
      /^(tp_btf|raw_tp|tracepoint)$/.test(method) && (errno === 'ESRCH' || errno === 'ENOENT'),
    explain: () => ({cause: 'this kernel has no such tracepoint: it is of another version', certain: true}),
  },
  {
    applies: ({method, errno}) =>
      /^kprobe|^kretprobe/.test(method) && (errno === 'ENOENT' || errno === 'EADDRNOTAVAIL' || errno === 'ESRCH'),
    explain: () => ({
      cause: 'this kernel has no such function to hook: another version, or it was inlined',
      certain: false,
    }),
  },
  {
    applies: ({method, errno}, {pressure}) =>
      /^(psi|file)$/.test(method) && (errno === 'EOPNOTSUPP' || (errno === 'ENOENT' && pressure === 'off')),
    explain: (_, facts) => noPressure(facts),
  },
  {
    applies: (refusal, {process}) => isDenied(refusal) && isProgram(refusal) && process?.seccomp === 2,
    explain: (_, {contained}) => ({
      cause: 'likely a seccomp filter: one is in force, and all capabilities that it takes are effective',
      certain: false,
      remedy: contained
        ? 'start the container with --security-opt seccomp=unconfined (or --privileged)'
        : 'start kstop outside of what set the filter',
    }),
  },
  {
    applies: (refusal, facts) => isDenied(refusal) && isProgram(refusal) && facts.process === undefined,
    explain: () => ({
      cause: "unknown: /proc/self/status can not be read, so this user's capabilities are not known",
      certain: false,
      remedy: 'mount /proc',
    }),
  },
  {
    // libkstop makes no map that only a refused choice needs; this part has no form without it.
    applies: ({detail}) => /^BPF map '\w+' is referenced but wasn't created/.test(detail ?? ''),
    explain: () => ({cause: "it needs a map of the probe's main part, which does without it here", certain: true}),
  },
  {
    applies: isDenied,
    explain: (_, facts) => ({
      cause: `unknown: this kernel refuses it without a reason (${innocent(facts)})`,
      certain: false,
    }),
  },
  {
    applies: ({errno, detail}) => errno !== undefined && detail !== undefined,
    explain: () => ({cause: "this kernel's verifier or maps don't take it", certain: false}),
  },
];

export function explain(refusal: Refusal, facts: Facts): Explanation {
  return (
    RULES.find(({applies}) => applies(refusal, facts))?.explain(refusal, facts) ?? {cause: 'unknown', certain: false}
  );
}

/** Why there is no type information, and how to get it. */
export function noBtf(facts: Facts): Explanation {
  const {config, distribution, arch, contained} = facts;
  if (config?.get('CONFIG_DEBUG_INFO_BTF') === 'y' || (!config && facts.btf.errno === 'EACCES')) {
    const remedy = contained
      ? 'start the container with -v /sys/kernel/btf:/sys/kernel/btf:ro'
      : 'mount -t sysfs sysfs /sys, or unmount what covers /sys/kernel/btf';
    return {
      cause: 'the kernel has its type information (BTF), but /sys/kernel/btf/vmlinux is hidden here',
      certain: config !== undefined,
      remedy,
    };
  }
  const remedy = kernelWith('CONFIG_DEBUG_INFO_BTF', distribution, arch, contained);
  return {cause: "the kernel's type information (BTF) was not found", certain: config !== undefined, remedy};
}

export function mountTracefs({contained}: Facts): string {
  if (contained) return 'start the container with -v /sys/kernel/tracing:/sys/kernel/tracing';
  return 'sudo mount -t tracefs tracefs /sys/kernel/tracing';
}

export function noPressure({config, distribution, arch, contained, psiAsked}: Facts): Explanation {
  if (config?.get('CONFIG_PSI') === 'n') {
    const remedy = kernelWith('CONFIG_PSI', distribution, arch, contained);
    return {cause: 'this kernel was built without pressure stall information (CONFIG_PSI)', certain: true, remedy};
  }
  const isOn = psiAsked === 'on' || (psiAsked === undefined && config?.get('CONFIG_PSI_DEFAULT_DISABLED') === 'n');
  if (isOn && config?.get('CONFIG_PSI') === 'y') {
    const remedy = contained ? "give the container the host's /proc/pressure" : 'unmount what covers /proc/pressure';
    return {cause: 'the kernel keeps pressure figures, but /proc/pressure is hidden here', certain: true, remedy};
  }
  const isOff = psiAsked === 'off' || config?.get('CONFIG_PSI_DEFAULT_DISABLED') === 'y';
  const cause = isOff
    ? 'pressure stall information is switched off'
    : 'there is no /proc/pressure: likely switched off';
  return {cause, certain: isOff, remedy: bootWith('psi=1', distribution, contained)};
}
