import test from 'ava';
import {Collector} from '../../../src/trace/run/collector.ts';
import type {TraceMap} from '../../../src/types/trace.ts';
import {plan, printed, SEPARATOR, wire} from './plan.ts';

const BOOT = 1_700_000_000_000_000_000n;

function collect(lines: string, what = plan()): Collector {
  const collector = new Collector(what, BOOT);
  collector.push(Buffer.from(lines, 'latin1'));
  collector.end();
  return collector;
}

test('an event has all of its fields', (t) => {
  const {events, stats, notes} = collect(printed(wire())).result(2);
  t.deepEqual(events, [
    {
      timestamp: '1700000001000000000',
      pid: 42,
      tid: 43,
      uid: 1000,
      process_name: 'cat',
      function: 'openat',
      message: 'open /etc/passwd',
      raw_args: {filename: '/etc/passwd'},
      cpu: 3,
    },
  ]);
  t.deepEqual(stats, {
    total_events: 1,
    events_by_process: {cat: 1},
    events_by_uid: {1000: 1},
    events_per_second: 0.5,
    top_processes: [{process_name: 'cat', pid: 42, event_count: 1, percentage: 100}],
    kept_events: 1,
    lost_events: 0,
  });
  t.deepEqual(notes, []);
});

test('names from the kernel are taken as they are: newlines, quotes, what looks like JSON or like a format', (t) => {
  for (const comm of ['a\nb', '"},{"', '\\', '%s%n', '\x1b[2J', '__proto__', 'constructor', '|5eb|', ' ']) {
    const {events, stats} = collect(printed(wire({comm, file: `${comm}${comm}\n`}))).result(1);
    t.is(events[0]?.process_name, comm);
    t.is(events[0]?.raw_args.filename, `${comm}${comm}\n`);
    t.deepEqual(Object.entries(stats.events_by_process), [[comm, 1]]);
  }
});

test('what is no event of the script is counted as unreadable, and nothing else', (t) => {
  const broken = [
    wire().replace(SEPARATOR, ''),
    `x${wire()}`,
    wire({tag: 'p'}),
    wire({tag: ''}),
    wire({nsecs: 'now'}),
    wire({nsecs: ''}),
    wire({nsecs: '1'.repeat(30)}),
    wire({file: `a${SEPARATOR}b`}),
    wire().split(SEPARATOR).slice(0, -1).join(SEPARATOR),
    '',
    'hello\n',
  ];
  const lines = broken.map(printed);
  const collector = collect([...lines, '{"type": "printf", "data": "cut', '\n', 'garbage\n', printed(wire())].join(''));
  t.is(collector.unreadable, broken.length + 2);
  t.is(collector.result(1).stats.total_events, 1);
  t.deepEqual(collector.result(1).notes, [`${broken.length + 2} lines of bpftrace's output couldn't be read`]);
});

test('the first 10,000 events are kept and the others counted', (t) => {
  const lines = Array.from({length: 10_005}, (_, i) => printed(wire({nsecs: String(i), pid: i % 10})));
  const {events, stats, notes} = collect(lines.join('')).result(10);
  t.is(events.length, 10_000);
  t.is(events[9999]?.timestamp, String(BOOT + 9999n));
  t.like(stats, {total_events: 10_005, kept_events: 10_000, events_per_second: 1000.5});
  t.is(stats.top_processes.length, 10);
  t.deepEqual(stats.top_processes[0], {process_name: 'cat', pid: 0, event_count: 1001, percentage: 10});
  t.deepEqual(notes, ['the first 10000 events are kept, the others counted']);
});

test('processes and users beyond those that are told apart are counted', (t) => {
  const many = Array.from({length: 5000}, (_, i) => printed(wire({pid: i, uid: i})));
  const {stats} = collect(many.join('')).result(1);
  t.is(stats.other_events, 5000 - 4096);
  t.is(stats.events_by_uid['others'], 5000 - 4096);
  t.is(stats.total_events, 5000);
  const names = Array.from({length: 20}, (_, i) => printed(wire({comm: `name${i}`})));
  t.is(collect(names.join('')).result(1).stats.other_events, 12, 'one process under many names');
});

test('a filter of user space leaves out what it does not want', (t) => {
  const wanted = plan({keep: ({raw_args}) => raw_args.filename!.includes('shadow')});
  const {events, stats} = collect(printed(wire()) + printed(wire({file: '/etc/shadow'})), wanted).result(1);
  t.is(stats.total_events, 1);
  t.is(events[0]?.message, 'open /etc/shadow');
});

test('a result that was handed out stays as it was', (t) => {
  const collector = collect(printed(wire()));
  const first = collector.result(1);
  collector.push(Buffer.from(printed(wire())));
  t.is(first.events.length, 1);
  t.is(collector.result(1).events.length, 2);
});

test('lost events are added up, from the output and from stderr', (t) => {
  const collector = collect('{"type": "lost_events", "data": {"events": 5}}\n{"type":"lost_events", "count":2}\n');
  collector.complaints.addLine('Lost 3 events');
  t.is(collector.result(1).stats.lost_events, 10);
  t.deepEqual(collector.complaints.lines, []);
});

