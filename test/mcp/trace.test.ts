/** The tool `trace` over a desk that is a stand-in: what bpftrace really says is in test/kernel. */
import test from 'ava';
import {REPLY_BYTES} from '../../src/mcp/reply.ts';
import type {
  PresetParameters,
  TraceDesk,
  TraceEvent,
  TracePlan,
  TraceResult,
  TraceSpec,
} from '../../src/types/trace.ts';
import {connect} from './connect.ts';

const PLAN: TracePlan = {
  name: 'signals',
  preset: 'signals',
  type: 'tracepoint',
  target: 'signal:signal_generate',
  duration_s: 5,
  notes: [],
  script: {text: '', separator: '', events: [], maps: [], strlen: 64},
};

function event(i: number, message = 'sig=15'): TraceEvent {
  const owner = {pid: 10, tid: 10, uid: 0, process_name: 'sh'};
  return {timestamp: String(1e18 + i), ...owner, function: 'signal', message, raw_args: {sig: '15'}, cpu: 0};
}

function result(events: TraceEvent[], total = events.length, more: Partial<TraceResult['trace']> = {}): TraceResult {
  const {name, type, target, duration_s} = PLAN;
  return {
    trace: {name, type, target, duration_s, state: 'done', ran_s: 5, ...more},
    events,
    stats: {
      total_events: total,
      events_by_process: {sh: total},
      events_by_uid: {0: total},
      events_per_second: total / 5,
      top_processes: [{process_name: 'sh', pid: 10, event_count: total, percentage: 100}],
      kept_events: events.length,
      lost_events: 0,
    },
  };
}

/** A desk whose traces end with `given`, or never until they are stopped. */
function standIn(given: TraceResult | undefined, missing?: {missing: string; remedy: string}, bySpec = PLAN) {
  const asked: {presets: [string, PresetParameters][]; specs: TraceSpec[]; started: number; stopped: number} = {
    presets: [],
    specs: [],
    started: 0,
    stopped: 0,
  };
  const desk: TraceDesk = {
    bpftrace: missing ?? {version: '0.17.0', path: '/usr/bin/bpftrace'},
    presets: () => [
      {name: 'signals', help: 'signals that are sent', forPid: true, hook: 'signal:signal_generate'},
      {name: 'dns', help: 'names that are looked up', forPid: true, missing: 'no kprobes'},
    ],
    planPreset: (name, parameters) => {
      asked.presets.push([name, parameters]);
      return name === 'signals' ? PLAN : {field: 'preset', why: `there is no ${name}`, remedy: 'signals, dns'};
    },
    planSpec: (spec) => {
      asked.specs.push(spec);
      return {...bySpec, preset: undefined};
    },
    start: (plan) => {
      asked.started++;
      let end = (_: TraceResult): void => {};
      const done = given
        ? Promise.resolve(given)
        : new Promise<TraceResult>((resolve) => {
            end = resolve;
          });
      const stop = (): Promise<TraceResult> => {
        asked.stopped++;
        end(result([], 0, {state: 'stopped'}));
        return done;
      };
      return {id: 1, plan, state: 'running', result: () => result([]), stop, done, onChange: () => () => {}};
    },
    runs: [],
    close: async () => {},
  };
  return {asked, desk: async () => desk};
}

test('without arguments it lists the presets, with what each lacks here', async (t) => {
  const {desk, asked} = standIn(result([]));
  const {call} = await connect(t, {desk});
  const {content, text, isError} = await call('trace');
  t.false(isError, text);
  t.regex(text, /^1 of 2 presets can run here\./);
  t.like((content.presets as object[])[1], {name: 'dns', missing: 'no kprobes'});
  t.is(content.bpftrace, '0.17.0');
  t.is(asked.started, 0);
});

test('a preset’s parameters reach the desk, its result the client, by the schema', async (t) => {
  const {desk, asked} = standIn(
    result(
      Array.from({length: 300}, (_, i) => event(i)),
      12_345,
    ),
  );
  const {call, client} = await connect(t, {desk});
  await client.listTools();
  const args = {
    preset: 'signals',
    pid: 10,
    process_name: 'sh',
    duration_s: 5,
    pattern: 'a*',
    slow_ms: 5,
    max_events: 3,
  };
  const {content, text, isError} = await call('trace', args);
  t.false(isError, text);
  t.deepEqual(asked.presets, [['signals', {pid: 10, process_name: 'sh', duration_s: 5, pattern: 'a*', slow_ms: 5}]]);
  t.regex(text, /^Trace done: 12,345 events, 0 lost\./);
  t.deepEqual(
    content.events,
    [0, 1, 2].map((i) => event(i)),
  );
  t.deepEqual(content.left_out, {events: 12_342});
  t.like(content.stats as object, {total_events: 12_345, kept_events: 300});
});

test('what is counted in the kernel has no events that could be left out', async (t) => {
  const {desk} = standIn(result([], 70_000));
  const {call} = await connect(t, {desk});
  const {content} = await call('trace', {preset: 'signals'});
  t.like(content.stats as object, {total_events: 70_000, kept_events: 0});
  t.is(content.left_out, undefined);
});

test('a process that calls itself what another looks like doesn’t hide its events', async (t) => {
  const given = result([event(1)], 9);
  given.stats.events_by_process = {'a\u200b': 7, 'a\\u200b': 2};
  const {desk} = standIn(given);
  const {call} = await connect(t, {desk});
  const {content} = await call('trace', {preset: 'signals'});
  t.deepEqual((content.stats as {events_by_process: object}).events_by_process, {'a\\u200b': 9});
});

