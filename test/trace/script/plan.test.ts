import test from 'ava';
import {isRefusal} from '../../../src/trace/refusal.ts';
import {type PlanOptions, planSpec} from '../../../src/trace/script/plan.ts';
import {readSpec} from '../../../src/trace/spec/read-spec.ts';
import type {TraceEvent, TracePlan, TraceSpec} from '../../../src/types/trace.ts';
import {makeHost} from '../hooks/host.ts';
import {programsOf} from './tokens.ts';

const host = makeHost();
test.after.always(() => host.remove());

const SEPARATOR = '|0123456789ab|';

function plan(json: object, version = 'v0.17.0', options: PlanOptions = {}): TracePlan {
  const spec = readSpec(json, '');
  if (isRefusal(spec)) throw new Error(`${spec.field}: ${spec.why}`);
  const answer = planSpec(spec as TraceSpec, host.hooks, version, {separator: SEPARATOR, ...options});
  if (isRefusal(answer)) throw new Error(`${answer.field}: ${answer.why}`);
  return answer as TracePlan;
}

const OPEN = {probe_type: 't', target: 'syscalls:sys_enter_openat'};

/** What comes after the separators in the first event's format, and its values. */
function printed({script}: TracePlan): {words: string[]; values: string} {
  const [, format = '', values = ''] = /printf\("([^"]*)", (.*)\);/.exec(script.text) ?? [];
  return {words: format.split(SEPARATOR).slice(1), values};
}

