import test from 'ava';
import fc from 'fast-check';
import type {Entry} from '../../src/model/leaders/ranking.ts';
import {Model} from '../../src/model/model.ts';
import {Heaviest} from '../../src/model/run/heaviest.ts';
import type {Frame} from '../../src/types/frame.ts';
import type {KernelEvent, ProcessRow, Summary} from '../../src/types/stream.ts';
import {frame, header, histogram, sampleFrame, slowCall, stamp, wait, went} from '../util/synthetic.ts';

class Sum implements Entry<Sum> {
  weight = 0;
  key = '';
  add(key: string, n: number): void {
    this.key = key;
    this.weight += n;
  }
  merge({key, weight}: Sum): void {
    this.add(key, weight);
  }
}

const counted = (all: readonly (readonly [key: string, n: number])[]) => {
  const heaviest = new Heaviest(() => new Sum());
  for (const [key, n] of all) heaviest.at(key).add(key, n);
  return heaviest;
};

test('up to 128 keys are counted exactly, heaviest first', (t) => {
  const all = Array.from({length: 1280}, (_, i) => [`k${i % 128}`, i % 128] as const);
  t.deepEqual(
    counted(all)
      .top()
      .map(({key, weight}) => [key, weight]),
    Array.from({length: 128}, (_, i) => [`k${127 - i}`, 10 * (127 - i)]),
  );
});

test('who has more than a hundredth of it all is kept in any flood, and nobody has more than the truth', (t) => {
  const adds = fc.array(fc.tuple(fc.nat(1500).map(String), fc.integer({min: 1, max: 50})), {
    minLength: 500,
    maxLength: 4000,
    size: 'max',
  });
  fc.assert(
    fc.property(adds, fc.nat(1500), (all, favourite) => {
      const some = all.flatMap((each, i) => (i % 20 === 0 ? [each, [String(favourite), 50] as const] : [each]));
      const truth = new Map<string, number>();
      for (const [key, n] of some) truth.set(key, (truth.get(key) ?? 0) + n);
      const total = [...truth.values()].reduce((sum, n) => sum + n, 0);
      const top = counted(some).top();
      t.true(top.length <= 128);
      for (const {key, weight} of top) t.true(weight <= (truth.get(key) ?? 0));
      for (const [key, n] of truth) if (n > total / 100) t.true(top.some((each) => each.key === key));
    }),
    {numRuns: 30},
  );
});

test('what others add is in the list and not kept; a key that is renamed goes on', (t) => {
  const heaviest = counted([
    ['a', 5],
    ['b', 3],
  ]);
  const others = new Map([['b', counted([['b', 4]]).at('b')]]);
  t.deepEqual(
    heaviest.top(others).map(({weight}) => weight),
    [7, 5],
  );
  heaviest.rename('a', 'c');
  heaviest.rename('nobody', 'd');
  t.is(heaviest.get('a'), undefined);
  t.deepEqual(
    heaviest.top().map(({weight}) => weight),
    [5, 3],
  );
});

const row = (pid: number, comm: string, more: Partial<ProcessRow> = {}): ProcessRow => ({
  time_bucket: 1,
  pid,
  comm,
  cpu_time_ms: 100,
  run_delay_ms: 50,
  voluntary_switches: 3,
  involuntary_switches: 7,
  context_switches: 10,
  major_faults: 0,
  rss_bytes: 1000,
  ...more,
});

/** The summary after samples a second apart. */
function summary(...seconds: {rows?: ProcessRow[]; events?: KernelEvent[]; waits?: number[]}[]): Summary {
  const model = new Model();
  model.apply(frame({header: header()}));
  seconds.forEach(({rows, events = [], waits = []}, i) => {
    const histograms = waits.length > 0 ? [histogram('sched', {}, waits)] : [];
    const input: Frame = {...sampleFrame((i + 1) * 1000, {histograms}), events};
    if (rows) input.sample!.processes = rows;
    model.apply(input);
  });
  return model.finish(stamp(seconds.length * 1000 + 1));
}

test('a process has the sums of all samples, also of those it is not the last in', (t) => {
  const {processes} = summary(
    {rows: [row(5, 'hog', {waiting_ms: 800}), row(6, 'other', {cpu_time_ms: 1})]},
    {rows: [row(5, 'hog', {waiting_ms: 20, rss_bytes: 5000, major_faults: 2})]},
    {rows: [row(6, 'other', {rss_bytes: undefined, run_delay_ms: 0.25})]},
  );
  t.deepEqual(processes, [
    {
      pid: 5,
      comm: 'hog',
      cpu_time_ms: 200,
      run_delay_ms: 100,
      voluntary_switches: 6,
      involuntary_switches: 14,
      major_faults: 2,
      longest_wait_ms: 800,
      rss_bytes: 5000,
      rss_growth_bytes: 4000,
    },
    {
      pid: 6,
      comm: 'other',
      cpu_time_ms: 101,
      run_delay_ms: 50.25,
      voluntary_switches: 6,
      involuntary_switches: 14,
      major_faults: 0,
      rss_bytes: 1000,
      rss_growth_bytes: 0,
    },
  ]);
});

test('ten rows at most, none of processes that did next to nothing, and no list without rows', (t) => {
  const idle = Array.from({length: 30}, (_, i) => row(100 + i, 'idle', {cpu_time_ms: 1, run_delay_ms: 0}));
  t.is(summary({rows: idle}).processes, undefined);
  const busy = Array.from({length: 30}, (_, i) => row(100 + i, 'busy', {cpu_time_ms: 100 + i}));
  t.deepEqual(
    summary({rows: busy}).processes?.map(({pid}) => pid),
    Array.from({length: 10}, (_, i) => 129 - i),
  );
  const {processes, blame, syscalls} = summary({});
  t.deepEqual([processes, blame, syscalls], [undefined, undefined, undefined]);
});

