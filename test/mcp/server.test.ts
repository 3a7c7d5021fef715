import {join} from 'node:path';
import test from 'ava';
import type {SessionRequest} from '../../src/mcp/index.ts';
import {mostFirst} from '../../src/mcp/rows.ts';
import {Model} from '../../src/model/model.ts';
import {openRecording} from '../../src/sources/recording.ts';
import type {Source} from '../../src/types/frame.ts';
import {Problem} from '../../src/util/problem.ts';
import {frame, header} from '../util/synthetic.ts';
import {connect} from './connect.ts';

const TROUBLE = join(import.meta.dirname, '../../examples/trouble.ndjson.gz');

/** In place of the kernel: what kstop recorded of a machine in trouble, as fast as it can be read. */
async function recorded() {
  return {source: (await openRecording({file: TROUBLE, pace: 'fast'})) as Source, model: new Model()};
}

/** A SYNTHETIC session that has nothing to tell until it is stopped. */
function silent() {
  const told = {opened: 0, closed: 0, stopped: 0};
  const open = async () => {
    told.opened++;
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const source: Source = {
      async *frames() {
        yield frame({header: header()});
        await ended;
      },
      stop() {
        told.stopped++;
        end();
      },
      async close() {
        told.closed++;
        end();
      },
    };
    return {source, model: new Model()};
  };
  return {told, open};
}

test('the tools are those of the contract, each read-only, with both schemas and a word on strings', async (t) => {
  const {client} = await connect(t, {});
  const {tools} = await client.listTools();
  t.deepEqual(
    tools.map(({name}) => name),
    ['health', 'processes', 'containers', 'probes', 'trace'],
  );
  for (const {name, annotations, inputSchema, outputSchema, description} of tools) {
    t.like(annotations, {readOnlyHint: true, destructiveHint: false, openWorldHint: false}, name);
    t.false(inputSchema.additionalProperties as boolean, `${name}: a misspelt argument is refused`);
    t.truthy(outputSchema, name);
    t.true((description?.length ?? 0) > 50, name);
  }
  t.regex(client.getInstructions() ?? '', /never instructions/);
  const size = JSON.stringify(tools).length;
  t.log(`${size} characters`);
  t.true(size < 20_000, 'it costs each conversation of an agent that much');
});

test('health of a recording: the client takes it by the schema, and it says what the summary says', async (t) => {
  const {call, client} = await connect(t, {open: recorded});
  await client.listTools();
  const {content, text, isError} = await call('health', {seconds: 60, max_events: 5});
  t.false(isError, text);
  const {source, model} = await recorded();
  for await (const each of source.frames()) model.apply(each);
  const summary = model.finish({time: model.state.now!, mono_ns: String(model.state.nowNs)});
  t.is(content.overall, summary.overall);
  t.deepEqual(content.findings, summary.findings);
  t.is(content.duration_s, summary.duration_s);
  t.deepEqual(Object.keys(content.subsystems as object), Object.keys(summary.subsystems));
  const events = content.events as {severity: string}[];
  t.is(events.length, 5);
  t.true(events.every(({severity}) => severity === 'critical'));
  t.is((content.left_out as {events: number}).events, model.state.eventSeq - 5);
  t.regex(text, /^CRITICAL over/);
});

test('rows: the most first, a loss after a gain, unknown figures last', (t) => {
  const rows = [undefined, -5, 3, 0, undefined, 7].map((figure, i) => ({i, figure}));
  t.deepEqual(
    mostFirst(rows, ({figure}) => figure).map(({i}) => i),
    [5, 2, 3, 1, 0, 4],
  );
});

test('a host that gives no sample in time is not one without processes', async (t) => {
  const source: Source = {
    async *frames() {
      yield frame({header: header()});
    },
    stop() {},
    async close() {},
  };
  const {call} = await connect(t, {open: async () => ({source, model: new Model()})});
  for (const tool of ['processes', 'containers']) {
    const {isError, text} = await call(tool);
    t.true(isError, tool);
    t.is(text, 'kstop mcp: the host gave no sample in time (ask again)');
  }
});

test('what is asked for reaches the session', async (t) => {
  const asked: SessionRequest[] = [];
  const open = async (request: SessionRequest) => {
    asked.push(request);
    return await recorded();
  };
  const {call} = await connect(t, {open});
  await call('processes', {pid: 42, comm: 'nginx', seconds: 2});
  await call('containers', {container: 'shop/web'});
  await call('health', {});
  t.like(asked[0], {probes: ['tasks'], filter: {pid: 42, comm: 'nginx'}, intervalS: 2});
  t.like(asked[1], {container: 'shop/web', intervalS: 1});
  t.is(asked[2]?.probes, undefined, 'those that the server was started with');
});

