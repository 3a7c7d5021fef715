import {CAPABILITIES, has} from './capabilities.ts';
import {
  capabilityRemedy,
  isParanoid,
  lacking,
  mountTracefs,
  noBtf,
  noPressure,
  PARANOID_REMEDY,
  UNLOCK,
} from './explain.ts';
import type {Facts} from './facts.ts';

/** `ok`; `limited`: kstop works with less; `lacking`: nothing works without it; `unknown`: it can't be told here. */
export type CheckState = 'ok' | 'limited' | 'lacking' | 'unknown';

/** One thing that kstop depends on. */
export interface SystemCheck {
  id: string;
  state: CheckState;
  /** What was found. */
  value: string;
  /** What it means for kstop, where it isn't plainly good. */
  effect?: string;
  remedy?: string;
}

type Judge = (facts: Facts) => Omit<SystemCheck, 'id'>;

const ok = (value: string) => ({state: 'ok', value}) as const;
const unknown = (value: string, effect?: string) => ({state: 'unknown', value, ...(effect && {effect})}) as const;

function kernel({release, arch}: Facts): ReturnType<Judge> {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  if (major > 5 || (major === 5 && minor >= 10)) return ok(`Linux ${release} ${arch}`);
  return {
    state: 'limited',
    value: `Linux ${release} ${arch}`,
    effect: 'kstop is made for 5.10 and newer',
    remedy: 'boot a newer kernel',
  };
}

function btf(facts: Facts): ReturnType<Judge> {
  const {vmlinux, modules, errno} = facts.btf;
  if (vmlinux) return ok(`/sys/kernel/btf/vmlinux, ${modules} module${modules === 1 ? '' : 's'}`);
  const {cause, remedy} = noBtf(facts);
  // libbpf also looks for images in /boot and elsewhere: whether it found one, the probes tell.
  return {
    state: 'limited',
    value: `not to be read (${errno})`,
    effect: `${cause}; programs can only be fitted to this kernel by a copy elsewhere`,
    remedy,
  };
}

function capabilities(facts: Facts): ReturnType<Judge> {
  const {process} = facts;
  if (!process) return unknown('/proc/self/status can not be read');
  const value = `uid ${process.uid}, effective: ${CAPABILITIES.filter((name) => process.effective.has(name)).join(' ') || 'none of use'}`;
  const missing = lacking(facts);
  if (missing.length > 0)
    return {
      state: 'lacking',
      value,
      effect: `no program can be loaded without ${missing.join(' and ')}`,
      remedy: capabilityRemedy(facts, missing),
    };
  const useful = (['CAP_SYS_ADMIN', 'CAP_SYSLOG', 'CAP_DAC_READ_SEARCH'] as const).filter(
    (name) => !has(process.effective, name),
  );
  if (useful.length === 0) return ok(value);
  const losses = {
    CAP_SYS_ADMIN: 'no measured cost of its own programs, no module types (CAP_SYS_ADMIN)',
    CAP_SYSLOG: 'no kernel symbols, no kernel log (CAP_SYSLOG)',
    CAP_DAC_READ_SEARCH: "no tracefs, no cgroup names, no other users' files in /proc (CAP_DAC_READ_SEARCH)",
  };
  const effect = useful.map((name) => losses[name as keyof typeof losses]).join('; ');
  return {state: 'limited', value, effect, remedy: capabilityRemedy(facts, useful)};
}

function bounding({process}: Facts): ReturnType<Judge> {
  if (!process) return unknown('/proc/self/status can not be read');
  const gone = CAPABILITIES.filter((name) => !process.bounding.has(name));
  return ok(gone.length === 0 ? 'all that kstop knows of' : `without ${gone.join(' ')}`);
}

function user(facts: Facts): ReturnType<Judge> {
  const {user: found} = facts.namespaces;
  if (found === undefined) return unknown('/proc/self/ns can not be read');
  if (found === 'host') return ok("the host's");
  const effect = "capabilities here don't count for BPF";
  return {state: 'lacking', value: 'another one', effect, remedy: capabilityRemedy(facts, [])};
}

