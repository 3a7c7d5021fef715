import test from 'ava';
import {fits, type Pattern, readPattern} from '../../../src/trace/presets/pattern.ts';
import {isRefusal} from '../../../src/trace/refusal.ts';

for (const [typed, good, bad] of [
  ['*.conf', ['a.conf', '.conf'], ['a.conf.bak', 'conf']],
  ['nginx*', ['nginx', 'nginx.conf'], ['my-nginx']],
  ['*log*', ['log', 'a.log', 'logs'], ['lo']],
  ['passwd', ['passwd'], ['passwd-', '.passwd']],
] as const) {
  test(`${typed} fits what it says`, (t) => {
    const pattern = readPattern(typed) as Pattern;
    for (const name of good) t.true(fits(pattern, name), name);
    for (const name of bad) t.false(fits(pattern, name), name);
  });
}

for (const typed of ['', '*', '**', 'a*b', 'a"b', 'a\\b', 'a\nb', 'ä', '"; system("id"); "', 'x'.repeat(49)]) {
  test(`${JSON.stringify(typed).slice(0, 30)} is refused as a pattern`, (t) => {
    const read = readPattern(typed);
    t.true(isRefusal(read));
    t.is((read as {field: string}).field, 'pattern');
  });
}