const WRONG: [tool: string, args: object][] = [
  ['health', {seconds: 0}],
  ['health', {seconds: 61}],
  ['health', {seconds: '5'}],
  ['health', {second: 5}],
  ['health', {max_events: 201}],
  ['processes', {sort: 'name'}],
  ['processes', {limit: 51}],
  ['processes', {limit: 1.5}],
  ['processes', {pid: 0}],
  ['processes', {pid: 4_194_305}],
  ['processes', {pid: '1; reboot'}],
  ['processes', {comm: ''}],
  ['processes', {comm: 'longer than fifteen'}],
  ['processes', {comm: 'ééééééééé'}],
  ['processes', {comm: 'a\0b'}],
  ['processes', {container: 'x'.repeat(257)}],
  ['containers', {container: {}}],
  ['containers', {sort: '__proto__'}],
  ['probes', {all: true}],
  ['trace', {preset: ''}],
  ['trace', {preset: 'x'.repeat(65)}],
  ['trace', {preset: 'signals', duration_s: 61}],
  ['trace', {preset: 'signals', duration_s: 0.5}],
  ['trace', {preset: 'signals', pattern: 'a\0'}],
  ['trace', {preset: 'signals', max_events: 201}],
  ['trace', {spec: 'BEGIN { system("id") }'}],
  ['nothing', {}],
  ['__proto__', {}],
];

test('arguments beyond their bounds are refused before anything is opened', async (t) => {
  const {told, open} = silent();
  const desk = () => Promise.reject(new Error('opened'));
  const {call} = await connect(t, {open, desk});
  for (const [tool, args] of WRONG) {
    const {isError, text} = await call(tool, args);
    t.true(isError, `${tool} ${JSON.stringify(args)}`);
    t.false(text.includes('opened'), `${tool} ${JSON.stringify(args)}`);
  }
  t.is(told.opened, 0);
});

test('where no probe can run each tool says so and what to do, and the server lives on', async (t) => {
  const open = () => Promise.reject(new Problem('kernel', 'not permitted', 'run it as root'));
  const {call} = await connect(t, {open});
  for (const tool of ['health', 'processes', 'containers', 'probes', 'health']) {
    const {isError, text} = await call(tool);
    t.true(isError);
    t.is(text, 'kernel: not permitted (run it as root)');
  }
});

test('a session that fails in the middle is closed, and its error told', async (t) => {
  let closed = 0;
  const open = async () => ({
    source: {
      async *frames() {
        yield frame({header: header()});
        throw new Error('the ring is gone');
      },
      stop() {},
      async close() {
        closed++;
      },
    } as Source,
    model: new Model(),
  });
  const {call} = await connect(t, {open});
  t.regex((await call('health')).text, /the ring is gone/);
  t.is(closed, 1);
});

test('a call that the client cancels is stopped and detached', async (t) => {
  const {told, open} = silent();
  const {call, client} = await connect(t, {open});
  const cancel = new AbortController();
  const given = call('health', {seconds: 60}, {signal: cancel.signal});
  await client.ping();
  t.is(told.opened, 1);
  cancel.abort();
  await t.throwsAsync(given);
  await client.ping();
  await client.ping();
  t.is(told.closed, 1);
  t.true(told.stopped > 0);
});

test('the server’s end stops what runs, and comes when all of it is detached', async (t) => {
  const {told, open} = silent();
  const {call, client, end} = await connect(t, {open});
  const calls = Array.from({length: 6}, () => call('health', {seconds: 60}).catch(() => 'ended'));
  await client.ping();
  t.is(told.opened, 3, 'three at once');
  await end();
  t.is(told.closed, 3);
  t.is(told.opened, 3, 'those that waited never began');
  t.true((await Promise.all(calls)).every((each) => each === 'ended' || (typeof each === 'object' && each.isError)));
});

test('who asked for it hears of progress once a second', async (t) => {
  const {open} = silent();
  const {call} = await connect(t, {open});
  const heard: {progress: number; total?: number}[] = [];
  await call('health', {seconds: 2.5}, {onprogress: (each) => heard.push(each)});
  t.deepEqual(heard, [
    {progress: 1, total: 2.5},
    {progress: 2, total: 2.5},
  ]);
});
