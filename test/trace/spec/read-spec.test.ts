import test from 'ava';
import {isRefusal} from '../../../src/trace/refusal.ts';
import {readRequest, readRequestText, type TraceRequest} from '../../../src/trace/spec/read-request.ts';
import {readSpec} from '../../../src/trace/spec/read-spec.ts';
import {TRACE_LIMITS} from '../../../src/types/trace.ts';

test('the short and the long name of a type, and the defaults', (t) => {
  const expected = {name: 'vfs_read', type: 'kprobe', target: 'vfs_read', arguments: [], duration_s: 10};
  t.deepEqual(readSpec({probe_type: 'p', target: 'vfs_read'}, ''), expected);
  t.deepEqual(readSpec({type: 'kprobe', target: 'kprobe:vfs_read'}, ''), expected);
  t.deepEqual(readSpec({probe_type: 'p', type: 'kprobe', target: 'vfs_read'}, ''), expected);
});

test('every field, as a program in Go writes them', (t) => {
  const json = {
    name: 'opens of nginx',
    description: 'What it opens — and how',
    probe_type: 't',
    target: 'syscalls:sys_enter_openat',
    format: '%s flags %x\n',
    arguments: ['filename', 'flags'],
    filter: 'flags > 0',
    duration: 60,
    pid: 4_194_304,
    process_name: 'nginx: worker p',
  };
  t.deepEqual(readSpec(json, ''), {
    name: 'opens of nginx',
    description: 'What it opens — and how',
    type: 'tracepoint',
    target: 'syscalls:sys_enter_openat',
    format: '%s flags %x',
    arguments: ['filename', 'flags'],
    filter: 'flags > 0',
    duration_s: 60,
    pid: 4_194_304,
    process_name: 'nginx: worker p',
  });
});

test('what is null or empty was not given', (t) => {
  const json = {
    probe_type: 'r',
    target: 'vfs_read',
    arguments: null,
    format: '',
    filter: '',
    process_name: '',
    pid: null,
  };
  t.deepEqual(readSpec(json, ''), {
    name: 'vfs_read',
    type: 'kretprobe',
    target: 'vfs_read',
    arguments: [],
    duration_s: 10,
  });
});

test('where a spec stands is part of the refused field', (t) => {
  const refused = readSpec({probe_type: 'p', target: 'vfs read'}, 'ebpf_programs[3]');
  t.true(isRefusal(refused) && refused.field === 'ebpf_programs[3].target');
});

test('a diagnostic request: its programs are specs, its commands come back as skipped', (t) => {
  const request = readRequest({
    response_type: 'diagnostic',
    reasoning: 'slow\u001b[2J queries',
    commands: [{id: 'io', command: 'rm -rf /\n', description: 'x'}, 'id', 7],
    ebpf_programs: [
      {name: 'io', type: 'tracepoint', target: 'block:block_rq_complete', duration: 15},
      {name: 'evil', type: 'kprobe', target: 'vfs_read { }'},
    ],
  }) as TraceRequest;
  t.is(request.reasoning, 'slow\\x1b[2J queries');
  const bare = {ebpf_programs: [{type: 'kprobe', target: 'vfs_read'}]};
  t.deepEqual(readRequest({response_type: null, reasoning: null, commands: null, ...bare}), readRequest(bare));
  t.deepEqual(request.skipped, [
    {name: 'io', command: 'rm -rf /\\n', description: 'x', reason: 'kstop executes no commands'},
    {name: 'commands[1]', command: 'id', reason: 'kstop executes no commands'},
    {name: 'commands[2]', command: '', reason: 'kstop executes no commands'},
  ]);
  const [first, second] = request.specs;
  t.false(isRefusal(first!));
  t.like(second, {name: 'evil', field: 'ebpf_programs[1].target'});
});

test('one spec, and a list', (t) => {
  const spec = {probe_type: 'p', target: 'vfs_read'};
  t.is((readRequest(spec) as TraceRequest).specs.length, 1);
  const list = readRequest([spec, {probe_type: 'p'}]) as TraceRequest;
  t.false(isRefusal(list.specs[0]!));
  t.like(list.specs[1], {name: '[1].target', field: '[1].target', why: 'missing'});
});

test('requests that are none', (t) => {
  const refused = (json: unknown) => {
    const answer = readRequest(json);
    return isRefusal(answer) ? answer.field : undefined;
  };
  t.is(refused([]), 'request');
  t.is(refused(null), 'request');
  t.is(refused('text'), 'request');
  t.is(refused(Array(TRACE_LIMITS.specs + 1).fill({})), 'request');
  t.is(refused({ebpf_programs: Array(TRACE_LIMITS.specs + 1).fill({})}), 'ebpf_programs');
  t.is(refused({response_type: 'diagnostic'}), 'ebpf_programs');
  t.is(refused({response_type: 'resolution', ebpf_programs: [{}]}), 'response_type');
  t.is(refused({ebpf_programs: [{}], comands: []}), 'comands');
  t.is(refused({ebpf_programs: [{}], commands: 'id'}), 'commands');
  t.is(refused({ebpf_programs: [{}], commands: Array(101).fill('id')}), 'commands');
  t.is(refused({ebpf_programs: {length: 1}}), 'ebpf_programs');
});

test('a text that is no JSON, or too long', (t) => {
  t.like(readRequestText('{'), {field: 'request'});
  t.like(readRequestText(`"${'x'.repeat(1_000_000)}"`), {field: 'request'});
  t.is((readRequestText('{"probe_type":"p","target":"vfs_read"}') as TraceRequest).specs.length, 1);
});
