import test from 'ava';
import fc from 'fast-check';
import {errorLine, UsageError} from '../../src/cli/errors.ts';
import {FLAGS, helpText} from '../../src/cli/flags.ts';
import {type LiveOptions, parseOptions, type RecordOptions, type ReplayOptions} from '../../src/cli/options.ts';
import {PROBES} from '../../src/probes/catalog.ts';

const parse = (line: string) => parseOptions(line.split(' ').filter(Boolean));
const live = (line: string) => parse(line) as LiveOptions;

const ALL = PROBES.map(({id}) => id);
const DEFAULT = PROBES.filter((probe) => probe.default).map(({id}) => id);
const without = (ids: readonly string[], ...left: string[]) => ids.filter((id) => !left.includes(id));

test('themes have their names, the mouse can be left alone', (t) => {
  t.like(parse('--theme contrast --no-mouse'), {theme: 'contrast', mouse: false});
  t.like(parse('replay x --theme mono'), {theme: 'mono', mouse: true});
  t.throws(() => parse('--theme pink'), {message: /there is no 'pink'/});
});

test('the defaults are the contract’s', (t) => {
  t.deepEqual(parse(''), {
    command: 'live',
    durationS: 0,
    intervalS: 1,
    thresholds: {
      sched_warn_us: 1000,
      sched_crit_us: 10_000,
      block_warn_us: 10_000,
      block_crit_us: 100_000,
      vfs_warn_us: 5000,
      vfs_crit_us: 50_000,
      syscall_warn_us: 10_000,
      syscall_crit_us: 100_000,
    },
    probes: DEFAULT,
    includeWaits: false,
    withArgs: false,
    top: 50,
    maxOverheadPct: 1,
    check: false,
    face: 'auto',
    quiet: false,
    histogram: true,
    noColor: false,
    mouse: true,
  });
});

test('every way to write a value', (t) => {
  for (const line of [
    '-d 5 -q',
    '-d5 -q',
    '-qd5',
    '-qd 5',
    '--duration 5 --quiet',
    '--duration=5 -q',
    '-q --duration 5.0',
  ]) {
    const {durationS, quiet} = live(line);
    t.deepEqual({durationS, quiet}, {durationS: 5, quiet: true}, line);
  }
});

test('the critical threshold is ten times the warning, at most 60 s', (t) => {
  t.is(live('--sched-warn 250').thresholds.sched_crit_us, 2500);
  t.is(live('--bio-warn 50000000').thresholds.block_crit_us, 60_000_000);
  t.is(live('--vfs-warn 300').thresholds.vfs_crit_us, 3000);
  t.is(live('--sched-warn 5 --sched-crit 5').thresholds.sched_crit_us, 5);
});

test('command lines are read only when asked for', (t) => {
  t.false(live('').withArgs);
  t.true(live('--with-args').withArgs);
  t.like(parse('record x --with-args'), {withArgs: true});
});

test('lists of probes', (t) => {
  const table: Record<string, string[]> = {
    all: ALL,
    'oom,sched': ['sched', 'oom'],
    'default,-sched': without(DEFAULT, 'sched'),
    '-sched,-oom': without(DEFAULT, 'sched', 'oom'),
    'all,-oom,oom': ALL,
  };
  for (const [list, ids] of Object.entries(table)) t.deepEqual(live(`--probes=${list}`).probes, ids, list);
  t.deepEqual(live('--probes -sched').probes, without(DEFAULT, 'sched'));
});

test('filters, faces and files', (t) => {
  t.deepEqual(live('-p 42 --comm nginx --cgroup /a').filter, {pid: 42, comm: 'nginx', cgroup: '/a'});
  t.like(live('-p 42 --container shop-0/web'), {filter: {pid: 42}, container: 'shop-0/web'});
  t.is(live('--json').face, 'json');
  t.is(live('--plain -o x').output, 'x');
  t.is(live('-o -').output, undefined);
  t.is(live('--export-dir /tmp').exportDir, '/tmp');
  t.is((parse('replay x --export-dir=..') as ReplayOptions).exportDir, '..');
  const record = parse('record x.gz --max-size 1.5G --max-files 3 -i 0.1') as RecordOptions;
  t.is(record.file, 'x.gz');
  t.is(record.maxSizeBytes, 1.5 * 2 ** 30);
  t.is(record.maxFiles, 3);
  t.is(record.intervalS, 0.1);
  t.is((parse('record x --max-overhead 0.25') as RecordOptions).maxOverheadPct, 0.25);
  t.is((parse('replay - --json --check') as ReplayOptions).file, '-');
  t.deepEqual(parse('replay --help'), {command: 'help', topic: 'replay'});
  t.deepEqual(parse('--version --nonsense'.slice(0, 9)), {command: 'version'});
});

