import test from 'ava';
import fc from 'fast-check';
import {type Output, parseOutput} from '../../../src/trace/run/output.ts';

/** As bpftrace 0.17 prints it. */
const OLD: [line: string, Output | undefined][] = [
  ['{"type": "attached_probes", "data": {"probes": 2}}', {type: 'attached', probes: 2}],
  ['{"type": "printf", "data": "a\\tb\\n"}', {type: 'printf', data: 'a\tb\n'}],
  ['{"type": "lost_events", "data": {"events": 12}}', {type: 'lost', events: 12}],
  ['{"type": "map", "data": {"@n": {"0,swapper/0": 1}}}', {type: 'map', name: '@n', value: {'0,swapper/0': 1}}],
  [
    '{"type": "hist", "data": {"@h": [{"min": 4, "max": 7, "count": 1}]}}',
    {type: 'map', name: '@h', value: [{min: 4, max: 7, count: 1}]},
  ],
  [
    '{"type": "stats", "data": {"@s": {"count": 1, "average": 3, "total": 3}}}',
    {type: 'map', name: '@s', value: {count: 1, average: 3, total: 3}},
  ],
  [
    '{"type": "helper_error", "helper": "probe_read", "retcode": -14, "line": 1, "col": 2}',
    {type: 'warning', text: 'helper_error: probe_read: -14'},
  ],
  ['{"type": "value", "data": [1,2,"a"]}', {type: 'other'}],
  ['{"type": "time", "data": "12:00:00\\n"}', {type: 'other'}],
  ['{"type": "printf", "data": 7}', {type: 'other'}],
  ['{"type": "map", "data": {}}', {type: 'other'}],
  ['{"type": "map"}', {type: 'other'}],
  ['{"type": "lost_events", "data": {"events": -1}}', {type: 'lost', events: 0}],
  ['{"type": "lost_events", "data": {"events": "x"}}', {type: 'lost', events: 0}],
  ['{"type": "printf", "data": "cut off', undefined],
  ['Attaching 2 probes...', undefined],
  ['[1]', undefined],
  ['null', undefined],
  ['7', undefined],
];

/** As later versions do. */
const NEW: [line: string, Output | undefined][] = [
  ['{"type":"attached_probes", "count":3}', {type: 'attached', probes: 3}],
  ['{"type":"lost_events", "count":7}', {type: 'lost', events: 7}],
  ['{"type": "map", "data": {"@n": "18446744073709551615"}}', {type: 'map', name: '@n', value: '18446744073709551615'}],
  [
    '{"type": "runtime_error", "msg": "divide by zero", "filename": "script.bt", "line": 1, "col": 2}',
    {type: 'warning', text: 'runtime_error: divide by zero'},
  ],
  [
    '{"type": "helper_error", "msg": "Bad address", "helper": "map_update", "retcode": -14}',
    {type: 'warning', text: 'helper_error: map_update: Bad address'},
  ],
  ['{"type": "tseries", "data": {"@t": []}}', {type: 'other'}],
];

for (const [line, output] of [...OLD, ...NEW])
  test(`reads ${line}`, (t) => {
    t.deepEqual(parseOutput(line), output);
  });

test('no line breaks it', (t) => {
  fc.assert(fc.property(fc.string({unit: 'binary'}), (line) => void parseOutput(line)));
  const types = fc.constantFrom('printf', 'map', 'hist', 'lost_events', 'print_error');
  fc.assert(
    fc.property(types, fc.json({maxDepth: 3}), (type, data) => {
      parseOutput(`{"type": "${type}", "data": ${data}}`);
      parseOutput(`{"type": "${type}", "count": ${data}, "msg": ${data}}`);
    }),
  );
  t.pass();
});
