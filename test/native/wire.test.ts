import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import test from 'ava';

const generator = new URL('../../dist/gen-wire', import.meta.url).pathname;
const object = new URL('../../dist/bpf/wire.bpf.o', import.meta.url).pathname;
const built = existsSync(generator) && existsSync(object);

(built ? test : test.skip)('wire.gen.ts is what the compiled object says (needs the build)', (t) => {
  const offsets = execFileSync(generator, [object], {encoding: 'utf8'});
  t.is(readFileSync(new URL('../../src/native/wire.gen.ts', import.meta.url), 'utf8'), offsets);
});

const tracked = built && existsSync(new URL('../../.git', import.meta.url));

(tracked ? test : test.skip)('the committed wire.gen.ts is the one that the build made (needs a git checkout)', (t) => {
  const root = new URL('../..', import.meta.url).pathname;
  const changed = execFileSync('git', ['-c', `safe.directory=*`, 'diff', '--stat', '--', 'src/native/wire.gen.ts'], {
    cwd: root,
    encoding: 'utf8',
  });
  t.is(changed, '', 'bpf/wire.h changed: commit src/native/wire.gen.ts with it');
});