const predicate = ({script}: TracePlan) =>
  /^(?:tracepoint|kprobe|kretprobe|usdt)\S+ \/(.*)\/ \{$/m.exec(script.text)?.[1];

test('a whole script', (t) => {
  const {script} = plan({...OPEN, filter: 'filename == "/etc/*" and flags != 0', duration: 7});
  t.is(
    script.text,
    `BEGIN {
  @self = pid;
}
tracepoint:syscalls:sys_enter_openat /pid != @self && (strncmp(str(args->filename), "/etc/", 5) == 0 && (int32)args->flags != 0)/ {
  @hits = count();
  printf("${['', 't0', '%llu', '%d', '%d', '%u', '%d', '%s', '%d', '%s', '%d', '%u'].join(SEPARATOR)}", nsecs, pid, tid, uid, cpu, comm, (int32)args->dfd, str(args->filename), (int32)args->flags, (uint16)args->mode);
}
interval:s:1 {
  print(@hits);
}
interval:s:7 {
  exit();
}
END {
  clear(@self);
}
`,
  );
  t.deepEqual(script.events, [
    {
      tag: 't0',
      function: 'syscalls:sys_enter_openat',
      fields: [
        {name: 'dfd', kind: 'number'},
        {name: 'filename', kind: 'string'},
        {name: 'flags', kind: 'number'},
        {name: 'mode', kind: 'number'},
      ],
      format: 'dfd=%s filename=%s flags=%s mode=%s',
    },
  ]);
  t.deepEqual(script.maps, []);
});

test('with a process to look at there is nothing of bpftrace to leave out', (t) => {
  const {script} = plan({...OPEN, pid: 42, process_name: 'cat'}, 'v0.17.0', {self: 7});
  t.is(predicate({script} as TracePlan), 'pid == 42 && strncmp(comm, "cat", 4) == 0');
  t.deepEqual(
    programsOf(script.text).map((program) => program.at),
    ['tracepoint:syscalls:sys_enter_openat', 'interval:s:1', 'interval:s:10'],
  );
});

test("kstop's own number is left out where it is known", (t) => {
  t.is(predicate(plan(OPEN, 'v0.17.0', {self: 7})), 'pid != @self && pid != 7');
});

test('args is a pointer for old versions and a structure for new ones', (t) => {
  for (const version of ['v0.17.0', '0.18.1', 'bpftrace v0.19.0'])
    t.regex(plan(OPEN, version).script.text, /args->dfd/);
  for (const version of ['v0.20.0', 'v0.24.1', 'v1.0.0']) t.regex(plan(OPEN, version).script.text, /args\.dfd/);
  for (const version of ['v0.16.9', 'v0.9', '', 'none'])
    t.throws(() => plan(OPEN, version), {message: /^bpftrace: version/});
});

test('each type has its own conversion', (t) => {
  const conversions = (json: object) => printed(plan(json)).words.slice(7).join(' ');
  const names = ['skaddr', 'oldstate', 'sport', 'saddr', 'daddr_v6', 'pid', 'comm'];
  t.is(conversions({probe_type: 't', target: 'sock:inet_sock_set_state', arguments: names}), '%llx %d %u %s %s %u %s');
  t.is(
    conversions({probe_type: 't', target: 'block:block_rq_complete', arguments: ['sector', 'rwbs', 'cmd']}),
    '%llu %s %s',
  );
  t.is(conversions({probe_type: 't', target: 'syscalls:sys_exit_openat'}), '%lld');
  t.is(conversions({probe_type: 'p', target: 'vfs_read'}), '%llu');
  t.is(conversions({probe_type: 'p', target: 'vfs_read', arguments: ['file', 'arg2', 'count']}), '%llx %llu %llu');
  t.is(conversions({probe_type: 'r', target: 'vfs_read'}), '%lld');
  t.is(conversions({probe_type: 'r', target: 'no_types.isra.0'}), '%lld');
  t.is(conversions({probe_type: 'u', target: '/usr/bin/db:query__start'}), '%llu %d %u');
});

test('where nobody says which, addresses and the number of the call are left out', (t) => {
  t.is(
    printed(plan({probe_type: 't', target: 'syscalls:sys_enter_write'})).values.split('comm, ')[1],
    '(uint32)args->fd, args->count',
  );
  const fields = plan({probe_type: 't', target: 'sock:inet_sock_set_state'}).script.events[0]!.fields;
  t.deepEqual(
    fields.map((field) => field.name),
    ['oldstate', 'newstate', 'sport', 'dport', 'family', 'saddr_v6'],
  );
  t.deepEqual(plan({probe_type: 't', target: 'odd:things'}).script.events[0]!.fields, [{name: 'where', kind: 'hex'}]);
});

test("a field's name goes before what every event has, in a filter after it; args. is the field in any case", (t) => {
  const wakeup = {probe_type: 't', target: 'sched:sched_wakeup'};
  t.true(printed(plan({...wakeup, arguments: ['comm', 'pid', 'uid']})).values.endsWith('args->comm, args->pid, uid'));
  t.is(predicate(plan({...wakeup, filter: 'pid == 1'})), 'pid != @self && pid == 1');
  t.is(predicate(plan({...wakeup, filter: 'args.pid == 1'})), 'pid != @self && args->pid == 1');
  t.is(predicate(plan({...wakeup, filter: 'args.comm == "a"'})), 'pid != @self && strncmp(args->comm, "a", 2) == 0');
});

test("a probe's argument is a text if the format or the filter says so", (t) => {
  const start = {probe_type: 'u', target: '/usr/bin/db:query__start'};
  t.true(printed(plan({...start, arguments: ['arg0'], format: 'query %s'})).values.endsWith('comm, str(arg0)'));
  t.true(printed(plan({...start, arguments: ['arg0'], format: 'query %x'})).values.endsWith('comm, arg0'));
  t.is(
    predicate(plan({...start, filter: 'arg0 == "SELECT*"'})),
    'pid != @self && strncmp(str(arg0), "SELECT", 6) == 0',
  );
  // Shown as what it is compared as, in the kernel or by kstop.
  for (const filter of ['arg0 == "SELECT*"', 'arg0 == "*FROM*"']) {
    const {script} = plan({...start, arguments: ['arg0'], filter});
    t.regex(script.text, /comm, str\(arg0\)\)/);
    t.like(script.events[0]!.fields, [{name: 'arg0', kind: 'string'}]);
  }
  // Whichever stands first.
  const both = ['arg0 == "SELECT*"', 'arg0 != 0'];
  for (const [filter, tests] of [
    [both, 'strncmp(str(arg0), "SELECT", 6) == 0 && arg0 != 0'],
    [both.toReversed(), 'arg0 != 0 && strncmp(str(arg0), "SELECT", 6) == 0'],
  ] as const) {
    const made = plan({...start, arguments: ['arg0'], filter: filter.join(' and ')});
    t.is(predicate(made), `pid != @self && (${tests})`);
    t.is(made.keep, undefined);
  }
  // One event can't carry it as both.
  const none = {...start, filter: 'arg0 == "*FROM*" or arg0 == 0'};
  t.throws(() => plan(none), {message: 'filter: arg0 is compared as a text and as a number'});
  const asNumber = {...start, arguments: ['arg0'], format: '%x', filter: 'arg0 == "*FROM*"'};
  t.throws(() => plan(asNumber), {message: /^filter: arg0 is compared as a text, and the event shows a number/});
});

