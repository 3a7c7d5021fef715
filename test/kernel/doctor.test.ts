import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {Ajv2020} from 'ajv/dist/2020.js';
import test, {type ExecutionContext} from 'ava';
import type {DoctorProbe, DoctorReport} from '../../src/cli/doctor/report.ts';
import {closed} from '../util/schema.ts';
import {alive, heldBy} from './util/held.ts';
import {DIST, type Ended, environment, Kstop, NODE, PROGRAM, runToEnd} from './util/kstop.ts';
import {Process} from './util/load.ts';
import {costly, kernelAtLeast, lacks, testOnce, testUnless} from './util/machine.ts';
import {SLOW, sleep, until} from './util/wait.ts';

const published = JSON.parse(readFileSync(new URL('../../docs/doctor.schema.json', import.meta.url), 'utf8'));
const matches = new Ajv2020({strict: false, allErrors: true}).compile(closed(published) as object);

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const DOCTOR = [...PROGRAM, 'doctor', '--json'];
const words = DOCTOR.map(quote).join(' ');
const inMounts = (script: string) => runToEnd(['unshare', '-m', 'sh', '-c', `${script}; exec ${words}`]);

/** The one object of a run, as the published schema says, with the exit code that its verdict means. */
function told(t: ExecutionContext, {code, stdout, stderr}: Ended): DoctorReport {
  t.is(stderr, '');
  t.is(stdout.split('\n').length, 2);
  const report: DoctorReport = JSON.parse(stdout);
  t.true(matches(report), JSON.stringify(matches.errors));
  t.is(code, {all: 0, some: 4, none: 77}[report.verdict]);
  // libbpf's advice on locked memory is never the point since 5.11.
  if (kernelAtLeast(5, 11)) t.false(/ulimit -l|memlock/.test(stdout), stdout);
  return report;
}

const check = (report: DoctorReport, id: string) => report.system.find((each) => each.id === id)!;
const refusalsOf = (probes: readonly DoctorProbe[]) =>
  probes.flatMap(({roles}) => roles.flatMap(({refused}) => refused));

test.serial('as root: each probe as a run has it, part by part, and nothing stays behind', async (t) => {
  const child = new Process(t, DOCTOR);
  const held = new Set<string>();
  const ended = child.end();
  let running = true;
  ended.then(() => {
    running = false;
  });
  while (running) {
    for (const each of heldBy(child.pid)) held.add(each);
    await sleep(5);
  }
  const report = told(t, {...(await ended), stdout: child.stdout, stderr: child.stderr});
  t.true([...held].filter((each) => each.startsWith('link')).length >= 4, 'it really attaches');
  await until(
    () => alive([...held]).length === 0,
    10_000 * SLOW,
    () => `the end of ${alive([...held])}`,
  );
  const kstop = await Kstop.start(t, ['--probes', 'all']);
  await kstop.stop();
  t.deepEqual(
    report.probes.map(({id, state, method, reason}) => ({id, state, method, reason})),
    kstop.header.probes.map(({id, state, method, reason}) => ({id, state, method, reason})),
  );
  for (const {id, state, method, roles} of report.probes) {
    t.log(`${id}: ${state} ${method ?? ''} ${roles.map((role) => `${role.name}=${role.method ?? '-'}`).join(' ')}`);
    for (const role of roles) t.is(role.attached, role.method !== undefined, `${id} ${role.name}`);
    if (state === 'attached')
      t.true(
        roles.every(({lost}) => lost === undefined),
        id,
      );
    if (state === 'degraded')
      t.true(
        roles.some(({lost}) => lost !== undefined),
        id,
      );
    t.is(
      roles.every(({required, attached}) => attached || !required),
      state === 'attached' || state === 'degraded',
      id,
    );
  }
  t.is(check(report, 'capabilities').state, 'ok');
  t.is(report.host.kernel, readFileSync('/proc/sys/kernel/osrelease', 'latin1').trim());
});

test.serial('what it says of this process is what other tools say', async (t) => {
  const report = told(t, await runToEnd(DOCTOR));
  const capsh = spawnSync('capsh', ['--print'], {encoding: 'utf8'}).stdout ?? '';
  const bounding = /^Bounding set =(.*)$/m.exec(capsh)?.[1]?.split(',');
  if (bounding) {
    for (const name of ['CAP_SYS_ADMIN', 'CAP_SYS_RESOURCE', 'CAP_SYSLOG', 'CAP_BPF'] as const)
      t.is(report.capabilities?.bounding.includes(name), bounding.includes(name.toLowerCase()), name);
  }
  const mount = (type: string) => spawnSync('findmnt', ['-n', '-o', 'TARGET', '-t', type], {encoding: 'utf8'}).stdout;
  const modes = {v2: /^v2: /, hybrid: /^hybrid: /, v1: /^v1: /, none: /not mounted/};
  const v1 =
    mount('cgroup')
      .split('\n')
      .filter((line) => line && !line.endsWith('systemd')).length > 0;
  const mode = v1 ? (mount('cgroup2') ? 'hybrid' : 'v1') : mount('cgroup2') ? 'v2' : 'none';
  t.regex(check(report, 'cgroups').value, modes[mode]);
  t.is(check(report, 'tracefs').state, mount('tracefs') ? 'ok' : 'limited');
  t.is(check(report, 'btf').state, 'ok');
  const hidden = /^0+ /.test(spawnSync('sh', ['-c', 'grep -w _stext /proc/kallsyms'], {encoding: 'utf8'}).stdout);
  t.is(check(report, 'symbols').state, hidden ? 'limited' : 'ok');
});