const wrong: [line: string, says: RegExp][] = [
  ['--shced-warn 5', /--shced-warn: unknown flag \(did you mean --sched-warn\?\)/],
  ['--vfs-wran 5', /--vfs-wran: unknown flag \(did you mean --vfs-warn\?\)/],
  ['-x', /-x: unknown flag/],
  ['reocrd x', /reocrd: unknown command \(did you mean record\?\)/],
  ['--sched-warn abc', /'abc' is not a number/],
  ['--sched-warn 1e3', /is not a number/],
  ['--sched-warn 0x10', /is not a number/],
  ['--sched-warn Infinity', /is not a number/],
  ['--sched-warn -5', /-5 is negative/],
  ['--sched-warn=-5', /-5 is negative/],
  ['--sched-warn 0', /a threshold of 0/],
  ['--sched-warn 1.5', /not a whole number/],
  ['--sched-warn 60000001', /out of range/],
  ['--sched-warn 500 --sched-crit 400', /500 is above the critical threshold 400/],
  ['--sched-crit 400', /--sched-crit: 400 is below the warning threshold 1000/],
  ['--bio-crit 0', /threshold of 0/],
  ['-i 0.05', /out of range/],
  ['-i 61', /out of range/],
  ['--max-overhead 0', /--max-overhead: 0 is out of range \(give 0.001 to 100 percent of all CPUs' time\)/],
  ['--max-overhead -1', /-1 is negative/],
  ['--max-overhead 100.1', /out of range/],
  ['--max-overhead 1%', /is not a number/],
  ['replay x --max-overhead 2', /has no meaning in kstop replay/],
  ['-d', /-d: needs a value/],
  ['-d -1', /negative/],
  ['-o --json', /-o: needs a value/],
  ['--json=1', /takes no value/],
  ['--json --plain', /only one/],
  ['--probes sched,nope', /there is no probe 'nope' \(choose from all, default, sched/],
  ['--probes=', /there is no probe ''/],
  [`--probes all,${ALL.map((id) => `-${id}`)}`, /leaves no probe/],
  ['-p 0', /not a process id/],
  ['-p 1.5', /not a process id/],
  ['--comm a-name-of-16-byt', /longer than the 15 bytes/],
  ['--comm=', /the name is empty/],
  ['--cgroup=', /its value is empty/],
  ['--container=', /--container: its value is empty/],
  ['--container', /--container: needs a value \(--container NAME-OR-ID\)/],
  ['--container a --cgroup /b', /--container --cgroup: only one of them/],
  ['replay x --container a', /--container: has no meaning in kstop replay/],
  ['record', /needs a file/],
  ['replay', /needs a file/],
  ['replay a b', /b: one argument too many/],
  ['live extra', /one argument too many/],
  ['replay a -d 5', /--duration: has no meaning in kstop replay/],
  ['--max-size 1G', /--max-size: has no meaning without a command/],
  ['record - --max-size 1G', /stdout has no next file/],
  ['record x --max-size 10', /out of range/],
  ['record x --max-size ten', /not a size/],
  ['record x --max-files 3', /needs --max-size/],
];

for (const [line, says] of wrong) {
  test(`refused: kstop ${line}`, (t) => {
    const error = t.throws(() => parse(line), {name: 'UsageError'});
    t.regex(errorLine(error), says);
    t.regex(errorLine(error), /^kstop: [^\n]+: [^\n]+\n$/);
  });
}

test('any arguments give options or a UsageError in one printable line', (t) => {
  const names = FLAGS.flatMap(({name, short}) => [`--${name}`, `--${name}=`, `-${short ?? 'z'}`]);
  const word = fc.oneof(
    fc.constantFrom(...names, 'record', 'replay', '-', '--', '-1', '5', 'all'),
    fc.string({unit: 'binary'}),
  );
  const result = fc.check(
    fc.property(fc.array(word, {maxLength: 6}), (args) => {
      try {
        return ['live', 'record', 'replay', 'help', 'version'].includes(parseOptions(args).command);
      } catch (error) {
        return error instanceof UsageError && /^kstop: [^\p{Cc}\p{Cs}]+\n$/u.test(errorLine(error));
      }
    }),
    {numRuns: 5000},
  );
  t.false(result.failed, JSON.stringify([result.counterexample, result.errorInstance]));
});

test('the help has every flag, and fits 120 columns', (t) => {
  const help = helpText();
  for (const {name} of FLAGS) t.true(help.includes(`--${name}`), name);
  for (const line of help.split('\n')) t.true(line.length <= 120, line);
  t.false(helpText('replay').includes('--sched-warn'));
});

test('an unexpected error is one line too, and asks for a report', (t) => {
  t.regex(errorLine(new TypeError('x\ny')), /^kstop: internal error: x\\ny \(please report it[^\n]*\n$/);
});
