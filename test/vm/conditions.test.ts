import test, {type ExecutionContext} from 'ava';
import type {DoctorReport} from '../../src/cli/doctor/report.ts';
import type {Header, Sample, StreamObject} from '../../src/types/stream.ts';
import {fetchKernel, lineUp, obstacle, root, runGuest} from './guest.ts';
import {chosenKernels} from './kernels.ts';

/** One start of kstop in a guest: a shell's preparation, in a mount namespace of its own, then some of the stream. */
type Start = {
  title: string;
  first?: string;
  seconds?: number;
  /** More flags of a run. */
  flags?: string;
  /** `kstop doctor` in place of a run. */
  doctor?: true;
  judge: (t: ExecutionContext, left: Left) => void;
};
/** What such a start left. */
type Left = {code: number; stderr: string; notes: string[]; objects: StreamObject[]};

const KSTOP = '"$PWD/node_modules/.bin/node" "$PWD/dist/kstop.mjs"';

/** A shell script that runs all starts, and marks where each begins and how it ended. */
const scriptOf = (starts: readonly Start[]): string =>
  starts
    .map(({title, first = ':', seconds = 1, flags = '', doctor}) => {
      const what = doctor ? 'doctor --json' : `--json -d ${seconds} ${flags}`;
      const inner = `{ ${first}\n} 3>&1 >&2 || exit 99; exec ${KSTOP} ${what}`;
      return [
        `echo '== ${title}'`,
        `unshare -m sh -c '${inner.replaceAll("'", "'\\''")}' 2>/run/said`,
        'echo "code $?"',
        'sed "s/^/said /" /run/said',
      ].join('\n');
    })
    .join('\n');

function leftBy(stdout: string): Map<string, Left> {
  const sections = stdout.split(/^== /m).slice(1);
  return new Map(
    sections.map((section) => {
      const [name, ...lines] = section.trimEnd().split('\n');
      const of = (start: string) =>
        lines.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length));
      const objects = of('{').map((line): StreamObject => JSON.parse(`{${line}`));
      return [name!, {code: Number(of('code ')[0]), stderr: of('said ').join('\n'), notes: of('note '), objects}];
    }),
  );
}

/** It ran: the whole stream, and not a word beside it. */
function ran(t: ExecutionContext, left: Left): {header: Header; sample: Sample} {
  t.is(left.stderr, '');
  t.is(left.code, 0);
  const header = left.objects[0];
  const sample = left.objects.find((object) => object.kind === 'sample');
  if (header?.kind !== 'header' || !sample) throw new Error(`no stream: ${JSON.stringify(left)}`);
  t.is(left.objects.at(-1)?.kind, 'summary');
  for (const {id, state, method, reason} of header.probes) {
    t.log(`${id}: ${state} ${method ?? ''} ${reason ?? ''}`);
    if (state === 'unavailable' || state === 'degraded') t.truthy(reason, id);
  }
  return {header, sample};
}

/** What `kstop doctor` says of a part of the system or of a probe, as JSON; its exit code is the verdict's. */
function told(t: ExecutionContext, {code, stderr, objects}: Left, expected: number): (id: string) => string {
  t.is(stderr, '');
  t.is(code, expected);
  const {system, probes} = objects[0] as unknown as DoctorReport;
  return (id) => JSON.stringify([...system, ...probes].find((each) => each.id === id));
}

const noTracefs = 'umount -R /sys/kernel/debug; umount -R /sys/kernel/tracing';
const noCgroup2 = 'umount -R /sys/fs/cgroup';
// The kernel moves a controller to another hierarchy when the last cgroup of the old one is gone for good.
const v1Only = `for each in $(cat /sys/fs/cgroup/cgroup.subtree_control); do
    echo "-$each" >/sys/fs/cgroup/cgroup.subtree_control
  done
  ${noCgroup2}; mount -t tmpfs cgroup /sys/fs/cgroup
  for each in cpu memory; do
    mkdir "/sys/fs/cgroup/$each"
    for try in 1 2 3 4 5 6 7 8; do
      mount -t cgroup -o "$each" cgroup "/sys/fs/cgroup/$each" 2>/run/why && break || sleep 0.5
    done
  done
  mountpoint -q /sys/fs/cgroup/cpu || { cat /run/why; exit 1; }
  mountpoint -q /sys/fs/cgroup/memory || echo "note no memory controller of version 1: $(cat /run/why)" >&3`;
