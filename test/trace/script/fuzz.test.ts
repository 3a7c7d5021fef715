import test from 'ava';
import fc from 'fast-check';
import type {Hook} from '../../../src/trace/hooks/hooks.ts';
import {isRefusal} from '../../../src/trace/refusal.ts';
import {literal} from '../../../src/trace/script/code.ts';
import {planSpec} from '../../../src/trace/script/plan.ts';
import {readSpec} from '../../../src/trace/spec/read-spec.ts';
import type {TracePlan, TraceSpec} from '../../../src/types/trace.ts';
import {makeHost} from '../hooks/host.ts';
import {HOSTILE} from '../spec/hostile.ts';
import {callsOf, type Program, programsOf} from './tokens.ts';

const host = makeHost();
test.after.always(() => host.remove());

const VERSIONS = ['v0.17.0', 'v0.20.1', 'v0.24.0'];
const CALLS = new Set(['printf', 'str', 'ntop', 'strncmp', 'count', 'sum', 'hist', 'print', 'exit', 'clear']);
const WORDS = new Set([
  ...CALLS,
  ...['pid', 'tid', 'uid', 'cpu', 'comm', 'nsecs', 'args', 'retval', 'arg0', 'arg1', 'arg2', 'arg3', 'arg4', 'arg5'],
  ...['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'],
]);
const MAPS = new Set(['@self', '@hits', '@counts', '@sums', '@hists']);

/** What isn't one of the statements that kstop writes, in one program. */
function strange({at, when, does}: Program, fields: ReadonlySet<string>): string[] {
  const all = [when, ...does].flat();
  const calls = callsOf(all).filter((each) => !CALLS.has(each));
  const words = all.filter((each) => /^[A-Za-z_]/.test(each) && !WORDS.has(each) && !fields.has(each));
  const maps = all.filter((each) => /^[@$]/.test(each) && !MAPS.has(each));
  return [...calls, ...words, ...maps].map((each) => `${at}: ${each}`);
}

/** What is wrong with a plan's script: nothing, whatever the spec was. */
function wrongWith(spec: TraceSpec, {script}: TracePlan): string[] {
  const hooks = host.hooks.find(spec.type, spec.target) as Hook[];
  const everyone = spec.pid === undefined;
  const expected = [
    ...(everyone ? ['BEGIN'] : []),
    ...hooks.map((hook) => `${hook.type}:${hook.target}`),
    'interval:s:1',
    `interval:s:${spec.duration_s}`,
    ...(everyone ? ['END'] : []),
  ];
  const programs = programsOf(script.text);
  const places = programs.map((program) => program.at);
  const fields = new Set(hooks.flatMap((hook) => hook.fields.map((field) => field.name)));
  return [
    ...(places.join() === expected.join() ? [] : [`attached to ${places.join()}, not ${expected.join()}`]),
    ...programs.flatMap((program) => strange(program, fields)),
    ...programs
      .filter((program) => fields.size > 0 && program.does.length > 2)
      .map((program) => `${program.at} does more than two things`),
    ...(script.text.length > 60_000 ? ['too long'] : []),
  ];
}

function check(json: unknown, version: string): void {
  const spec = readSpec(json, '');
  if (isRefusal(spec)) return;
  const plan = planSpec(spec as TraceSpec, host.hooks, version);
  if (isRefusal(plan)) return;
  const wrong = wrongWith(spec as TraceSpec, plan as TracePlan);
  if (wrong.length > 0) throw new Error(wrong.join('; '));
}

const version = fc.constantFrom(...VERSIONS);

test('any JSON is refused or becomes the expected programs', (t) => {
  fc.assert(fc.property(fc.jsonValue(), version, check), {numRuns: 2000});
  t.pass();
});

const TARGETS = [
  ['t', 'syscalls:sys_enter_openat'],
  ['t', 'syscalls:sys_enter_*'],
  ['t', 'sched:sched_wakeup'],
  ['t', 'sock:inet_sock_set_state'],
  ['t', 'block:block_rq_complete'],
  ['t', 'fs:many_texts'],
  ['t', 'odd:things'],
  ['p', 'vfs_read'],
  ['p', 'vfs_*'],
  ['p', 'takes_pair'],
  ['p', 'no_types.isra.0'],
  ['r', 'vfs_read'],
  ['r', 'takes_many'],
  ['u', '/usr/bin/db:query__start'],
] as const;

