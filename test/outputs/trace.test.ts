import test from 'ava';
import {answerOf, totalsOf} from '../../src/outputs/trace/answer.ts';
import {EventLines, timeOf} from '../../src/outputs/trace/event-line.ts';
import {JsonTraces, PlainTraces} from '../../src/outputs/trace/face.ts';
import {histograms, tables, valueText} from '../../src/outputs/trace/maps.ts';
import {presetLines} from '../../src/outputs/trace/presets.ts';
import {resultLines} from '../../src/outputs/trace/report.ts';
import {scriptLines} from '../../src/outputs/trace/scripts.ts';
import {validate} from '../../src/sources/validate.ts';
import type {TraceOutcome, TraceResult} from '../../src/types/trace.ts';
import {planOf} from '../cli/still-desk.ts';
import {schemaErrors} from '../util/schema.ts';
import {stamp, traced} from '../util/synthetic.ts';

process.env.TZ = 'UTC';

const EVIL = '\x1b[31m\n12:00 X‮';
const RAW = /[\u0000-\u001f\u007f-\u009f\u202e]/;

function outcome(more: Partial<TraceOutcome> = {}, events = 1): TraceOutcome {
  const {kind: _, time: __, mono_ns: ___, ...result} = traced(0, events);
  return {...result, ...more};
}

const refused: TraceOutcome = {
  ...outcome({}, 0),
  trace: {name: 'bad', state: 'refused', reason: 'no such event', field: 'target', remedy: 'see tracefs'},
};
const HISTOGRAM = {
  title: 'latency',
  unit: 'us',
  buckets: [
    {min: 0, max: 1, count: 3},
    {min: 2, max: 3, count: 12},
    {min: 1 << 20, max: (1 << 21) - 1, count: 6},
  ],
};

test('nanoseconds since 1970 as a time of day', (t) => {
  t.is(timeOf('1772366400000000001'), '2026-03-01T12:00:00.000000001Z');
  t.is(timeOf('1'), '1970-01-01T00:00:00.000000001Z');
  t.is(timeOf('99999999999999999999999'), '99999999999999999999999');
});

test('a line an event: time, process, function, message; with several traces their names', (t) => {
  const [event] = outcome().events;
  const plan = planOf({name: 'execs', type: 'tracepoint', target: 'a:b', arguments: [], duration_s: 5});
  const one = new EventLines([plan]);
  t.is(
    one.line({...event!, process_name: 'dd'}, 'execs'),
    '12:00:00.000 dd              42      sched:sched_process_exec /bin/true',
  );
  const several = new EventLines([plan, plan]);
  t.is(several.head().split(/ +/)[1], 'TRACE');
  t.regex(several.line(event!, 'execs'), /^12:00:00\.000 execs true\\x1b /);
});

test('a distribution has a bar for each range, in the form of the summary', (t) => {
  t.deepEqual(histograms([{...HISTOGRAM, key: {device: 'sda'}}]), [
    'latency device=sda: 21 counted',
    '     us                  : count    distribution',
    '         0 -> 1          : 3        |**********                              |',
    '         2 -> 3          : 12       |****************************************|',
    '   1048576 -> 2097151    : 6        |********************                    |',
    '',
  ]);
  const open = [
    {min: Number.MIN_SAFE_INTEGER, max: -1, count: 1},
    {min: 2 ** 40, max: Number.MAX_SAFE_INTEGER, count: 1},
  ];
  const lines = histograms([{title: 'x', unit: 'bytes', buckets: open}]).map((line) => line.split(':')[0]?.trim());
  t.deepEqual(lines.slice(2, 4), ['... -> -1', '1T -> ...']);
  t.regex(histograms(Array.from({length: 12}, () => HISTOGRAM)).join('\n'), /and 2 more distributions/);
});

test('counts and sums with their keys and units', (t) => {
  const rows = [
    {key: {comm: 'dd', pid: '7'}, value: 24_625_152},
    {key: {comm: EVIL, pid: '8'}, value: 512},
  ];
  const lines = tables([{title: 'bytes by process', unit: 'bytes', rows, more: 3}]);
  t.deepEqual(lines.slice(0, 3), [
    'bytes by process',
    '  BYTES  COMM                     PID',
    '23.5MiB  dd                       7',
  ]);
  t.notRegex(lines.join(''), RAW);
  t.is(lines.at(-2), 'and 3 more');
  t.deepEqual(tables([{title: 'reads', unit: 'events', rows: [{key: {}, value: 1234}]}]), ['reads: 1,234', '']);
  t.deepEqual(tables([{title: 'none', unit: 'events', rows: []}]), []);
  t.is(valueText(1500, 'us'), '1.5ms');
});