const [KILLED, HOLDING] = ['a1'.repeat(32), 'b2'.repeat(32)];
/**
 * Two containers of version 1: in one a kill by its limit after another, until the guest ends; one that holds 40 MiB, with what
 * the kernel says of that.
 */
const v1Containers = `cd /sys/fs/cgroup/memory; mkdir -p docker/${KILLED} docker/${HOLDING}
  echo 16M >docker/${KILLED}/memory.limit_in_bytes; echo 64M >docker/${HOLDING}/memory.limit_in_bytes
  (while sleep 2; do sh -c "echo \\$\\$ >docker/${KILLED}/cgroup.procs; exec tail /dev/zero"; done) >/dev/null 2>&1 &
  (echo 0 >docker/${HOLDING}/cgroup.procs; { head -c 41943040 /dev/zero; sleep 1000; } | tail) >/dev/null 2>&1 &
  sleep 6; echo "note usage $(cat docker/${HOLDING}/memory.usage_in_bytes)" >&3
  echo "note failures $(cat docker/${KILLED}/memory.failcnt)" >&3; cd "$OLDPWD"`;

type Boot = {
  /** For the kernel's command line. */
  parameters: string;
  starts: Start[];
};

/** What it can't have is missing, and the rest goes on. */
function tellsLess(t: ExecutionContext, left: Left): void {
  const {sample, header} = ran(t, left);
  t.is(sample.pressure, undefined);
  t.true(header.probes.some(({state}) => state === 'attached'));
}