test('refusals say the field, why and what helps', async (t) => {
  const {desk, asked} = standIn(result([]));
  const {call} = await connect(t, {desk});
  t.deepEqual((await call('trace', {preset: 'signal\x1b'})).text, 'preset: there is no signal\\x1b (signals, dns)');
  t.is(asked.started, 0);
});

const SPEC = {type: 'tracepoint', target: 'sched:sched_process_exec', duration: 2};

test('a spec is refused without --allow-trace, whatever it says', async (t) => {
  const {desk, asked} = standIn(result([]));
  const {call, client} = await connect(t, {desk});
  const {isError, text} = await call('trace', {spec: SPEC});
  t.true(isError);
  t.regex(text, /^spec: Not allowed: this server was started without --allow-trace/);
  t.is((await call('trace', {preset: 'signals', spec: {}})).isError, true);
  t.is(asked.specs.length + asked.started, 0);
  const {tools} = await client.listTools();
  const {inputSchema} = tools.find(({name}) => name === 'trace')!;
  t.regex(JSON.stringify(inputSchema.properties?.spec), /Not allowed/);
});

test('with --allow-trace a clean spec runs; others are refused by their field before the desk sees them', async (t) => {
  const {desk, asked} = standIn(result([event(1)]));
  const {call} = await connect(t, {desk, allowTrace: true});
  t.false((await call('trace', {spec: SPEC})).isError);
  t.like(asked.specs[0], {type: 'tracepoint', target: 'sched:sched_process_exec', duration_s: 2});
  const wrong = [
    {...SPEC, target: 'sched:sched_process_exec { system("id") }'},
    {...SPEC, duration: 61},
    {...SPEC, filter: 'pid == 1; exit()'},
    {...SPEC, fliter: 'pid == 1'},
    {...SPEC, type: 'BEGIN'},
    {},
  ];
  for (const spec of wrong) {
    const {isError, text} = await call('trace', {spec});
    t.true(isError, JSON.stringify(spec));
    t.regex(text, /^(target|duration|filter|fliter|type|probe_type|spec)/, text);
  }
  const {text} = await call('trace', {spec: SPEC, pid: 4});
  t.is(text, 'pid: has no meaning beside a spec (say it in the spec)');
  t.is(asked.started, 1);
});

test('texts that a function is called with are contents, unless --allow-data', async (t) => {
  const script = {...PLAN.script, text: 'usdt:/bin/db:db:query { printf("%s", str(arg0)) }'};
  for (const allowData of [false, true]) {
    const {desk, asked} = standIn(result([event(1)]), undefined, {...PLAN, type: 'usdt', script});
    const {call} = await connect(t, {desk, allowTrace: true, allowData});
    const {isError, text} = await call('trace', {spec: SPEC});
    t.is(isError, !allowData);
    t.is(asked.started, allowData ? 1 : 0);
    if (!allowData) t.regex(text, /^spec: Not allowed: .* without --allow-data/);
  }
});

test('without bpftrace it says so and what to do', async (t) => {
  const {desk, asked} = standIn(result([]), {missing: 'not installed', remedy: 'apt install bpftrace'});
  const {call} = await connect(t, {desk});
  const {isError, text} = await call('trace', {preset: 'signals'});
  t.true(isError);
  t.is(text, 'bpftrace: not installed (apt install bpftrace)');
  t.is((await call('trace')).content.bpftrace, 'missing: not installed (apt install bpftrace)');
  t.is(asked.started, 0);
});

test('a trace that failed is an error with its reason and what it had by then', async (t) => {
  const {desk} = standIn(result([event(1)], 1, {state: 'failed', reason: 'bpftrace ended'}));
  const {call} = await connect(t, {desk});
  const {isError, content} = await call('trace', {preset: 'signals'});
  t.true(isError);
  t.like(content.trace as object, {state: 'failed', reason: 'bpftrace ended'});
});

test('a reply is bounded, whatever the events hold', async (t) => {
  const long = '"\\`'.repeat(3000);
  const names = Object.fromEntries(Array.from({length: 900}, (_, i) => [`name-${i}`, i]));
  const big = result(
    Array.from({length: 10_000}, (_, i) => event(i, long)),
    50_000,
  );
  const rows = Array.from({length: 900}, (_, i) => ({key: {comm: `c${i}`}, value: 900 - i}));
  const {desk} = standIn({
    ...big,
    stats: {...big.stats, events_by_process: names},
    tables: [{title: 'by comm', unit: 'events', rows}],
  });
  const {call, client} = await connect(t, {desk});
  await client.listTools();
  const {content, text, isError} = await call('trace', {preset: 'signals', max_events: 200});
  t.false(isError, text);
  const size = Buffer.byteLength(JSON.stringify({content: [{type: 'text', text}], structuredContent: content}));
  t.log(`${size} bytes, ${(content.events as object[]).length} events`);
  t.true(size <= REPLY_BYTES);
  const {events, processes} = content.left_out as Record<string, number>;
  t.is(events, 50_000 - (content.events as object[]).length);
  t.is(processes, 850);
  t.like((content.tables as object[])[0], {more: 850});
});

test('a trace whose call is cancelled is stopped', async (t) => {
  const {desk, asked} = standIn(undefined);
  const {call, client} = await connect(t, {desk});
  const cancel = new AbortController();
  const given = call('trace', {preset: 'signals'}, {signal: cancel.signal});
  await client.ping();
  t.is(asked.started, 1);
  cancel.abort();
  await t.throwsAsync(given);
  await client.ping();
  t.is(asked.stopped, 1);
});