test.serial('a refusal is explained by what is proven, else said to be unknown', async (t) => {
  const report = told(t, await runToEnd(DOCTOR));
  for (const {method, errno, cause, certain, remedy} of refusalsOf(report.probes)) {
    t.log(`${method}: ${errno}: ${cause} -> ${remedy ?? 'nothing'}`);
    // Root with every capability: neither is what is lacking.
    t.notRegex(cause, /not effective|user namespace/);
    if (errno === 'EPERM' && !certain) t.regex(cause, /^(unknown|likely)/);
    if (/^unknown/.test(cause)) t.is(remedy, undefined);
  }
  const skipped = told(t, await runToEnd(DOCTOR, environment({KSTOP_SKIP_METHODS: 'tp_btf'})));
  t.is(skipped.verdict, 'some');
  const sched = skipped.probes.find(({id}) => id === 'sched')!;
  t.like(sched.roles[0], {
    attached: true,
    method: 'raw_tp',
    refused: [{method: 'tp_btf', detail: 'skipped', certain: true}],
  });
  t.is(
    told(
      t,
      await runToEnd(
        DOCTOR,
        environment({KSTOP_SKIP_METHODS: 'tp_btf,raw_tp,tracepoint,fentry,fexit,kprobe,perf_event,iter,file,psi,kmsg'}),
      ),
    ).verdict === 'all',
    false,
  );
});

const USER = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const readable = spawnSync(USER[0], [
  ...USER.slice(1),
  NODE,
  '-e',
  `require('fs').readFileSync(${JSON.stringify(`${DIST}/app.mjs`)})`,
]);
const unreadable = lacks('setpriv') ?? (readable.status !== 0 && 'another user cannot read this clone');

testUnless(unreadable, 'an ordinary user is told to be root, by the capabilities that are lacking', async (t) => {
  const report = told(t, await runToEnd([...USER, ...DOCTOR]));
  t.deepEqual(report.capabilities?.effective, []);
  t.like(check(report, 'capabilities'), {state: 'lacking', remedy: 'run it as root: sudo kstop'});
  for (const {id, state, method, explanation, roles} of report.probes) {
    // What only reads files may well run.
    if (state === 'attached' || state === 'degraded') {
      t.false(/tp_btf|raw_tp|fentry|kprobe|perf_event/.test(method ?? ''), id);
      continue;
    }
    const causes = [explanation?.cause, ...roles.flatMap(({refused}) => refused.map(({cause}) => cause))].filter(
      Boolean,
    );
    t.true(
      causes.some((cause) => /CAP_BPF and CAP_PERFMON are not effective|CAP_SYSLOG/.test(cause!)),
      `${id}: ${causes}`,
    );
  }
  const text = await runToEnd([...USER, ...PROGRAM, 'doctor']);
  t.regex(text.stdout, /-> run it as root: sudo kstop/);
  for (const line of text.stdout.split('\n')) t.true(line.length <= 120, line);
});