const BOOTS: Boot[] = [
  {
    parameters: 'psi=0 lockdown=integrity',
    starts: [
      {title: 'without PSI, and locked down for integrity', judge: tellsLess},
      {title: 'without tracefs', first: noTracefs, judge: tellsLess},
      {
        title: 'the doctor tells each of these, with what helps',
        first: noTracefs,
        doctor: true,
        judge(t, left) {
          const found = told(t, left, 0);
          t.regex(found('psi'), /"limited".*psi=1/);
          t.regex(found('pressure'), /"degraded".*only cgroups near their limit are told.*psi=1/);
          t.regex(found('lockdown'), /"ok","value":"integrity"/);
          t.regex(found('tracefs'), /"limited","value":"not mounted".*mount -t tracefs/);
          t.regex(found('cgroups'), /"ok","value":"v2: /);
        },
      },
      {title: 'without cgroup2', first: noCgroup2, judge: tellsLess},
      {title: 'without /proc', first: 'mount -t tmpfs none /proc', judge: tellsLess},
      // From here on for good.
      {title: 'without /dev/kmsg', first: 'rm /dev/kmsg', judge: tellsLess},
      {
        title: 'with cgroup version 1 alone',
        first: `${v1Only}\nif mountpoint -q /sys/fs/cgroup/memory; then ${v1Containers}; fi`,
        seconds: 10,
        judge(t, left) {
          tellsLess(t, left);
          const [note = ''] = left.notes;
          t.log(note);
          if (/^no memory controller/.test(note)) return;
          const kill = left.objects.find((object) => object.kind === 'event' && object.type === 'OOM_KILL');
          t.log(JSON.stringify(kill));
          t.like(kill, {comm: 'tail', memcg: `/docker/${KILLED}`, limit_bytes: 16 << 20, constraint: 'memcg'});
          t.like(kill, {container: {id: KILLED, runtime: 'docker'}});
          const rows = left.objects.filter((object) => object.kind === 'sample').at(-1)?.containers;
          const row = rows?.find(({container}) => container.id === HOLDING);
          t.log(JSON.stringify(row));
          t.like(row, {
            cgroup: `/docker/${HOLDING}`,
            container: {id: HOLDING, runtime: 'docker'},
            limit_bytes: 64 << 20,
          });
          t.is(row?.restarts, undefined, 'without cgroup version 2 no main process can be told');
          const hits = rows?.find(({container}) => container.id === KILLED)?.limit_hits;
          const failures = Number(/^failures (\d+)$/.exec(left.notes[1] ?? '')?.[1]);
          t.true(failures > 0 && hits! >= failures, `${hits} times at the limit; the kernel, before: ${failures}`);
          const usage = Number(/^usage (\d+)$/.exec(note)?.[1]);
          t.true(usage >= 40 << 20);
          t.true(Math.abs(row!.memory_usage_bytes! - usage) <= 2 << 20, `the kernel: ${usage}`);
        },
      },
    ],
  },
  {
    parameters: 'lockdown=confidentiality',
    starts: [
      {
        title: 'the doctor knows a lockdown for confidentiality',
        doctor: true,
        judge(t, left) {
          const found = told(t, left, 4);
          t.regex(found('lockdown'), /"limited","value":"confidentiality".*without lockdown=/);
          t.regex(found('sched'), /locked down \(confidentiality\)/);
          // 5.10 refuses sched's best method for another reason first.
          t.regex(found('block'), /locked down \(confidentiality\).*"certain":true/);
        },
      },
      {
        title: 'locked down for confidentiality: what files tell, and why no program runs',
        judge(t, left) {
          const {header} = ran(t, left);
          const on = header.probes.filter(({state}) => state === 'attached' || state === 'degraded');
          t.true(on.some(({id}) => id === 'pressure'));
          for (const {id, method} of on) t.true(['psi', 'file', 'kmsg'].includes(method ?? ''), id);
          const refused = header.probes.filter(({state}) => state === 'unavailable');
          t.true(refused.length > 3);
          for (const {id, reason} of refused) t.regex(reason ?? '', /locked down \(confidentiality\)/, id);
        },
      },
      {
        title: 'locked down for confidentiality, where no program can run',
        flags: '--probes sched,block',
        judge(t, {code, stderr, objects}) {
          t.log(stderr);
          t.is(code, 77);
          t.regex(stderr, /^kstop: [^\n]*locked down \(confidentiality\)[^\n]*\(boot without lockdown=[^\n]*\)$/);
          t.deepEqual(
            objects.map(({kind}) => kind),
            ['error'],
          );
        },
      },
    ],
  },
];

const reason = obstacle();
/** On the oldest and the newest: what lies between them lacks nothing in a way of its own. KSTOP_VM_ALL runs all. */
const chosen = chosenKernels().filter((_, i, all) => process.env.KSTOP_VM_ALL || i === 0 || i === all.length - 1);
const kernels = chosen.map((version) => ({version, ...(reason ? {reason} : fetchKernel(version))}));
/** All guests line up when the first test begins; each test then waits for its own. */
const guests = lineUp(
  kernels.flatMap((kernel) =>
    'reason' in kernel
      ? []
      : BOOTS.map(({parameters, starts}) => {
          const run = {
            kernel: kernel.folder,
            options: ['-t', '700', '-C', root, '-x', parameters],
            command: ['sh', '-c', scriptOf(starts)],
          };
          return [`${kernel.version} ${parameters}`, () => runGuest(run)] as const;
        }),
  ),
);

for (const kernel of kernels) {
  for (const {parameters, starts} of BOOTS) {
    for (const {title, judge} of starts) {
      if ('reason' in kernel) {
        test.skip(`kernel ${kernel.version}: ${title}: ${kernel.reason}`, (t) => t.pass());
        continue;
      }
      test.serial(`kernel ${kernel.version}: ${title}`, async (t) => {
        t.timeout(900_000, 'the guest hangs');
        const guest = await guests(`${kernel.version} ${parameters}`);
        const left = leftBy(guest.stdout).get(title);
        if (!left) throw new Error(`it never started: ${guest.status} ${guest.stderr.slice(-2000)}`);
        judge(t, left);
      });
    }
  }
}