test('a result: notes, warnings, totals, by process and by user', (t) => {
  const result = outcome({
    trace: {
      ...(outcome().trace as TraceResult['trace']),
      notes: ['a stand-in'],
      warnings: ['WARNING: x'],
      description: 'd',
    },
    histograms: [HISTOGRAM],
  });
  result.stats = {
    ...result.stats,
    ...{total_events: 1247, events_per_second: 249.4, kept_events: 1000, lost_events: 3, other_events: 2},
    events_by_uid: {0: 856, 33: 391},
    top_processes: [{process_name: 'postgres', pid: 1234, event_count: 856, percentage: 68.6}],
  };
  t.deepEqual(resultLines(result).slice(0, 15), [
    'TRACE execs (tracepoint sched:sched_process_exec)',
    '  d',
    '  note: a stand-in',
    '  warning: WARNING: x',
    '  done after 5s: 1,247 events, 3 lost',
    '',
    'Events: 1,247, 249/s, 1,000 kept, 3 lost, 2 of processes beyond those told apart',
    '',
    ' PID  PROCESS   EVENTS  SHARE',
    '1234  postgres     856    69%',
    '',
    'UID  EVENTS  SHARE',
    '  0     856    69%',
    ' 33     391    31%',
    '',
  ]);
});

test('names from the kernel and from who asks can’t act on the terminal or forge a line', (t) => {
  const trace = {
    ...(outcome().trace as TraceResult['trace']),
    ...{name: EVIL, target: EVIL, description: EVIL, reason: EVIL, notes: [EVIL], warnings: [EVIL]},
  };
  const all = outcome({trace, histograms: [{...HISTOGRAM, title: EVIL, unit: EVIL, key: {[EVIL]: EVIL}}]});
  all.tables = [{title: EVIL, unit: EVIL, rows: [{key: {[EVIL]: EVIL}, value: 1}]}];
  all.stats.top_processes = [{process_name: EVIL, pid: 1, event_count: 1, percentage: 100}];
  all.stats.events_by_uid = {[EVIL]: 1};
  const [event] = all.events;
  const lines = [
    ...resultLines(all),
    ...resultLines({...refused, trace: {...refused.trace, field: EVIL, remedy: EVIL}}),
    new EventLines([]).line({...event!, function: EVIL, message: EVIL, process_name: EVIL, timestamp: EVIL}, EVIL),
    ...presetLines([{name: EVIL, help: EVIL, forPid: false, missing: EVIL}], {missing: EVIL, remedy: EVIL}),
    ...scriptLines([planOf({name: EVIL, type: 'usdt', target: EVIL, arguments: [], duration_s: 1})]),
  ];
  for (const line of lines) t.notRegex(line, RAW);
});

test('what the kernel counted beyond the events is told beside them', (t) => {
  const buckets = [{min: 1, max: 1, count: 30}];
  const trace = outcome(
    {
      histograms: [
        {...HISTOGRAM, buckets},
        {...HISTOGRAM, key: {device: 'b'}, buckets},
      ],
    },
    0,
  );
  trace.stats.total_events = 3;
  t.true(resultLines(trace).includes('Counted: 60, in the distributions below; events are told one by one.'));
  trace.stats.total_events = 60;
  t.false(resultLines(trace).some((line) => line.startsWith('Counted')));
});

test('a preset that can’t run widens no column: its reason stands below the table', (t) => {
  const missing = `tracepoint:a:b (${'long '.repeat(40)})`;
  const lines = presetLines(
    [
      {name: 'here', help: 'what it tells', forPid: false, hook: 'tracepoint:a:c'},
      {name: 'not-here', help: 'what that tells', forPid: false, missing},
    ],
    {version: '0.17.0', path: '/usr/bin/bpftrace'},
  );
  t.deepEqual(lines, [
    'bpftrace: 0.17.0 at /usr/bin/bpftrace',
    '',
    'PRESET    HOOK            SHOWS',
    'here      tracepoint:a:c  what it tells',
    'not-here  (missing)       what that tells',
    '',
    "Can't run here:",
    `  not-here: ${missing}`,
  ]);
});

test('the answer to a request has all programs together, failures and what was skipped', (t) => {
  const some = outcome({}, 3);
  const other = outcome({}, 1);
  other.stats.events_by_process = {dd: 1};
  other.stats.top_processes = [{process_name: 'dd', pid: 7, event_count: 1, percentage: 100}];
  const failed = outcome({trace: {...some.trace, state: 'failed', reason: 'bpftrace was killed'} as never}, 0);
  const results = [some, refused, other, failed];
  const totals = totalsOf(results);
  t.like(totals, {total_events: 4, kept_events: 4, events_by_process: {true: 3, dd: 1}, events_by_uid: {0: 4}});
  t.deepEqual(totals.programs, {done: 2, refused: 1, failed: 1});
  t.deepEqual(
    totals.top_processes.map(({pid, percentage}) => [pid, percentage]),
    [
      [42, 75],
      [7, 25],
    ],
  );
  const skipped = [{id: 'io', command: 'iostat'}];
  const answer = answerOf({request: {reasoning: 'slow'}, results, scripts: [], skipped});
  t.deepEqual(answer.failures, [
    {name: 'bad', field: 'target', reason: 'no such event', remedy: 'see tracefs'},
    {name: 'execs', reason: 'bpftrace was killed'},
  ]);
});