test('what is unknown stays so', (t) => {
  const bare: ProcessRow = {time_bucket: 1, pid: 9, comm: 'new', waiting_ms: 700};
  t.deepEqual(summary({rows: [bare]}).processes, [{pid: 9, comm: 'new', longest_wait_ms: 700}]);
});

test('a number that is given anew is another process, with the same name after its end, and a zombie is none', (t) => {
  const exit = went(1500, {pid: 5, comm: 'hog'});
  const figures = ({processes = []}: Summary) =>
    processes.map(({pid, comm, cpu_time_ms}) => `${pid} ${comm} ${cpu_time_ms}`);
  t.deepEqual(figures(summary({rows: [row(5, 'hog')]}, {rows: [row(5, 'second', {cpu_time_ms: 30})]})), [
    '5 hog 100',
    '5 second 30',
  ]);
  const again = {rows: [row(5, 'hog', {cpu_time_ms: 300})]};
  t.deepEqual(figures(summary({rows: [row(5, 'hog')]}, {events: [exit], ...again})), ['5 hog 300', '5 hog 100']);
  const zombie = {rows: [row(5, 'hog', {cpu_time_ms: 7, state: 'zombie'})]};
  t.deepEqual(figures(summary({rows: [row(5, 'hog')]}, {events: [exit], ...zombie})), ['5 hog 107']);
});

test('a flood of short lives neither fills memory nor hides a hog', (t) => {
  const seconds = Array.from({length: 100}, (_, second) => ({
    rows: [
      row(1, 'hog'),
      ...Array.from({length: 200}, (_, i) => row(1000 * second + i + 2, 'short', {cpu_time_ms: 1})),
    ],
  }));
  t.like(summary(...seconds).processes?.[0], {pid: 1, comm: 'hog', cpu_time_ms: 10_000});
});

test('blame is summed up over the run, after a minute too, and up to the last event', (t) => {
  const victim = {pid: 10, tid: 11, comm: 'postgres'};
  const hog = {pid: 20, comm: 'stress-ng', ran_us: 9000};
  const model = new Model();
  model.apply(frame({header: header()}));
  model.apply({...sampleFrame(1000), events: [wait(10, 9500, {...victim, culprits: [hog]})]});
  for (let at = 2; at <= 100; at++) model.apply(sampleFrame(at * 1000));
  model.apply(frame({events: [wait(100_100, 9500, {...victim, culprits: [{...hog, ran_us: 7000}]})]}));
  const expected = [
    {
      subsystem: 'sched',
      victim: {pid: 10, comm: 'postgres'},
      culprit: {pid: 20, comm: 'stress-ng'},
      wait_ms: 16,
      waits: 2,
      worst_ms: 9,
    },
  ];
  for (let times = 0; times < 2; times++) t.deepEqual(model.finish(stamp(100_200)).blame, expected as never);
  model.apply(sampleFrame(101_000));
  t.deepEqual(model.finish(stamp(101_000)).blame, expected as never);
});

test('slow system calls by name, without those that sleep by design', (t) => {
  const events = [
    slowCall(1, 20_000),
    slowCall(2, 30_000, {pid: 79, comm: 'worse', errno: undefined, ret: 0}),
    slowCall(3, 99_000, {severity: 'info', syscall_name: 'nanosleep'}),
    slowCall(4, 12_000, {syscall_name: 'fsync', pid: undefined, comm: undefined}),
  ];
  t.deepEqual(summary({events}).syscalls, [
    {syscall_name: 'rename', calls: 2, failed: 1, total_us: 50_000, max_us: 30_000, worst_pid: 79, worst_comm: 'worse'},
    {syscall_name: 'fsync', calls: 1, failed: 1, total_us: 12_000, max_us: 12_000},
  ]);
});

test('who was throttled longer than he waited for others is no victim, and the next one is named', (t) => {
  const culprits = [{pid: 20, comm: 'hog', ran_us: 9000}];
  const held = {pid: 30, tid: 30, comm: 'limited', cgroup: '/box'};
  const events = Array.from({length: 90}, (_, i) => [
    wait(i * 10, 9500, {...held, culprits}),
    wait(i * 10 + 5, 10_000, {...held, cause: 'throttled', throttled_us: 10_000}),
    wait(i * 10 + 6, 9000, {pid: 40, tid: 40, comm: 'victim', culprits: [{...culprits[0]!, ran_us: 8000}]}),
  ]).flat();
  const {findings} = summary({events});
  t.deepEqual(
    findings.filter((each) => / of it behind |throttled/.test(each)),
    [
      'sched: pid 40 victim waited 810ms for a CPU over the run, 89% of it behind pid 20 hog',
      'sched: /box was held to its own limit (cpu.max): pid 30 limited was throttled for 900ms over the run, 90% of the time (90 of 270 reported waits)',
    ],
  );
});

test('where the limited cgroup isn’t known none is named, and mostly throttled waits advise no pinning', (t) => {
  const events = Array.from({length: 60}, (_, i) => wait(i * 10, 1_500_000 / 60, {cause: 'throttled', cgroup: '/'}));
  const {findings, recommendations} = summary({events, waits: new Array(200).fill(30_000)});
  // The first wait began before the run.
  t.true(
    findings.includes(
      'sched: pid 123 victim was throttled by its cgroup’s limit (cpu.max) for 1.5s over the run, 100% of the time (60 of 60 reported waits)',
    ),
    findings.join('\n'),
  );
  t.true(findings.some((each) => /^sched: .*100% of the reported waits were throttling \(cpu\.max\)$/.test(each)));
  t.false(recommendations.some((each) => /taskset/.test(each)));
});
