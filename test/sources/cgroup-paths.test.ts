import {mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {canonicalCgroup} from '../../src/sources/cgroup-paths.ts';

test('every spelling of a cgroup that libkstop takes is one path', (t) => {
  const mount = realpathSync(mkdtempSync(join(tmpdir(), 'kstop-cgroup-')));
  t.teardown(() => rmSync(mount, {recursive: true}));
  mkdirSync(join(mount, 'system.slice/a b.service'), {recursive: true});
  symlinkSync('system.slice', join(mount, 'link'));
  for (const path of [
    '/system.slice/a b.service',
    'system.slice/a b.service',
    'system.slice//a b.service/',
    'system.slice/../system.slice/a b.service',
    'link/a b.service',
    `${mount}/system.slice/a b.service`,
  ])
    t.is(canonicalCgroup(path, mount), '/system.slice/a b.service', path);
  for (const path of ['/', '', mount, `${mount}/`]) t.is(canonicalCgroup(path, mount), '/', path);
  t.is(canonicalCgroup('/gone', mount), '/gone');
});