const NAMES = [
  ...[
    'pid',
    'tid',
    'uid',
    'cpu',
    'comm',
    'filename',
    'dfd',
    'flags',
    'mode',
    'fd',
    'count',
    'ret',
    'retval',
    'arg0',
    'arg1',
    'arg2',
  ],
  ...[
    'saddr',
    'saddr_v6',
    'skaddr',
    'sport',
    'prio',
    'args.pid',
    'args.comm',
    'dev',
    'sector',
    'cmd',
    'rwbs',
    'file',
    'buf',
    'text0',
    'text1',
  ],
];

/** Any value of the corpus for a field, now and then. */
const evil = (field: string) =>
  fc.constantFrom(
    ...HOSTILE.map(({json}) => (json as Record<string, unknown> | null | undefined)?.[field]).filter(
      (each) => each !== undefined,
    ),
  );

const text = fc.oneof(
  fc.string({maxLength: 12}),
  fc.constantFrom('/etc/*', '*.conf', '*x*', 'a/b', '{ }', '// x', '$1', '%s', '@hits'),
);
const compared = fc.oneof(
  fc.bigInt({min: -(2n ** 63n), max: 2n ** 63n}).map(String),
  fc.nat(100).map(String),
  text.map((each) => `"${each}"`),
);
const comparison = fc
  .tuple(fc.constantFrom(...NAMES), fc.constantFrom('==', '!=', '<', '>', '<=', '>=', '=^'), compared)
  .map(([field, operator, value]) => `${field} ${operator} ${value}`);
const filter = fc
  .array(fc.tuple(fc.constantFrom('', 'not ', '!', '('), comparison, fc.constantFrom('', ')')), {
    minLength: 1,
    maxLength: 5,
  })
  .chain((parts) =>
    fc
      .constantFrom(' and ', ' or ', ' && ', '||', ' ')
      .map((between) => parts.map((part) => part.join('')).join(between)),
  );

const aggregate = fc
  .tuple(
    fc.constantFrom('count', 'sum', 'hist'),
    fc.constantFrom('', ...NAMES),
    fc.array(fc.constantFrom(...NAMES), {maxLength: 3}),
  )
  .map(([kind, of, by]) => `${kind} ${kind === 'count' ? '' : of}${by.length > 0 ? ` by ${by.join(',')}` : ''}`.trim());

const optional = <T>(field: string, good: fc.Arbitrary<T>) =>
  fc.option(fc.oneof({weight: 6, arbitrary: good}, {weight: 1, arbitrary: evil(field)}), {nil: undefined, freq: 2});

const spec = fc
  .record({
    target: fc.constantFrom(...TARGETS),
    arguments: optional('arguments', fc.uniqueArray(fc.constantFrom(...NAMES), {maxLength: 4})),
    filter: optional('filter', filter),
    aggregate: optional('aggregate', aggregate),
    format: optional('format', fc.constantFrom('%s', '%s %s', '%d %x', '"%s" { } ; %s')),
    duration: optional('duration', fc.integer({min: 1, max: 60})),
    pid: optional('pid', fc.integer({min: 1, max: 100_000})),
    process_name: optional('process_name', fc.constantFrom('cat', 'kworker/0:1', '{};', '$(id)', '//', '/* */')),
  })
  .map(({target: [type, target], ...rest}) => {
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
    return {probe_type: type, target, ...given};
  });

test('specs that are almost right are refused or become the expected programs', (t) => {
  let scripts = 0;
  fc.assert(
    fc.property(spec, version, (json, bpftrace) => {
      const read = readSpec(json, '');
      if (!isRefusal(read) && !isRefusal(planSpec(read as TraceSpec, host.hooks, bpftrace))) scripts++;
      check(json, bpftrace);
    }),
    {numRuns: 5000},
  );
  // Else the test would show nothing.
  t.true(scripts > 200, `${scripts} of 5,000 became scripts`);
});

test('a literal comes back as it was, or is refused', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string({maxLength: 210}), fc.string({unit: 'binary', maxLength: 40})), (given) => {
      let made: string;
      try {
        made = literal(given).text;
      } catch {
        return /[^\x20-\x7e]|["\\]/.test(given) || given.length > 200;
      }
      const [program] = programsOf(`BEGIN {\n  exit(${made});\n}\n`);
      return program!.does[0]![2] === `"${given}"` && program!.does[0]!.length === 4;
    }),
    {numRuns: 3000},
  );
  t.pass();
});
