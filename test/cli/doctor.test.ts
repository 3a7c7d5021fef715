import {chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {has, parseStatus} from '../../src/cli/doctor/capabilities.ts';
import {systemChecks} from '../../src/cli/doctor/checks.ts';
import {bootWith, familyOf, kernelWith, parseOsRelease} from '../../src/cli/doctor/distribution.ts';
import {explain} from '../../src/cli/doctor/explain.ts';
import type {Facts} from '../../src/cli/doctor/facts.ts';
import {parseKernelConfig} from '../../src/cli/doctor/files.ts';
import {doctorReport} from '../../src/cli/doctor/report.ts';
import {doctorText} from '../../src/cli/doctor/text.ts';
import {auditProblem, type TraceNeeds} from '../../src/cli/doctor/traces.ts';
import {type ProbeReport, type Refusal, refusalIn, refusals} from '../../src/sources/probe-report.ts';
import {cgroupsOf, parseMounts, visibleMounts} from '../../src/util/mounts.ts';

const mounts = (name: string) =>
  parseMounts(readFileSync(new URL(`doctor/mountinfo/${name}.txt`, import.meta.url), 'utf8'));

test('how cgroups are mounted, from recorded mountinfo', (t) => {
  t.like(cgroupsOf(mounts('hybrid')), {mode: 'hybrid', v2: '/sys/fs/cgroup/unified'});
  t.deepEqual(
    cgroupsOf(mounts('hybrid')).v1.find(({path}) => path.endsWith('/memory')),
    {path: '/sys/fs/cgroup/memory', controllers: ['memory']},
  );
  t.false(cgroupsOf(mounts('hybrid')).v1.some(({path}) => path.endsWith('/systemd')));
  t.like(cgroupsOf(mounts('v1')), {mode: 'v1', v2: undefined});
  t.deepEqual(cgroupsOf(mounts('v2')), {mode: 'v2', v2: '/sys/fs/cgroup', v1: []});
  t.deepEqual(cgroupsOf(mounts('v2-in-a-namespace')), {mode: 'v2', v2: '/sys/fs/cgroup', v1: []});
  t.deepEqual(cgroupsOf(mounts('v2-beside-a-named-hierarchy')), {mode: 'v2', v2: '/sys/fs/cgroup/uni fied', v1: []});
  t.deepEqual(cgroupsOf(mounts('covered')), {mode: 'none', v1: []}, 'what another mount covers is not there');
  t.deepEqual(cgroupsOf(parseMounts('')), {mode: 'none', v1: []});
  t.deepEqual(visibleMounts(parseMounts('nonsense\n1 2 3\n - a b'), 'a'), []);
});

const STATUS = (masks: string[], more = '') =>
  `Name:\tx\nUid:\t0\t${more || 0}\t0\t0\nCapInh:\t0\nCapPrm:\t${masks[0]}\nCapEff:\t${masks[1]}\nCapBnd:\t${masks[2]}\nNoNewPrivs:\t1\nSeccomp:\t2\n`;

test('capabilities of a process, by name', (t) => {
  const process = parseStatus(STATUS(['000001ffffffffff', '000000c000000000', '0000000000200000'], '1000'))!;
  t.like(process, {uid: 1000, noNewPrivs: true, seccomp: 2});
  t.deepEqual([...process.effective], ['CAP_PERFMON', 'CAP_BPF']);
  t.deepEqual([...process.bounding], ['CAP_SYS_ADMIN']);
  t.is(process.permitted.size, 7);
  t.true(has(process.bounding, 'CAP_BPF'), 'CAP_SYS_ADMIN stands for it');
  t.false(has(process.bounding, 'CAP_SYSLOG'));
  t.is(parseStatus(undefined), undefined);
  t.is(parseStatus('CapEff:\tnonsense\nUid:\t0\t0'), undefined);
});

test('os-release, and the family that a distribution belongs to', (t) => {
  const mint = parseOsRelease(
    'NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"\n#x\nPRETTY_NAME=\'Linux "Mint" 22\'\n',
  );
  t.deepEqual(mint, {id: 'linuxmint', like: ['ubuntu', 'debian'], version: '22', name: 'Linux "Mint" 22'});
  t.is(familyOf(mint), 'ubuntu');
  t.is(familyOf(parseOsRelease('ID=opensuse-leap\nID_LIKE="suse opensuse"')), 'suse');
  t.is(familyOf(parseOsRelease('ID=rocky\nID_LIKE="rhel centos fedora"')), 'fedora');
  t.is(familyOf(parseOsRelease('')), 'other');
  t.is(familyOf(undefined), 'other');
  t.is(familyOf({id: '__proto__', like: ['constructor'], name: 'x'}), 'other');
});

test('a boot parameter and a kernel, as each distribution has them', (t) => {
  const of = (id: string) => ({id, like: [], name: id});
  t.regex(bootWith('psi=1', of('debian'), false), /psi=1 to GRUB_CMDLINE_LINUX.*update-grub/);
  t.regex(bootWith('psi=1', of('fedora'), false), /grubby --update-kernel=ALL --args="psi=1"/);
  t.regex(bootWith('psi=1', of('gentoo'), false), /kernel's command line/);
  t.regex(bootWith('psi=1', of('fedora'), true), /^on the host: /);
  t.regex(kernelWith('CONFIG_X', of('debian'), 'x64', false), /CONFIG_X=y .*linux-image-amd64/);
  t.regex(kernelWith('CONFIG_X', of('debian'), 'arm64', false), /linux-image-arm64/);
  t.is(kernelWith('CONFIG_X', of('debian'), 'x64', true), 'boot a kernel built with CONFIG_X=y');
});

test('the refusals of a part, from libkstop’s text', (t) => {
  t.deepEqual(refusals(''), []);
  t.deepEqual(refusals('fentry: EPERM; kprobe: ENOENT; tp_btf: skipped'), [
    {method: 'fentry', errno: 'EPERM'},
    {method: 'kprobe', errno: 'ENOENT'},
    {method: 'tp_btf', detail: 'skipped'},
  ]);
  t.deepEqual(refusals('tp_btf: EINVAL: R1 type=scalar; expected=ptr_: bad; raw_tp: EACCES: x: y'), [
    {method: 'tp_btf', errno: 'EINVAL', detail: 'R1 type=scalar; expected=ptr_: bad'},
    {method: 'raw_tp', errno: 'EACCES', detail: 'x: y'},
  ]);
  t.deepEqual(refusals('no form at all'), [{method: '', detail: 'no form at all'}]);
  t.is(refusalIn('the kernel refused a BPF ring buffer: EPERM').errno, 'EPERM');
  t.is(refusalIn("tp_btf: EINVAL: map 'arrivals': failed to create; tp_btf: EPERM; raw_tp: EPERM").errno, 'EPERM');
});

const ALL = '000001ffffffffff';

/** A host where nothing is missing, but for what is given. */
function host(given: Partial<Facts> = {}, masks = [ALL, ALL, ALL], status = (text: string) => text): Facts {
  return {
    release: '6.12.0',
    arch: 'x64',
    distribution: {id: 'debian', like: [], name: 'Debian'},
    config: parseKernelConfig(
      'CONFIG_KPROBES=y\nCONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y\nCONFIG_DEBUG_INFO_BTF=y\nCONFIG_PSI=y\n',
    ),
    process: parseStatus(status(STATUS(masks).replace('Seccomp:\t2', 'Seccomp:\t0'))),
    btf: {vmlinux: true, modules: 3},
    lockdown: {mode: 'none'},
    sysctls: {unprivileged_bpf_disabled: 2, kptr_restrict: 0, perf_event_paranoid: 3, dmesg_restrict: 1},
    namespaces: {pid: 'host', user: 'host', net: 'host', cgroup: 'host'},
    contained: false,
    proc: true,
    tracefs: {path: '/sys/kernel/tracing', readable: true},
    cgroups: {mode: 'v2', v2: '/sys/fs/cgroup', v1: []},
    pressure: 'on',
    symbols: true,
    kprobes: true,
    runtimes: [],
    traces: {
      bpftrace: {version: '0.21.2', path: '/usr/bin/bpftrace', supervisor: '/lib/kstop-supervise'},
      audit: {path: '/var/log/kstop/audit.log'},
    },
    ...given,
  };
}

const EPERM: Refusal = {method: 'fentry', errno: 'EPERM'};
/** Everything but what BPF takes: CAP_SYS_ADMIN, CAP_PERFMON, CAP_BPF. */
const NO_BPF = '0000013fffdfffff';
const NO_ADMIN = '000001ffffdfffff';
const NO_NET = '000001ffffffefff';
const SECCOMP = (status: string) => status.replace('Seccomp:\t0', 'Seccomp:\t2');

const CASES: [
  title: string,
  refusal: Refusal,
  facts: Facts,
  certain: boolean,
  cause: RegExp,
  remedy: RegExp | undefined,
][] = [
  [
    'EPERM with everything granted is unknown',
    EPERM,
    host({lockdown: {mode: 'integrity'}}),
    false,
    /^unknown: .*every capability.*lockdown \(integrity\) does not cover it.*no seccomp/,
    undefined,
  ],
  [
    '… and what is only known from the build is said so',
    EPERM,
    host({lockdown: {mode: 'integrity', atLeast: true}}),
    false,
    /integrity or stricter\) is not known/,
    undefined,
  ],
  [
    'root without the capabilities',
    EPERM,
    host({}, [NO_BPF, NO_BPF, ALL]),
    true,
    /CAP_BPF and CAP_PERFMON are not effective/,
    /sudo kstop/,
  ],
  [
    'a bounding set without them',
    EPERM,
    host({}, [NO_BPF, NO_BPF, NO_BPF]),
    true,
    /not effective/,
    /CAP_BPF, CAP_PERFMON was taken from the bounding set/,
  ],
  [
    'the same in a container',
    EPERM,
    host({contained: true, namespaces: {pid: 'own', user: 'host', net: 'own', cgroup: 'own'}}, [
      NO_BPF,
      NO_BPF,
      NO_BPF,
    ]),
    true,
    /not effective/,
    /--cap-add=BPF --cap-add=PERFMON \(or --privileged\), and --pid=host/,
  ],
  [
    "a distribution's own level of perf events",
    {method: 'perf_event', errno: 'EACCES'},
    host({}, [NO_ADMIN, NO_ADMIN, ALL]),
    true,
    /perf_event_paranoid is 3/,
    /sysctl kernel\.perf_event_paranoid=2/,
  ],
  [
    'CAP_SYS_ADMIN alone is enough, so it is not that',
    EPERM,
    host({}, ['200000', '200000', ALL]),
    false,
    /^unknown/,
    undefined,
  ],
  [
    'too few open files, on a kernel that lacks kprobes besides',
    {method: 'kprobe', errno: 'EMFILE'},
    host({config: parseKernelConfig('# CONFIG_KPROBES is not set')}),
    true,
    /^too few open files/,
    /ulimit -n/,
  ],
  [
    'a part that went with the map of another',
    {method: 'iter', errno: 'EINVAL', detail: "BPF map 'owners' is referenced but wasn't created"},
    host(),
    true,
    /main part/,
    undefined,
  ],
  [
    'what hangs on to a cgroup takes CAP_NET_ADMIN too',
    {method: 'cgroup_skb', errno: 'EPERM'},
    host({}, ['c000000000', 'c000000000', ALL]),
    true,
    /^CAP_NET_ADMIN is not effective$/,
    /CAP_NET_ADMIN/,
  ],
  [
    '… before 6.9 beside CAP_SYS_ADMIN',
    {method: 'cgroup_skb', errno: 'EPERM'},
    host({release: '6.1.0-1'}, [NO_NET, NO_NET, ALL]),
    true,
    /^CAP_NET_ADMIN is not effective$/,
    /CAP_NET_ADMIN/,
  ],
  [
    '… and since then not, so it is not that',
    {method: 'cgroup_skb', errno: 'EPERM'},
    host({release: '6.12.0'}, [NO_NET, NO_NET, ALL]),
    false,
    /^unknown/,
    undefined,
  ],
  [
    'a user namespace',
    EPERM,
    host({namespaces: {pid: 'host', user: 'own', net: 'host', cgroup: 'host'}}),
    true,
    /first user namespace/,
    /outside of the user namespace/,
  ],
  [
    'confidentiality',
    {method: 'kprobe', errno: 'EPERM'},
    host({lockdown: {mode: 'confidentiality'}}),
    true,
    /locked down/,
    /without lockdown=confidentiality/,
  ],
  [
    'confidentiality, told by the verifier',
    {method: 'tp_btf', errno: 'EINVAL', detail: 'program of this type cannot use helper bpf_probe_read_kernel#113'},
    host({lockdown: {mode: 'confidentiality'}}),
    true,
    /locked down/,
    /without lockdown=confidentiality/,
  ],
  [
    'lacking capabilities come before lockdown',
    EPERM,
    host({lockdown: {mode: 'confidentiality'}}, [NO_BPF, NO_BPF, ALL]),
    true,
    /not effective/,
    /sudo/,
  ],
  [
    'a seccomp filter is likely, not sure',
    EPERM,
    host({}, [ALL, ALL, ALL], SECCOMP),
    false,
    /^likely a seccomp filter/,
    /outside/,
  ],
  [
    'no kprobes in the kernel',
    {method: 'kprobe', errno: 'ENOENT'},
    host({config: parseKernelConfig('# CONFIG_KPROBES is not set\n')}),
    true,
    /without kprobes \(CONFIG_KPROBES\)/,
    /CONFIG_KPROBES=y.*apt install/,
  ],
  ['kprobes, but no such function', {method: 'kprobe', errno: 'ENOENT'}, host(), false, /no such function/, undefined],
  [
    'the tracepoint is of another version',
    {method: 'tp_btf', errno: 'ESRCH'},
    host(),
    true,
    /no such tracepoint/,
    undefined,
  ],
  [
    'no direct calls',
    {method: 'fexit', errno: 'EOPNOTSUPP'},
    host({config: parseKernelConfig('# CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS is not set\n')}),
    true,
    /DIRECT_CALLS/,
    /DIRECT_CALLS=y/,
  ],
  [
    'no tracefs',
    {method: 'tracepoint', errno: 'ENOENT'},
    host({tracefs: undefined}),
    true,
    /tracefs is not mounted/,
    /mount -t tracefs/,
  ],
  [
    'no BTF in the kernel',
    refusalIn("sched: the kernel's type information (BTF) was not found"),
    host({config: parseKernelConfig('# CONFIG_DEBUG_INFO_BTF is not set')}),
    true,
    /was not found/,
    /CONFIG_DEBUG_INFO_BTF=y/,
  ],
  [
    'BTF that is hidden',
    refusalIn("sched: the kernel's type information (BTF) was not found"),
    host({contained: true}),
    true,
    /hidden here/,
    /-v \/sys\/kernel\/btf/,
  ],
  [
    'confidentiality, told by libkstop',
    refusalIn('the kernel is locked down (confidentiality): no program may read its memory'),
    host({lockdown: undefined}),
    true,
    /locked down/,
    /without lockdown=/,
  ],
  [
    'too little locked memory, before 5.11',
    refusalIn(
      'the kernel refused a BPF ring buffer: the limit of locked memory is too low for this kernel (before 5.11)',
    ),
    host({release: '5.10.0'}),
    true,
    /locked memory/,
    /ulimit -l/,
  ],
  [
    'a broken installation',
    refusalIn('/opt/kstop/dist/bpf/oom.bpf.o: BPF object format invalid'),
    host(),
    true,
    /object file/,
    /bin\/setup/,
  ],
  ['too few files', refusalIn('sched: EMFILE'), host(), true, /open files/, /ulimit -n/],
  ['left out on purpose', {method: 'tp_btf', detail: 'skipped'}, host(), true, /KSTOP_SKIP_METHODS/, /unset/],
  [
    'the verifier’s word',
    {method: 'tp_btf', errno: 'EINVAL', detail: 'R1 unbounded'},
    host(),
    false,
    /verifier/,
    undefined,
  ],
  [
    'pressure switched off at boot',
    {method: 'file', errno: 'ENOENT'},
    host({pressure: 'off', psiAsked: 'off'}),
    true,
    /switched off/,
    /psi=1 .*update-grub/,
  ],
  [
    'pressure switched off by the build',
    {method: 'psi', errno: 'ENOENT'},
    host({pressure: 'off', config: parseKernelConfig('CONFIG_PSI=y\nCONFIG_PSI_DEFAULT_DISABLED=y\n')}),
    true,
    /switched off/,
    /psi=1 /,
  ],
  [
    'pressure asked for, and hidden',
    {method: 'file', errno: 'ENOENT'},
    host({pressure: 'off', psiAsked: 'on'}),
    true,
    /hidden/,
    /unmount/,
  ],
  [
    'pressure of which nothing more is known',
    {method: 'file', errno: 'ENOENT'},
    host({pressure: 'off', config: undefined}),
    false,
    /likely/,
    /psi=1 /,
  ],
  ['no /proc, nothing known', EPERM, host({process: undefined}), false, /^unknown/, /mount \/proc/],
];

for (const [title, refusal, facts, certain, cause, remedy] of CASES) {
  test(`why: ${title}`, (t) => {
    const found = explain(refusal, facts);
    t.regex(found.cause, cause);
    t.is(found.certain, certain, found.cause);
    if (remedy) t.regex(found.remedy ?? '', remedy);
    else t.is(found.remedy, undefined);
  });
}

test('nothing is amiss on a full host; each lack is one finding with its remedy', (t) => {
  t.deepEqual(
    systemChecks(host()).filter(({state}) => state !== 'ok'),
    [],
  );
  const mute = {runtime: 'docker', path: '/run/docker.sock', problem: {why: 'no answer within 2 s'}};
  const fine = {runtime: 'containerd', path: '/run/c.sock', containers: 1};
  const traced = (given: Partial<TraceNeeds>) => host({traces: {...host().traces!, ...given}});
  const lacks: [id: string, facts: Facts, state: string, says: RegExp][] = [
    ['kernel', host({release: '5.4.0'}), 'limited', /5\.10/],
    ['btf', host({btf: {vmlinux: false, errno: 'ENOENT', modules: 0}}), 'limited', /hidden/],
    ['capabilities', host({}, [NO_BPF, NO_BPF, ALL]), 'lacking', /CAP_BPF and CAP_PERFMON/],
    ['capabilities', host({}, ['c000000000', 'c000000000', ALL]), 'limited', /CAP_SYSLOG/],
    ['user_namespace', host({namespaces: {...host().namespaces, user: 'own'}}), 'lacking', /outside/],
    ['pid_namespace', host({namespaces: {...host().namespaces, pid: 'own'}}), 'limited', /--pid=host/],
    ['net_namespace', host({namespaces: {...host().namespaces, net: 'own'}}), 'limited', /--network=host/],
    ['net_namespace', host({namespaces: {...host().namespaces, net: undefined}}), 'unknown', /compared/],
    ['lockdown', host({lockdown: {mode: 'confidentiality'}}), 'limited', /integrity/],
    ['lockdown', host({lockdown: undefined}), 'unknown', /securityfs/],
    ['sysctls', host({}, ['c000000000', 'c000000000', ALL]), 'limited', /perf_event_paranoid=2/],
    ['seccomp', host({}, [ALL, ALL, ALL], SECCOMP), 'unknown', /filter/],
    [
      'symbols',
      host({symbols: false, sysctls: {...host().sysctls, kptr_restrict: 2}}),
      'limited',
      /sysctl kernel.kptr_restrict=1/,
    ],
    ['symbols', host({symbols: false}, [NO_BPF, '0', ALL]), 'limited', /sudo kstop/],
    ['kernel_log', host({kmsg: 'EPERM'}, [ALL, '0', ALL]), 'limited', /sudo kstop/],
    ['tracefs', host({tracefs: undefined}), 'limited', /mount -t tracefs/],
    ['tracefs', host({tracefs: {path: '/sys/kernel/tracing', readable: false}}), 'limited', /closed/],
    ['cgroups', host({cgroups: {mode: 'v1', v1: []}}), 'limited', /unified_cgroup_hierarchy/],
    ['cgroups', host({cgroups: {mode: 'none', v1: []}}), 'limited', /mount -t cgroup2/],
    ['psi', host({pressure: 'off'}), 'limited', /psi=1/],
    ['psi', host({pressure: 'off', config: parseKernelConfig('# CONFIG_PSI is not set')}), 'limited', /CONFIG_PSI=y/],
    ['bpftrace', traced({bpftrace: {missing: 'bpftrace is not installed', remedy: 'apt'}}), 'limited', /apt/],
    ['bpftrace', host(), 'ok', /0\.21\.2 at \/usr\/bin\/bpftrace, run by/],
    ['audit_log', traced({audit: {path: '/l', problem: 'others may write to /l'}}), 'limited', /nobody else/],
    ['runtimes', host({runtimes: [mute]}), 'limited', /docker at \/run\/docker\.sock: no answer within 2 s.*keeps/],
    ['runtimes', host({runtimes: [fine, {...mute, problem: {why: 'not of root', remedy: 'look'}}]}), 'limited', /look/],
    ['runtimes', host({runtimes: [fine]}), 'ok', /containerd at \/run\/c\.sock: 1 container"/],
    ['runtimes', host({runtimes: [{...fine, containers: undefined}]}), 'ok', /it has no list/],
  ];
  for (const [id, facts, state, says] of lacks) {
    const check = systemChecks(facts).find((each) => each.id === id)!;
    t.is(String(check.state), state, id);
    t.regex(JSON.stringify(check), says, id);
  }
});

test('the audit log is judged without making it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kstop-audit-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const own = process.geteuid?.() ?? 0;
  const log = join(folder, 'log');
  t.is(auditProblem(log), undefined);
  t.is(auditProblem(join(folder, 'a/b/log')), undefined);
  t.false(existsSync(log));
  writeFileSync(log, '');
  t.is(auditProblem(log), undefined);
  t.is(auditProblem(log, own + 1), `${folder} belongs to user ${own}`);
  t.is(auditProblem(join(log, 'x')), `${log} is no folder`);
  chmodSync(log, 0o666);
  t.is(auditProblem(log), `others may write to ${log}`);
  symlinkSync(log, join(folder, 'link'));
  t.is(auditProblem(join(folder, 'link')), 'it is no regular file');
  chmodSync(folder, 0o777);
  t.is(auditProblem(join(folder, 'none')), `others may write to ${folder}`);
});

test('without /proc nothing is claimed of what only /proc tells', (t) => {
  const blind = host({
    process: undefined,
    proc: false,
    pressure: 'off',
    symbols: false,
    cgroups: {mode: 'none', v1: []},
    namespaces: {pid: undefined, user: undefined, net: undefined, cgroup: undefined},
  });
  const unknown = systemChecks(blind)
    .filter(({state}) => state === 'unknown')
    .map(({id}) => id);
  t.deepEqual(unknown, [
    'capabilities',
    'bounding_set',
    'user_namespace',
    'pid_namespace',
    'net_namespace',
    'seccomp',
    'symbols',
    'cgroups',
    'psi',
  ]);
});

function probe(id: string, state: ProbeReport['state'], more: Partial<ProbeReport> = {}): ProbeReport {
  return {id, subsystem: 'sched', state, default: true, roles: [], ...more};
}

const reportOf = (...probes: ProbeReport[]) => doctorReport({version: '1', facts: host(), probes, config: {}});

test('the verdict speaks of the default probes', (t) => {
  t.is(reportOf(probe('a', 'attached'), probe('b', 'degraded')).verdict, 'all');
  t.is(reportOf(probe('a', 'attached'), probe('b', 'unavailable', {default: false})).verdict, 'all');
  t.is(reportOf(probe('a', 'attached'), probe('b', 'unavailable')).verdict, 'some');
  t.is(reportOf(probe('a', 'unavailable')).verdict, 'none');
});

test('a reason that is the cause is told once, and a long name stays apart from it', (t) => {
  const reason = 'the kernel is locked down (confidentiality): no program may read its memory';
  const text = doctorText(reportOf(probe('container-traffic', 'unavailable', {reason})));
  t.is(text.split('locked down').length, 2);
  t.regex(text, / container-traffic the kernel is locked down/);
});

test('the text has each part in trouble, each remedy once, and no raw control character', (t) => {
  const refused: Refusal[] = [
    {method: 'tp_btf', detail: 'skipped'},
    {method: 'raw_tp', detail: 'skipped'},
  ];
  const role = {name: 'part\x1b[2J', required: false, attached: false, lost: 'what is lost', refused};
  const plain = {name: 'fine', required: true, attached: true, method: 'tp_btf', program: 'p', refused: []};
  const degraded = {method: 'tp_btf', reason: 'r', roles: [plain, role]};
  const text = doctorText(reportOf(probe('a', 'degraded', degraded), probe('b', 'degraded', degraded)));
  t.regex(text, /part\\x1b\[2J: by nothing: what is lost\n +not by tp_btf, raw_tp: skipped: left out/);
  t.is(text.split('-> unset KSTOP_SKIP_METHODS').length, 2);
  t.regex(text, /\n +fine by tp_btf\n/);
  for (const line of text.split('\n')) t.true(line.length <= 120, line);
});