testUnless(costly ?? lacks('capsh'), 'a lack of single capabilities is named, with what is lost', async (t) => {
  const without = (list: string) => runToEnd(['capsh', `--drop=${list}`, '--', '-c', words]);
  const perfmon = told(t, await without('cap_sys_admin,cap_perfmon'));
  t.regex(check(perfmon, 'capabilities').effect ?? '', /without CAP_PERFMON$/);
  const denied = refusalsOf(perfmon.probes).filter(({errno}) => errno === 'EPERM');
  t.true(denied.length > 0);
  for (const {cause, certain, remedy} of denied) {
    t.is(cause, 'CAP_PERFMON is not effective');
    t.true(certain);
    t.regex(remedy ?? '', /PERFMON/);
  }
  t.regex(check(told(t, await without('cap_sys_admin,cap_bpf')), 'capabilities').effect ?? '', /without CAP_BPF$/);
  const admin = told(t, await without('cap_sys_admin'));
  const never = told(t, await runToEnd(DOCTOR)).probes.filter(({state}) => state === 'unavailable');
  const denying = admin.probes.filter(
    ({id, state}) => state === 'unavailable' && !never.some((each) => each.id === id),
  );
  for (const {method, cause} of refusalsOf(denying)) {
    t.is(method, 'perf_event');
    t.regex(cause, /perf_event_paranoid is [3-9]: .*CAP_SYS_ADMIN/);
  }
  t.regex(check(admin, 'capabilities').effect ?? '', /cost.*CAP_SYS_ADMIN/);
  const syslog = told(t, await without('cap_sys_admin,cap_syslog'));
  t.regex(check(syslog, 'capabilities').effect ?? '', /CAP_SYSLOG/);
  t.is(check(syslog, 'symbols').state, 'limited');
  const net = told(t, await without('cap_sys_admin,cap_net_admin')).probes.find(({id}) => id === 'container-traffic');
  for (const {method, cause, certain} of refusalsOf(net ? [net] : []))
    if (method === 'cgroup_skb') t.deepEqual([cause, certain], ['CAP_NET_ADMIN is not effective', true]);
  const names = told(t, await without('cap_sys_admin,cap_dac_read_search'));
  t.regex(check(names, 'capabilities').effect ?? '', /no cgroup names.*CAP_DAC_READ_SEARCH/);
});

testUnless(costly ?? lacks('unshare'), 'namespaces: told as what they are', async (t) => {
  const pid = told(t, await runToEnd(['unshare', '-p', '-f', '--mount-proc', ...DOCTOR]));
  t.like(check(pid, 'pid_namespace'), {state: 'limited', value: 'another one'});
  t.regex(check(pid, 'pid_namespace').remedy ?? '', /--pid=host/);
  const net = told(t, await runToEnd(['unshare', '-n', ...DOCTOR]));
  t.is(check(net, 'net_namespace').value, 'another one');
  const here = told(t, await runToEnd(DOCTOR));
  for (const id of ['pid_namespace', 'user_namespace', 'net_namespace']) t.is(check(here, id).state, 'ok', id);
  const user = await runToEnd(['unshare', '-U', '-r', ...DOCTOR]);
  if (/unshare failed/.test(user.stderr)) t.log(user.stderr.trim());
  else {
    const report = told(t, user);
    t.is(check(report, 'user_namespace').state, 'lacking');
    const [first] = report.probes;
    t.regex(first.explanation?.cause ?? first.roles[0].refused[0].cause, /first user namespace/);
  }
});

testUnless(
  costly ?? lacks('unshare'),
  'without tracefs, BTF, pressure or /proc: less, said with the remedy',
  async (t) => {
    const hide = (path: string) => `[ ! -d ${path} ] || mount -t tmpfs none ${path}`;
    const tracefs = told(t, await inMounts(`${hide('/sys/kernel/tracing')}; ${hide('/sys/kernel/debug')}`));
    t.like(check(tracefs, 'tracefs'), {state: 'limited', value: 'not mounted'});
    t.is(tracefs.verdict, 'all');

    const btf = told(t, await inMounts(hide('/sys/kernel/btf')));
    t.is(check(btf, 'btf').state, 'limited');
    if (btf.verdict === 'all') t.log('type information from another place');
    else
      for (const {state, explanation, id} of btf.probes)
        if (state === 'unavailable') t.regex(explanation?.cause ?? '', /BTF/, id);

    const psi = told(t, await inMounts(hide('/proc/pressure')));
    t.is(check(psi, 'psi').state, 'limited');
    t.regex(check(psi, 'psi').remedy ?? '', /psi=1|CONFIG_PSI|unmount/);

    const bare = told(t, await inMounts(hide('/proc')));
    for (const id of ['capabilities', 'pid_namespace', 'psi', 'cgroups']) t.is(check(bare, id).state, 'unknown', id);
  },
);

testOnce('the config file in use is told, and one that is refused is a finding', async (t) => {
  const named = told(t, await runToEnd([...DOCTOR, '--config', '/no/such/file']));
  t.regex(named.config.problem ?? '', /^\/no\/such\/file: no such file/);
  const text = await runToEnd([...PROGRAM, 'doctor'], environment({KSTOP_CONFIG: '/dev/null'}));
  t.regex(text.stdout, /refused +config file +\/dev\/null: it is no regular file/);
});

const lesser = !process.env.KSTOP_VM ? 'in guests only' : !kernelAtLeast(6, 8) && 'before 6.8';
testUnless(lesser, 'on a full kernel nothing that was there from the start is refused', async (t) => {
  const report = told(t, await runToEnd(DOCTOR));
  for (const {id, state, roles} of report.probes)
    if (['sched', 'block', 'oom', 'retransmit'].includes(id)) {
      t.is(state, 'attached', id);
      t.deepEqual(
        roles.flatMap(({refused}) => refused),
        [],
        id,
      );
    }
  t.is(report.verdict, 'all');
});
