import {spawnSync} from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {makeFolder, removeFolder, SCRIPT, sweepFolders} from '../../../src/trace/run/folder.ts';
import {folder} from './stand-in.ts';

test('the script lies in a folder of its own that nobody else can read', (t) => {
  const where = folder(t);
  const before = process.umask(0);
  const made = makeFolder('BEGIN { }', where);
  process.umask(before);
  t.is(lstatSync(made).mode & 0o777, 0o700);
  t.is(lstatSync(join(made, SCRIPT)).mode & 0o777, 0o600);
  t.is(readFileSync(join(made, SCRIPT), 'utf8'), 'BEGIN { }');
  removeFolder(made);
  t.deepEqual(readdirSync(where), []);
});

test('folders of a kstop that is gone are removed, without following links; all others stay', (t) => {
  const where = folder(t);
  const kept = join(where, 'kept');
  mkdirSync(kept);
  writeFileSync(join(kept, 'file'), 'x');
  const alive = makeFolder('alive', where);
  const gone = spawnSync('true').pid;
  const dead = makeFolder('dead', where).replace(where, '');
  const left = join(where, dead.replace(`-${process.pid}-`, `-${gone}-`));
  renameSync(join(where, dead), left);
  symlinkSync(kept, join(left, 'link'));
  const elsewhere = left.replace(/kstop-trace-\d+-/, 'kstop-trace-1-');
  mkdirSync(elsewhere);
  symlinkSync(kept, `${left}-link`);
  sweepFolders(where);
  t.false(existsSync(left));
  t.true(existsSync(alive), 'its kstop lives');
  t.true(existsSync(elsewhere), 'of another PID namespace');
  t.true(existsSync(join(kept, 'file')));
  t.true(existsSync(`${left}-link`));
});