test('a function has its parameters by number, cast to what they are', (t) => {
  const {script} = plan({probe_type: 'p', target: 'do_sys_openat2', filter: 'dfd == -100'});
  t.regex(script.text, /kprobe:do_sys_openat2 \/pid != @self && \(int32\)arg0 == -100\//);
  t.regex(script.text, /comm, \(int32\)arg0, str\(arg1\), \(uint32\)arg2\)/);
  t.regex(plan({probe_type: 'r', target: 'vfs_read', filter: 'retval < 0'}).script.text, /\(int64\)retval < 0/);
});

test('a wildcard is a block for each of its hooks, each with its own fields and tag', (t) => {
  const {script} = plan({probe_type: 't', target: 'syscalls:sys_enter_open*'});
  t.deepEqual(
    script.events.map(({tag, function: name, fields}) => `${tag} ${name} ${fields.length}`),
    ['t0 syscalls:sys_enter_open 3', 't1 syscalls:sys_enter_openat 4'],
  );
});

test('aggregates: a map, its keys with the text last, and what it is', (t) => {
  const exec = {probe_type: 't', target: 'sched:sched_process_exec'};
  const {script} = plan({...exec, aggregate: 'count by comm, pid'});
  t.regex(script.text, /@counts\[\(uint64\)pid, comm\] = count\(\);/);
  t.regex(script.text, /print\(@counts, 100\);/);
  t.deepEqual(script.events, []);
  t.deepEqual(script.maps, [
    {
      name: '@counts',
      title: 'events by comm, pid',
      kind: 'count',
      keys: [
        {name: 'pid', kind: 'number'},
        {name: 'comm', kind: 'string'},
      ],
      unit: 'events',
    },
  ]);
  const write = {probe_type: 't', target: 'syscalls:sys_enter_write'};
  t.regex(plan({...write, aggregate: 'sum count by comm'}).script.text, /@sums\[comm\] = sum\(args->count\);/);
  t.is(plan({...write, aggregate: 'sum count'}).script.maps[0]!.unit, 'bytes');
  t.regex(
    plan({probe_type: 'r', target: 'vfs_read', aggregate: 'hist retval'}).script.text,
    /@hists = hist\(\(int64\)retval\);/,
  );
  t.regex(
    plan({probe_type: 't', target: 'sock:inet_sock_set_state', aggregate: 'count by saddr'}).script.text,
    /@counts\[ntop\(args->saddr\)\]/,
  );
});

const eventOf = (more: Partial<TraceEvent>): TraceEvent => ({
  timestamp: '1',
  pid: 1,
  tid: 1,
  uid: 0,
  process_name: 'cat',
  function: 'syscalls:sys_enter_openat',
  message: '',
  raw_args: {},
  cpu: 0,
  ...more,
});

test('the unit of what is measured: bytes only where it is', (t) => {
  const unit = (json: object) => plan(json).script.maps[0]?.unit;
  t.is(unit({probe_type: 't', target: 'syscalls:sys_enter_write', aggregate: 'sum count'}), 'bytes');
  t.is(unit({probe_type: 'p', target: 'vfs_read', aggregate: 'hist count by comm'}), 'bytes');
  t.is(unit({probe_type: 't', target: 'odd:counts', aggregate: 'sum count'}), 'count');
  t.is(unit({probe_type: 't', target: 'odd:counts', aggregate: 'hist mod_count'}), 'mod_count');
});

test('what the kernel can not compare is applied to the events, whose script carries what that needs', (t) => {
  const made = plan({
    ...OPEN,
    arguments: ['flags'],
    format: 'f %d',
    filter: 'pid > 5 and filename == "*.conf" and comm == "*x*"',
  });
  t.is(predicate(made), 'pid != @self && pid > 5');
  t.deepEqual(
    made.script.events[0]!.fields.map((field) => field.name),
    ['flags', 'filename'],
  );
  t.is(made.notes.length, 1);
  t.true(made.keep!(eventOf({process_name: 'axb', raw_args: {flags: '0', filename: '/etc/a.conf'}})));
  t.false(made.keep!(eventOf({process_name: 'axb', raw_args: {flags: '0', filename: '/etc/a.con'}})));
  t.false(made.keep!(eventOf({process_name: 'ab', raw_args: {flags: '0', filename: '/etc/a.conf'}})));
  t.is(plan({...OPEN, filter: 'pid > 5'}).keep, undefined);
});

