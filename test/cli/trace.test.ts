import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {errorLine} from '../../src/cli/errors.ts';
import {parseOptions} from '../../src/cli/options.ts';
import type {Signals} from '../../src/cli/signals.ts';
import {type Asked, askedOf} from '../../src/cli/trace/asked.ts';
import {conduct} from '../../src/cli/trace/conduct.ts';
import type {TraceOptions} from '../../src/cli/trace/options.ts';
import {readSpecFile} from '../../src/cli/trace/spec-file.ts';
import type {TraceFace} from '../../src/outputs/trace/face.ts';
import {StillDesk} from './still-desk.ts';

const parse = (line: string) => parseOptions(['trace', ...line.split(' ').filter(Boolean)]) as TraceOptions;
const said = (error: unknown) => errorLine(error);

test('each way to say what is traced', (t) => {
  const plain = {command: 'trace', json: false, dryRun: false} as const;
  t.deepEqual(parse('--list'), {...plain, ask: {kind: 'list'}});
  t.deepEqual(parse('--preset tcp-connect'), {...plain, ask: {kind: 'preset', name: 'tcp-connect', parameters: {}}});
  t.deepEqual(parse('--preset file-writes -d 5 -p 42 --comm dd --pattern *.conf --slow 0.5 --json').ask, {
    kind: 'preset',
    name: 'file-writes',
    parameters: {duration_s: 5, pid: 42, process_name: 'dd', pattern: '*.conf', slow_ms: 0.5},
  });
  t.deepEqual(parse('--spec - --json --dry-run'), {...plain, json: true, dryRun: true, ask: {kind: 'file', file: '-'}});
});

test('flags become the fields of a spec, judged by the reader of files', (t) => {
  const args = [
    'trace',
    '--type',
    'tracepoint',
    '--target',
    'syscalls:sys_exit_read',
    '--filter',
    "ret < 0 and comm == 'x'",
  ];
  const more = ['--args', 'ret, fd', '--format', '%d of %d', '-p', '7', '--comm', 'dd', '-d', '3'];
  t.deepEqual((parseOptions([...args, ...more]) as TraceOptions).ask, {
    kind: 'spec',
    fields: {
      type: 'tracepoint',
      target: 'syscalls:sys_exit_read',
      filter: "ret < 0 and comm == 'x'",
      arguments: ['ret', 'fd'],
      format: '%d of %d',
      pid: 7,
      process_name: 'dd',
      duration: 3,
    },
  });
  t.deepEqual(parse('--type kprobe --target vfs_read --aggregate count').ask, {
    kind: 'spec',
    fields: {type: 'kprobe', target: 'vfs_read', aggregate: 'count'},
  });
});

