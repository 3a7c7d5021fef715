import test from 'ava';
import {isRefusal} from '../../../src/trace/refusal.ts';
import {planSpec} from '../../../src/trace/script/plan.ts';
import {readSpec} from '../../../src/trace/spec/read-spec.ts';
import type {TracePlan, TraceRefusal} from '../../../src/types/trace.ts';
import {makeHost} from '../hooks/host.ts';
import {HOSTILE, type Hostile} from './hostile.ts';

const host = makeHost();
test.after.always(() => host.remove());

function planned(json: unknown): TracePlan | TraceRefusal {
  const spec = readSpec(json, '');
  return isRefusal(spec) ? spec : planSpec(spec, host.hooks, 'v0.17.0');
}

test('a corpus of hostile specs: each is refused with its field and the reason, and none becomes a script', (t) => {
  t.true(HOSTILE.length >= 200, `${HOSTILE.length}`);
  const wrong = HOSTILE.flatMap((each) =>
    wrongWith(each).map((what) => `${JSON.stringify(each.json)?.slice(0, 200)}: ${what}`),
  );
  t.deepEqual(wrong, []);
});

/** What isn't as the corpus says. */
function wrongWith({json, field, why}: Hostile): string[] {
  const answer = planned(json);
  if (!isRefusal(answer)) return [`became ${answer.script.text}`];
  const fits = typeof field === 'string' ? answer.field === field : field.test(answer.field);
  const shown = answer.field + answer.why + (answer.remedy ?? '');
  return [
    ...(fits ? [] : [`the field is ${answer.field}: ${answer.why}`]),
    ...(why.test(answer.why) ? [] : [`the reason is ${answer.why}`]),
    ...(shown.length < 800 ? [] : [`${shown.length} characters`]),
    // A refusal is shown as it is.
    ...(/[\u0000-\u001f\u007f-\u009f\u200b\u202e]/.test(shown) ? ['the refusal itself is not fit to be shown'] : []),
  ];
}

test('what is near is named', (t) => {
  const remedy = (json: unknown) => (planned(json) as TraceRefusal).remedy;
  t.is(remedy({probe_type: 't', target: 'syscalls:sys_enter_opennat'}), 'did you mean syscalls:sys_enter_openat?');
  t.is(remedy({probe_type: 'p', target: 'vfs_reed'}), 'did you mean vfs_read?');
  t.is(remedy({probe_type: 't', target: 'syscalls:sys_enter_openat', fliter: 'x'}), 'did you mean filter?');
  t.is(
    remedy({probe_type: 't', target: 'syscalls:sys_enter_openat', arguments: ['filenam']}),
    'did you mean filename?',
  );
  t.is(remedy({type: 'kprob', target: 'vfs_read'}), 'did you mean kprobe?');
});