test('a text that an array has no room for is refused, whoever would compare it', (t) => {
  const rwbs = {probe_type: 't', target: 'block:block_rq_complete'};
  t.regex(plan({...rwbs, filter: 'rwbs == "123456789"'}).script.text, /strncmp\(args->rwbs, "123456789", 10\) == 0/);
  for (const text of ['1234567890', '1234567890*', '*1234567890'])
    t.throws(() => plan({...rwbs, filter: `rwbs == "${text}"`}), {message: 'filter: rwbs has at most 9 bytes'});
  const woken = {probe_type: 't', target: 'sched:sched_wakeup', filter: 'args.comm == "sixteen bytes..."'};
  t.throws(() => plan(woken), {message: 'filter: args.comm has at most 15 bytes'});
});

test('addresses of the network are compared as texts, those of memory as numbers', (t) => {
  const state = {probe_type: 't', target: 'sock:inet_sock_set_state'};
  const made = plan({...state, filter: 'daddr == "127.0.0.1" or skaddr == 0xff'});
  const event = (raw_args: Record<string, string>) => eventOf({function: 'sock:inet_sock_set_state', raw_args});
  t.true(made.keep!(event({daddr: '127.0.0.1', skaddr: '1'})));
  t.true(made.keep!(event({daddr: '::', skaddr: 'ff'})));
  t.false(made.keep!(event({daddr: '::', skaddr: '255'})));
});

test('of several hooks each has its own part for user space', (t) => {
  const made = plan({probe_type: 't', target: 'mixed:*', filter: 'addr == "127.0.0.1"'});
  const tests = made.script.text.split('\n').filter((line) => line.startsWith('tracepoint:'));
  t.deepEqual(tests, [
    'tracepoint:mixed:a_bytes /pid != @self/ {',
    'tracepoint:mixed:b_text /pid != @self && strncmp(args->addr, "127.0.0.1", 10) == 0/ {',
  ]);
  t.false(made.keep!(eventOf({function: 'mixed:a_bytes', raw_args: {addr: '127.0.0.2'}})));
  t.true(made.keep!(eventOf({function: 'mixed:a_bytes', raw_args: {addr: '127.0.0.1'}})));
  // The kernel has tested it.
  t.true(made.keep!(eventOf({function: 'mixed:b_text', raw_args: {}})));
});

test('a filter that nobody has read before is not passed over', (t) => {
  const spec = {...(readSpec(OPEN, '') as TraceSpec), filter: 'pid = 1'};
  t.like(planSpec(spec, host.hooks, 'v0.17.0'), {field: 'filter', why: '= at 5: == compares'});
});

test('texts are as long as an event has room for; one that is longer than those can not be compared', (t) => {
  t.is(plan(OPEN).script.strlen, 192);
  const many = {probe_type: 't', target: 'fs:many_texts'};
  const names = (count: number) => Array.from({length: count}, (_, i) => `text${i}`);
  t.is(plan({...many, arguments: names(5)}).script.strlen, 64);
  t.throws(() => plan({...many, arguments: names(6), filter: `text0 == "${'x'.repeat(60)}"`}), {
    message: /^filter: a text of 60 bytes/,
  });
  t.throws(() => plan({...many, arguments: names(14)}), {message: /^arguments: more than one event can carry/});
});

test('separators are random', (t) => {
  const spec = readSpec(OPEN, '') as TraceSpec;
  const made = Array.from({length: 20}, () => (planSpec(spec, host.hooks, 'v0.17.0') as TracePlan).script.separator);
  t.is(new Set(made).size, 20);
  t.true(made.every((separator) => /^\|[0-9a-f]{12}\|$/.test(separator)));
});

test('a plan takes far less than 5 ms once the files of the kernel are read', (t) => {
  const specs = [
    {...OPEN, filter: 'filename == "/etc/*" and (pid > 5 or not comm == "*x*") and flags != 0x10'},
    {probe_type: 't', target: 'syscalls:sys_enter_*'},
    {probe_type: 't', target: 'many:event_1*'},
    {probe_type: 'p', target: 'vfs_*'},
    {probe_type: 't', target: 'sched:sched_process_exec', aggregate: 'count by comm, pid'},
  ];
  // CPU time: who else is on the machine doesn't matter.
  const begin = process.cpuUsage();
  for (let i = 0; i < 400; i++) plan(specs[i % specs.length]!);
  const {user, system} = process.cpuUsage(begin);
  const each = (user + system) / 1000 / 400;
  t.log(`${each.toFixed(3)} ms`);
  t.true(each < 5);
});