test('where the kernel counts the events, what was not printed is lost', (t) => {
  const hits = (count: string) => `{"type": "map", "data": {"@hits": ${count}}}\n`;
  const lost = (...lines: string[]) => collect(lines.join(''), plan({hits: '@hits'})).result(1).stats.lost_events;
  const told = '{"type": "lost_events", "data": {"events": 5}}\n';
  t.is(lost(printed(wire())), 0);
  t.is(lost(printed(wire()), hits('1')), 0);
  t.is(lost(printed(wire()), told, hits('9')), 8);
  t.is(lost(printed(wire()), told), 5);
  t.is(lost(printed(wire()), told, hits('1')), 5, 'never less than bpftrace says');
  const early = new Collector(plan({hits: '@hits'}), BOOT);
  early.push(Buffer.from(hits('9')));
  t.is(early.result(1).stats.lost_events, 0, 'before the end they may be under way');
  t.is(collect(hits('7'), plan({hits: '@hits'})).result(1).tables, undefined);
  const silent = plan({hits: '@hits'});
  const {stats} = collect(hits('7'), {...silent, script: {...silent.script, events: []}}).result(2);
  t.like(stats, {total_events: 7, events_per_second: 3.5, lost_events: 0, kept_events: 0});
});

const map = (kind: TraceMap['kind'], keys: TraceMap['keys'] = []): TraceMap[] => [
  {name: '@m', title: 'calls', kind, keys, unit: 'us'},
];
const counting = (maps: TraceMap[]) => {
  const what = plan({maps});
  return {...what, script: {...what.script, events: []}};
};

test('a map of counts becomes a table, the largest first; commas in the name are the name’s', (t) => {
  const keys = [
    {name: 'pid', kind: 'number' as const},
    {name: 'comm', kind: 'string' as const},
  ];
  const {tables, stats} = collect(
    '{"type": "map", "data": {"@m": {"7,a,b": 2, "8,": 5, "9,c": "18446744073709551615", "10,d": "x"}}}\n' +
      '{"type": "map", "data": {"@work": 9}}\n',
    counting(map('count', keys)),
  ).result(2);
  t.deepEqual(tables, [
    {
      title: 'calls',
      unit: 'us',
      rows: [
        {key: {pid: '9', comm: 'c'}, value: 18446744073709552000},
        {key: {pid: '8', comm: ''}, value: 5},
        {key: {pid: '7', comm: 'a,b'}, value: 2},
      ],
    },
  ]);
  t.is(stats.total_events, 18446744073709552000);
});

test('distributions, with and without keys, of which the outermost cells have no end', (t) => {
  const buckets = '[{"max": -1, "count": 1}, {"min": 0, "max": 0, "count": 2}, {"min": 8, "count": "3"}]';
  const {histograms, stats} = collect(`{"type": "hist", "data": {"@m": ${buckets}}}\n`, counting(map('hist'))).result(
    3,
  );
  t.deepEqual(histograms, [
    {
      title: 'calls',
      unit: 'us',
      buckets: [
        {min: Number.MIN_SAFE_INTEGER, max: -1, count: 1},
        {min: 0, max: 0, count: 2},
        {min: 8, max: Number.MAX_SAFE_INTEGER, count: 3},
      ],
    },
  ]);
  t.like(stats, {total_events: 6, events_per_second: 2});
  const keyed = collect(
    '{"type": "hist", "data": {"@m": {"a": [{"min": 1, "max": 1, "count": 1}], "b,c": [{"min": 1, "max": 1, "count": 4}], "d": 7}}}\n',
    counting(map('hist', [{name: 'dev', kind: 'string'}])),
  ).result(1);
  t.deepEqual(
    keyed.histograms?.map(({key}) => key),
    [{dev: 'b,c'}, {dev: 'a'}],
  );
});

test('of maps with very many keys a hundred are told, and how many more there are', (t) => {
  const counts = Object.fromEntries(Array.from({length: 150}, (_, i) => [`k${i}`, i]));
  const line = (type: string, data: unknown) => `${JSON.stringify({type, data: {'@m': data}})}\n`;
  const keys = [{name: 'k', kind: 'string' as const}];
  const table = collect(line('map', counts), counting(map('sum', keys))).result(1).tables?.[0];
  t.is(table?.rows.length, 100);
  t.is(table?.more, 50);
  t.deepEqual(table?.rows[0], {key: {k: 'k149'}, value: 149});
  const hists = Object.fromEntries(Object.keys(counts).map((key) => [key, [{min: 0, max: 0, count: 1}]]));
  const told = collect(line('hist', hists), counting(map('hist', keys))).result(1);
  t.is(told.histograms?.length, 100);
  t.deepEqual(told.notes, ["50 smaller distributions aren't shown"]);
});

test('a map in a form that no version prints gives no answer', (t) => {
  for (const value of ['null', '"x"', '[]', '{"a": []}', '{"a": {"b": 1}}', '[{"count": "x"}]', '[7]'])
    for (const kind of ['count', 'hist'] as const) {
      const {tables, histograms} = collect(`{"type": "map", "data": {"@m": ${value}}}\n`, counting(map(kind))).result(
        1,
      );
      t.deepEqual([tables?.[0]?.rows ?? [], histograms ?? []], [[], []], value);
    }
});

test('names that differ in what is no UTF-8 keep their own counts', (t) => {
  const byName: TraceMap = {
    name: '@counts',
    title: 'events by comm',
    kind: 'count',
    keys: [{name: 'comm', kind: 'string'}],
    unit: 'events',
  };
  const line =
    '{"type": "map", "data": {"@counts": {"a\\uffffffff": 7, "a\\ufffffffe": 2, "caf\\uffffffc3\\uffffffa9": 1}}}\n';
  const {tables} = collect(line, plan({maps: [byName]})).result(1);
  t.deepEqual(tables?.[0]?.rows, [
    {key: {comm: 'a\ufffd'}, value: 7},
    {key: {comm: 'a\ufffd'}, value: 2},
    {key: {comm: 'café'}, value: 1},
  ]);
});