function pid({namespaces}: Facts): ReturnType<Judge> {
  if (namespaces.pid === undefined) return unknown('/proc/self/ns can not be read');
  if (namespaces.pid === 'host') return ok("the host's");
  const effect =
    "events carry the host's process ids; the owners of other namespaces' sockets are found late; no --pid";
  return {
    state: 'limited',
    value: 'another one',
    effect,
    remedy: 'run kstop on the host, or the container with --pid=host',
  };
}

function net({namespaces}: Facts): ReturnType<Judge> {
  if (namespaces.net === undefined) return unknown("can't be compared with process 1's");
  if (namespaces.net === 'host') return ok("the host's");
  return {
    state: 'limited',
    value: 'another one',
    effect: "counters from /proc/net are this namespace's",
    remedy: 'run the container with --network=host',
  };
}

function lockdown({lockdown: found}: Facts): ReturnType<Judge> {
  if (!found)
    return unknown(
      '/sys/kernel/security/lockdown can not be read',
      'mount -t securityfs securityfs /sys/kernel/security shows it',
    );
  const value = found.atLeast ? `${found.mode} or stricter (by the kernel's build or command line)` : found.mode;
  if (found.mode !== 'confidentiality') return ok(value);
  return {
    state: 'limited',
    value,
    effect: 'kernel memory can not be read by helpers, nor kprobes set',
    remedy: UNLOCK,
  };
}

function seccomp({process}: Facts): ReturnType<Judge> {
  if (!process) return unknown('/proc/self/status can not be read');
  if (process.seccomp === 0) return ok(process.noNewPrivs ? 'none; no_new_privs is set' : 'none');
  return {
    state: 'unknown',
    value: process.seccomp === 1 ? 'strict' : 'a filter',
    effect: 'it may refuse bpf() and perf_event_open()',
  };
}

function sysctls(facts: Facts): ReturnType<Judge> {
  const {sysctls: values, process, namespaces} = facts;
  const value = Object.entries(values)
    .map(([name, level]) => `${name}=${level ?? '?'}`)
    .join(' ');
  const free = namespaces.user === 'host' && process && lacking(facts).length === 0;
  if (!free) return ok(value);
  if (!isParanoid(facts)) return {...ok(value), effect: 'none of them binds this user'};
  return {
    state: 'limited',
    value,
    effect: 'perf_event_paranoid above 2: no probe by perf_event',
    remedy: PARANOID_REMEDY,
  };
}

function symbols(facts: Facts): ReturnType<Judge> {
  const restrict = facts.sysctls.kptr_restrict;
  if (facts.symbols) return ok('/proc/kallsyms shows addresses');
  const effect = 'kernel addresses stay numbers';
  if (!facts.proc) return unknown('/proc is not mounted', effect);
  const value = `hidden (kptr_restrict=${restrict ?? '?'})`;
  // kallsyms_show_value() (kernel/ksyms_common.c): 2 hides them from everybody, less only from who lacks CAP_SYSLOG.
  if (restrict === 2) return {state: 'limited', value, effect, remedy: 'sudo sysctl kernel.kptr_restrict=1'};
  const remedy = isSyslog(facts) ? undefined : capabilityRemedy(facts, ['CAP_SYSLOG']);
  return {state: 'limited', value, effect, ...(remedy && {remedy})};
}

/** CAP_SYSLOG counts only in the first user namespace. */
function isSyslog({process, namespaces}: Facts): boolean {
  return process?.effective.has('CAP_SYSLOG') === true && namespaces.user === 'host';
}

function kmsg(facts: Facts): ReturnType<Judge> {
  const {kmsg: errno} = facts;
  if (!errno) return ok('/dev/kmsg can be read');
  const effect = 'lockups and stalls are known by their tracepoints only';
  const value = `/dev/kmsg: ${errno}`;
  if (errno === 'ENOENT') {
    const remedy = facts.contained ? 'start the container with --device=/dev/kmsg' : 'sudo mknod /dev/kmsg c 1 11';
    return {state: 'limited', value, effect, remedy};
  }
  const remedy = isSyslog(facts) ? undefined : capabilityRemedy(facts, ['CAP_SYSLOG']);
  return {state: 'limited', value, effect, ...(remedy && {remedy})};
}