const wrong: [line: string, says: RegExp][] = [
  ['', /^kstop: trace: what to trace is missing \(kstop trace --list shows what there is/],
  ['tcp-connect', /tcp-connect: one argument too many \(kstop trace --preset NAME; --list has the names\)/],
  ['--list --preset x', /--list --preset: only one of them/],
  ['--preset x --spec y', /--preset --spec: only one of them/],
  ['--target a:b', /--target: needs --type/],
  ['--type kprobe', /--type: needs --target/],
  ['--type fentry --target x', /--type: there is no 'fentry' \(choose from tracepoint, kprobe, kretprobe, usdt\)/],
  ['--type kprobe --target=', /--target: its value is empty/],
  ['--preset x --filter ret<0', /--filter: has no meaning with --preset \(it belongs to --type\)/],
  ['--spec x -p 5', /--pid: has no meaning with --spec \(it belongs to --preset and --type\)/],
  ['--spec x --pattern *', /--pattern: has no meaning with --spec \(it belongs to --preset\)/],
  ['--list --dry-run', /--dry-run: has no meaning with --list/],
  ['--preset x -d 0', /--duration: 0 is out of range \(give 1 to 60 seconds\)/],
  ['--preset x -d 61', /--duration: 61 is out of range/],
  ['--preset x -d -5', /-5 is negative/],
  ['--preset x --slow 0', /--slow: 0 is out of range \(give 0\.001 to 60000 milliseconds\)/],
  ['--type kprobe --target x --slow 5', /--slow: has no meaning with --type/],
  ['--preset x -p 0', /not a process id/],
  ['--preset x --comm a-name-of-16-byt', /longer than the 15 bytes/],
  ['--preset', /--preset: needs a value \(--preset NAME\)/],
  ['--preset=', /--preset: its value is empty/],
  ['--preest x', /--preest: unknown flag \(did you mean --preset\?\)/],
  ['--preset x --plain', /--plain: has no meaning in kstop trace/],
  ['--preset x --config y', /--config: has no meaning in kstop trace/],
];

for (const [line, says] of wrong)
  test(`refused: kstop trace ${line}`, (t) => {
    const error = t.throws(() => parse(line), {name: 'UsageError'});
    t.regex(said(error), says);
  });

test('flags of a trace have no meaning elsewhere', (t) => {
  const error = t.throws(() => parseOptions(['--preset', 'x']), {name: 'UsageError'});
  t.regex(said(error), /--preset: has no meaning without a command \(it belongs to kstop trace\)/);
  t.regex(said(t.throws(() => parseOptions(['rtace']))), /did you mean trace\?/);
});

const folder = mkdtempSync(join(tmpdir(), 'kstop-spec-'));
test.after.always(() => rmSync(folder, {recursive: true}));

function made(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test('a spec file is read within bounds, and only if it is one', async (t) => {
  t.deepEqual(await readSpecFile(made('fine', '{"type": "kprobe"}')), {type: 'kprobe'});
  const large = Buffer.alloc(1024 * 1024 + 1, ' ');
  mkdirSync(join(folder, 'folder'));
  spawnSync('mkfifo', [join(folder, 'pipe')]);
  const cases: [path: string, says: RegExp][] = [
    [made('large', large), /it is larger than 1 MiB/],
    [made('binary', Buffer.from([0xff, 0xfe])), /it is not UTF-8/],
    [made('text', 'tracepoint:x { system("id") }'), /it is no JSON: [^\n]* \(see docs\/traces\.md\)/],
    [made('empty', ''), /it is no JSON/],
    [join(folder, 'folder'), /it is a folder/],
    [join(folder, 'pipe'), /it is no regular file \(send it to stdin: --spec -\)/],
    ['/dev/zero', /it is no regular file/],
    [join(folder, 'none'), /no such file/],
    [join(folder, 'fine', 'x'), /part of the path is no folder/],
  ];
  for (const [path, says] of cases) {
    const error = await t.throwsAsync(readSpecFile(path), {name: 'UsageError'});
    t.regex(said(error), says);
    t.regex(said(error), /^kstop: [^\p{Cc}]+\n$/u);
  }
});

test('stdin is read within the same bounds, however much comes', async (t) => {
  let pieces = 0;
  async function* endless() {
    for (;;) {
      pieces++;
      yield Buffer.alloc(65_536, ' ');
    }
  }
  await t.throwsAsync(readSpecFile('-', endless()), {message: /stdin: it is larger than 1 MiB/});
  t.true(pieces <= 17);
  async function* whole() {
    yield Buffer.from('[1,');
    yield Buffer.from('2]');
  }
  t.deepEqual(await readSpecFile('-', whole()), [1, 2]);
});

const asked = (line: string, json?: unknown): Asked => askedOf(parse(line).ask, new StillDesk(), json);
const spec = (target: string, more: object = {}) => ({type: 'tracepoint', target, ...more});
const states = ({items}: Asked) => items.map((item) => ('plan' in item ? item.plan.target : item.outcome.trace.state));

test('a name that is no preset has the nearest one told', (t) => {
  const error = t.throws(() => asked('--preset proces-exec'), {name: 'UsageError'});
  t.regex(said(error), /--preset: there is no 'proces-exec' \(did you mean process-exec\?\)/);
  t.regex(said(t.throws(() => asked('--preset nothing'))), /there is no 'nothing' \(kstop trace --list has them\)/);
});

test('what is refused is told by its flag', (t) => {
  const {items} = asked('--type tracepoint --target no:such');
  t.like(items[0], {outcome: {trace: {name: 'no:such', state: 'refused', field: '--target', remedy: 'see tracefs'}}});
  const [args] = asked('--type tracepoint --target a:b --args x;y').items;
  t.like(args, {outcome: {trace: {state: 'refused', field: '--args[0]'}}});
});

test('one spec, an array, a request: what is refused keeps its place among the others', (t) => {
  t.deepEqual(states(asked('--spec x', spec('a:b'))), ['a:b']);
  const several = asked('--spec x', [spec('a:b'), spec('no:such', {name: 'bad'}), spec('c:d')]);
  t.deepEqual(states(several), ['a:b', 'refused', 'c:d']);
  t.is(several.request, undefined);
  const request = asked('--spec x', {
    response_type: 'diagnostic',
    reasoning: 'a slow database',
    commands: [{id: 'io', command: 'iostat -x 1 5', description: 'disks'}],
    ebpf_programs: [spec('a:b'), spec('no:such', {name: 'bad'})],
  });
  t.deepEqual(request.request, {response_type: 'diagnostic', reasoning: 'a slow database'});
  t.deepEqual(request.skipped, [{id: 'io', command: 'iostat -x 1 5', description: 'disks'}]);
  t.deepEqual(states(request), ['a:b', 'refused']);
  t.like(request.items[1], {
    outcome: {trace: {name: 'bad', field: 'ebpf_programs[1].target', reason: 'there is no such event'}},
  });
});

test('a program may name a preset in place of a hook; its fields are held to the same rules', (t) => {
  const of = (...programs: object[]) => asked('--spec x', {ebpf_programs: programs}).items;
  const fine = {preset: 'process-exec', name: 'execs', description: 'd', duration: 5, pid: 7};
  t.like(of(spec('c:d'), fine)[1], {plan: {name: 'execs', description: 'd', target: 'a:b'}});
  t.like(asked('--spec x', fine).items[0], {plan: {name: 'execs'}});
  t.like(asked('--spec x', [fine, {preset: 'process-exec'}]).items[1], {plan: {name: 'process-exec'}});
  const wrong: [program: object, field: string][] = [
    [{...fine, duration: 61}, 'ebpf_programs[0].duration'],
    [{...fine, pid: '7'}, 'ebpf_programs[0].pid'],
    [{...fine, target: 'a:b'}, 'ebpf_programs[0].target'],
    [{...fine, preset: 'x; system("id")'}, 'ebpf_programs[0].preset'],
    [{...fine, preset: ['process-exec']}, 'ebpf_programs[0].preset'],
    [{...fine, preset: null}, 'ebpf_programs[0].preset'],
    [{...fine, pattern: 'a\u202eb'}, 'ebpf_programs[0].pattern'],
    [{...fine, slow_ms: '5'}, 'ebpf_programs[0].slow_ms'],
    [{...fine, process_name: '"'}, 'ebpf_programs[0].process_name'],
  ];
  for (const [program, field] of wrong) t.like(of(program)[0], {outcome: {trace: {state: 'refused', field}}}, field);
});

test('a bare hook of a request is answered by the preset that measures there, and only of a request', (t) => {
  const bare = spec('block:block_rq_complete', {name: 'disk', description: 'd'});
  const of = (...programs: object[]) => asked('--spec x', {ebpf_programs: programs}).items;
  t.like(of(bare)[0], {plan: {name: 'disk', description: 'd', target: 'a:b'}});
  for (const more of [{arguments: ['dev']}, {filter: 'dev > 0'}, {aggregate: 'count'}])
    t.like(of({...bare, ...more})[0], {plan: {target: 'block:block_rq_complete'}});
  t.like(asked('--spec x', bare).items[0], {plan: {target: 'block:block_rq_complete'}});
});

test('what is nothing of the kind is refused as a whole', (t) => {
  for (const json of [null, 7, 'x', [], {ebpf_programs: 'all'}, {ebpf_programs: [], response_type: 'resolution'}]) {
    const error = t.throws(() => asked('--spec x', json), {name: 'UsageError'}, JSON.stringify(json));
    t.regex(said(error), /^kstop: [^\p{Cc}]+\n$/u);
  }
});

/** Signals that a test gives. */
class Given {
  asked = false;
  stop = (): void => {};
  end(stop: () => void): void {
    this.stop = stop;
  }
}

function scene(face: Partial<TraceFace> = {}) {
  const told: string[] = [];
  const noting: TraceFace = {
    begin: (plans) => void told.push(`begin ${plans.length}`),
    events: (events) => void told.push(...events.map(({message}) => message)),
    ended: ({trace: {name, state}}) => void told.push(`${name} ${state}`),
    finish: () => undefined,
    ...face,
  };
  const [desk, signals] = [new StillDesk(), new Given()];
  const start = (json: unknown) => {
    const {items} = askedOf({kind: 'file', file: 'x'}, desk, json);
    return conduct(items, {desk, face: noting, signals: signals as unknown as Signals});
  };
  return {told, desk, signals, start};
}

const TWO = [spec('a:b', {name: 'one'}), spec('c:d', {name: 'two'})];

test('a desk without a kernel: events are shown as they come, each once, and all before the end', async (t) => {
  const {told, desk, start} = scene();
  const ended = start([...TWO, spec('no:such', {name: 'bad'})]);
  await new Promise(setImmediate);
  const [one, two] = desk.runs;
  one?.put(2);
  two?.put(1);
  await new Promise(setImmediate);
  t.deepEqual(told, ['begin 2', 'bad refused', 'one 0', 'one 1', 'two 0']);
  one?.put(1);
  one?.end('done');
  two?.end('failed');
  const outcomes = await ended;
  t.deepEqual(told.slice(5), ['one 2', 'one done', 'two failed']);
  t.deepEqual(
    outcomes.map(({trace: {name, state}}) => `${name} ${state}`),
    ['one done', 'two failed', 'bad refused'],
  );
});

test('a desk without a kernel: a signal stops all traces, and what there is is told', async (t) => {
  const {told, desk, signals, start} = scene();
  const ended = start(TWO);
  await new Promise(setImmediate);
  desk.runs[0]?.put(1);
  signals.stop();
  t.deepEqual(
    (await ended).map(({trace}) => trace.state),
    ['stopped', 'stopped'],
  );
  t.true(told.includes('one 0'));
  t.deepEqual(
    desk.runs.map(({stopped}) => stopped),
    [1, 1],
  );
});

test('a desk without a kernel: a face that fails ends it at once, and is never asked again', async (t) => {
  let calls = 0;
  const broken = new Error('full');
  const events = () => {
    calls++;
    return Promise.reject(broken);
  };
  const {desk, start} = scene({events});
  const ended = start(TWO);
  await new Promise(setImmediate);
  desk.runs[0]?.put(1);
  desk.runs[1]?.put(1);
  await t.throwsAsync(ended, {is: broken});
  t.is(calls, 1);
});

test('a desk without a kernel: a slow face has one call at a time, whichever trace speaks', async (t) => {
  let [at, most] = [0, 0];
  const events = async () => {
    most = Math.max(most, ++at);
    await new Promise((done) => setTimeout(done, 5));
    at--;
  };
  const {desk, start} = scene({events});
  const ended = start(TWO);
  await new Promise(setImmediate);
  for (let i = 0; i < 5; i++) for (const run of desk.runs) run.put(1);
  for (const run of desk.runs) run.end('done');
  await ended;
  t.is(most, 1);
});
