import {mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {CgroupPaths, canonicalCgroup} from '../../src/sources/cgroup-paths.ts';

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

test('of a cgroup that is gone the path that the kernel side told is known, in the first namespace alone', (t) => {
  const here = new Map([[1n, '/docker/here']]);
  const paths = new CgroupPaths((id) => here.get(id), true);
  t.is(paths.get(2n, true), undefined);
  paths.learn(2n, '/docker/gone');
  t.is(paths.get(2n, true), '/docker/gone');
  t.is(paths.get(2n, false), undefined, 'of another hierarchy it says nothing');
  paths.learn(1n, '/docker/other');
  t.is(paths.get(1n, true), '/docker/here');
  const elsewhere = new CgroupPaths(() => undefined, false);
  elsewhere.learn(2n, '/docker/gone');
  t.is(elsewhere.get(2n, true), undefined);
});