test('processes called like parts of JavaScript are names like any other', (t) => {
  const odd = outcome();
  odd.stats.events_by_process = Object.fromEntries([
    ['__proto__', 2],
    ['constructor', 1],
  ]);
  t.deepEqual(Object.entries(totalsOf([odd, odd]).events_by_process), [
    ['__proto__', 4],
    ['constructor', 2],
  ]);
});

const written = () => {
  let text = '';
  const write = (more: string) => {
    text += more;
    return undefined;
  };
  return {write, text: () => text};
};

test('as JSON each result is one object of the published schema; a request has one answer', (t) => {
  const {write, text} = written();
  const json = new JsonTraces(write, () => stamp(1), false);
  json.ended(outcome({histograms: [HISTOGRAM]}));
  json.ended(refused);
  json.finish([]);
  const single = new JsonTraces(write, () => stamp(2), true);
  const results = [outcome(), refused];
  single.ended(results[0]!);
  single.finish(results, answerOf({request: {}, results, scripts: [], skipped: []}));
  const objects = text()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.is(objects.length, 3);
  for (const object of objects) {
    t.deepEqual(schemaErrors(object), []);
    t.deepEqual(validate(object, 1), object);
  }
  t.is(objects[2].results.length, 2);
});

test('the widest event and the largest sum that a spec can have are readable again', (t) => {
  const result = outcome();
  const raw_args = Object.fromEntries(Array.from({length: 32}, (_, i) => [`arg${i}`, '1']));
  result.events = [{...result.events[0]!, function: `/${'p'.repeat(380)}:db:query`, raw_args}];
  result.tables = [{title: 'sum of retval', unit: 'retval', rows: [{key: {}, value: 2 ** 64}]}];
  const object = {kind: 'trace', ...stamp(1), ...result};
  t.deepEqual(schemaErrors(object), []);
  t.deepEqual(validate(object, 1), object as never);
});

test('as text the events come first, then the statistics; what never ran is told elsewhere', (t) => {
  const {write, text} = written();
  const plain = new PlainTraces(write);
  const result = outcome();
  plain.begin([planOf({name: 'execs', type: 'tracepoint', target: 'a:b', arguments: [], duration_s: 5})]);
  plain.events(result.events, 'execs', 1);
  plain.finish([result, refused]);
  const lines = text().split('\n');
  t.deepEqual(lines.slice(0, 4), [
    'Tracing execs (tracepoint a:b) for 5 s',
    'Ctrl-C ends it and shows what there is.',
    '',
    'TIME         COMM            PID     FUNCTION MESSAGE',
  ]);
  t.is(lines[6], 'TRACE execs (tracepoint sched:sched_process_exec)');
  t.false(text().includes('bad'));
});

test('more events than are kept, and more traces than run at once, are said', (t) => {
  const {write, text} = written();
  const plain = new PlainTraces(write);
  const plan = planOf({name: 'execs', type: 'tracepoint', target: 'a:b', arguments: [], duration_s: 5});
  plain.begin([plan, plan, plan, plan]);
  t.regex(text(), /\n3 at once, the others wait their turn\.\n/);
  const [event] = outcome().events;
  plain.events(Array(9_999).fill(event), 'execs', 1);
  t.false(text().includes('counted'));
  plain.events([event!], 'execs', 2);
  t.false(text().includes('counted'), 'another of the same name');
  plain.events([event!], 'execs', 1);
  t.regex(text(), /\nexecs: 10,000 events are shown; what comes now is only counted\.\n$/);
});

test('the text of an answer has its failures, and the commands that were left alone', (t) => {
  const {write, text} = written();
  const results = [outcome(), refused];
  const skipped = [{id: 'io', command: 'iostat -x 1 5'}];
  const answer = answerOf({request: {reasoning: 'a slow disk'}, results, scripts: [], skipped});
  new PlainTraces(write).finish(results, answer);
  t.regex(text(), /^REQUEST a slow disk\n/);
  t.regex(text(), /\nALL PROGRAMS: 1 done, 1 refused\n/);
  t.regex(text(), /\nFailures:\n {2}- bad: target: no such event \(see tracefs\)\n/);
  t.regex(text(), /\nCommands, which kstop never executes:\n {2}- io: iostat -x 1 5\n/);
});
