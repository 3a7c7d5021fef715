import {chmodSync, existsSync, linkSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {AuditLog, defaultAuditPath} from '../../../src/trace/audit/log.ts';
import {whoAsks} from '../../../src/trace/audit/who.ts';
import {folder} from '../run/stand-in.ts';

test('one object a line, appended, for its owner alone', (t) => {
  const path = join(folder(t), 'kstop/deep/audit.log');
  const before = process.umask(0);
  new AuditLog(path).write({a: 1});
  process.umask(before);
  new AuditLog(path).write({name: 'two\nlines \x1b[2J'});
  t.is(readFileSync(path, 'utf8'), '{"a":1}\n{"name":"two\\nlines \\u001b[2J"}\n');
  t.is(lstatSync(path).mode & 0o777, 0o600);
  t.is(lstatSync(join(path, '..')).mode & 0o777, 0o700);
});

test('a log that is full is put aside once', (t) => {
  const path = join(folder(t), 'audit.log');
  const log = new AuditLog(path, 30);
  for (let i = 1; i <= 5; i++) log.write({number: i});
  t.is(readFileSync(path, 'utf8'), '{"number":5}\n');
  t.is(readFileSync(`${path}.1`, 'utf8'), '{"number":3}\n{"number":4}\n');
  t.false(existsSync(`${path}.2`));
});

test('what somebody else could have made or change is not written to', (t) => {
  const refuse = (path: string, why: RegExp) => {
    const error = t.throws(() => new AuditLog(path).write({}));
    t.regex(error?.message ?? '', why);
  };
  const where = folder(t);
  writeFileSync(join(where, 'target'), '');
  symlinkSync(join(where, 'target'), join(where, 'link'));
  refuse(join(where, 'link'), /ELOOP/);
  linkSync(join(where, 'target'), join(where, 'hard'));
  refuse(join(where, 'hard'), /no file of its own/);
  writeFileSync(join(where, 'open'), '');
  chmodSync(join(where, 'open'), 0o666);
  refuse(join(where, 'open'), /others can write to it/);
  mkdirSync(join(where, 'folder'));
  refuse(join(where, 'folder'), /EISDIR/);
  mkdirSync(join(where, 'wide'));
  chmodSync(join(where, 'wide'), 0o777);
  refuse(join(where, 'wide/audit.log'), /others can write to it/);
  symlinkSync(where, join(where, 'wide/here'));
  refuse(join(where, 'wide/here/audit.log'), /it is no folder/);
  refuse(join(where, 'target/audit.log'), /ENOTDIR|EEXIST/);
  t.is(readFileSync(join(where, 'target'), 'utf8'), '');
});

test('a full disk is said', (t) => {
  const error = t.throws(() => new AuditLog('/dev/full').write({}));
  t.regex(error?.message ?? '', /no file of its own|EACCES|belongs to user/);
});

test('where it lies', (t) => {
  t.is(defaultAuditPath({HOME: '/root'}, 0), '/var/log/kstop/audit.log');
  t.is(defaultAuditPath({XDG_STATE_HOME: '/s', HOME: '/h'}, 1000), '/s/kstop/audit.log');
  t.is(defaultAuditPath({XDG_STATE_HOME: 'relative', HOME: '/h'}, 1000), '/h/.local/state/kstop/audit.log');
});

test('who asks, also behind sudo', (t) => {
  t.like(whoAsks({SUDO_UID: '1000', SUDO_USER: 'ann\x1b'}), {pid: process.pid, sudo_uid: 1000, sudo_user: 'ann\\x1b'});
  t.like(whoAsks({SUDO_UID: 'x'}), {sudo_uid: undefined, uid: process.getuid?.()});
});