function tracefs(facts: Facts): ReturnType<Judge> {
  const effect = 'no probe by a plain tracepoint; no trace';
  if (!facts.tracefs) return {state: 'limited', value: 'not mounted', effect, remedy: mountTracefs(facts)};
  const {path, readable} = facts.tracefs;
  if (readable) return ok(path);
  const remedy = capabilityRemedy(facts, ['CAP_DAC_READ_SEARCH']);
  return {state: 'limited', value: `${path}, closed to this user`, effect, remedy};
}

function cgroups({cgroups: {mode, v2, v1}, proc}: Facts): ReturnType<Judge> {
  if (!proc) return unknown('/proc is not mounted');
  const v1s = v1.map(({path, controllers}) => `${controllers.join(',')} at ${path}`);
  const where = [...(v2 ? [`v2 at ${v2}`] : []), ...v1s];
  const value =
    mode === 'none' ? 'not mounted' : `${mode}: ${where.slice(0, 3).join(', ')}${where.length > 3 ? ' …' : ''}`;
  if (mode === 'v2') return ok(value);
  if (mode === 'none')
    return {state: 'limited', value, effect: 'no cgroup names', remedy: 'sudo mount -t cgroup2 cgroup2 /sys/fs/cgroup'};
  if (mode === 'hybrid') return {...ok(value), effect: "limits are v1's, pressure of single cgroups is v2's"};
  return {
    state: 'limited',
    value,
    effect: 'cgroups are known by their v1 memory path; no --cgroup and no --container',
    remedy: 'boot with systemd.unified_cgroup_hierarchy=1',
  };
}

function psi(facts: Facts): ReturnType<Judge> {
  if (facts.pressure === 'on') return ok('/proc/pressure');
  if (!facts.proc) return unknown('/proc is not mounted');
  const {cause, remedy} = noPressure(facts);
  const effect = 'no pressure figures, and no memory warning by them';
  if (facts.pressure === 'off' || facts.pressure === 'EOPNOTSUPP')
    return {state: 'limited', value: cause, effect, ...(remedy && {remedy})};
  return {state: 'limited', value: `/proc/pressure/memory: ${facts.pressure}`, effect};
}

function runtimes({runtimes: found}: Facts): ReturnType<Judge> {
  if (found.length === 0) return ok('none listens where kstop looks');
  const each = found.map(({runtime, path, containers, problem}) => {
    const count = containers === undefined ? 'it has no list' : `${containers} container${containers === 1 ? '' : 's'}`;
    return `${runtime} at ${path}: ${problem?.why ?? count}`;
  });
  const problems = found.flatMap(({problem}) => problem ?? []);
  if (problems.length === 0) return ok(each.join('; '));
  const remedies = new Set(problems.map(({remedy = 'see what keeps the runtime from answering'}) => remedy));
  const effect = 'containers that only these know go without name, image and pod';
  return {state: 'limited', value: each.join('; '), effect, remedy: [...remedies].join('; ')};
}

function bpftrace({traces}: Facts): ReturnType<Judge> {
  if (!traces) return unknown('not looked for');
  const {bpftrace: found} = traces;
  if ('missing' in found)
    return {state: 'limited', value: found.missing, effect: 'no ad-hoc traces (kstop trace)', remedy: found.remedy};
  return ok(`${found.version} at ${found.path}, run by ${found.supervisor}`);
}

function auditLog({traces}: Facts): ReturnType<Judge> {
  if (!traces) return unknown('not looked at');
  const {path, problem} = traces.audit;
  if (problem === undefined) return ok(path);
  return {
    state: 'limited',
    value: `${path}: ${problem}`,
    effect: 'no ad-hoc traces: each of them must be recorded',
    remedy: 'make it a file, in a folder, that belong to this user, and that nobody else can write to',
  };
}

const JUDGES: Record<string, Judge> = {
  kernel,
  btf,
  capabilities,
  bounding_set: bounding,
  user_namespace: user,
  pid_namespace: pid,
  net_namespace: net,
  lockdown,
  seccomp,
  sysctls,
  symbols,
  kernel_log: kmsg,
  tracefs,
  cgroups,
  psi,
  runtimes,
  bpftrace,
  audit_log: auditLog,
};

/** Everything that kstop depends on, judged. */
export function systemChecks(facts: Facts): SystemCheck[] {
  return Object.entries(JUDGES).map(([id, judge]) => ({id, ...judge(facts)}));
}
