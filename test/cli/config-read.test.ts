import {spawnSync} from 'node:child_process';
import {chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {loadConfig} from '../../src/cli/config/index.ts';
import {MAX_BYTES, readConfig} from '../../src/cli/config/read.ts';
import {errorLine} from '../../src/cli/errors.ts';

const me = process.getuid?.() ?? 0;

function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'kstop-config-'));
  t.teardown(() => rmSync(path, {recursive: true}));
  return path;
}

function file(t: ExecutionContext, data: string | Buffer, mode = 0o600): string {
  const path = join(folder(t), 'config.toml');
  writeFileSync(path, data);
  chmodSync(path, mode);
  return path;
}

function refused(t: ExecutionContext, path: string, says: RegExp, named = true): void {
  const error = t.throws(() => readConfig({path, named}, me), {name: 'UsageError'});
  t.regex(errorLine(error), says);
  t.regex(errorLine(error), /^kstop: [^\n]+: [^\n]+ \([^\n]+\)\n$/);
}

test('a plain file of my own is read, also through a link; a byte order mark is none of its text', (t) => {
  const path = file(t, '\ufeffquiet = true\n', 0o644);
  t.is(readConfig({path, named: true}, me)?.text, 'quiet = true\n');
  const link = join(folder(t), 'link.toml');
  symlinkSync(path, link);
  t.deepEqual(readConfig({path: link, named: true}, me), {text: 'quiet = true\n', rootOwned: me === 0});
});

test('what others may write to is refused, also behind a link', (t) => {
  for (const mode of [0o620, 0o602, 0o666, 0o660]) {
    const path = file(t, 'quiet = true\n', mode);
    refused(t, path, /others may write to it \(chmod go-w/);
    const link = join(folder(t), 'link.toml');
    symlinkSync(path, link);
    refused(t, link, /others may write to it/);
    refused(t, path, /others may write to it/, false);
  }
});

test('what is no regular file is refused, and none is waited for', (t) => {
  refused(t, folder(t), /it is a folder/);
  refused(t, '/dev/zero', /no regular file/);
  const fifo = join(folder(t), 'fifo');
  t.is(spawnSync('mkfifo', [fifo]).status, 0);
  refused(t, fifo, /no regular file/);
});

test('too large, no UTF-8', (t) => {
  t.is(readConfig({path: file(t, '#'.repeat(MAX_BYTES)), named: true}, me)?.text.length, MAX_BYTES);
  refused(t, file(t, '#'.repeat(MAX_BYTES + 1)), /larger than 64 KiB/);
  refused(t, file(t, Buffer.from([0x71, 0xff, 0x0a])), /not UTF-8/);
  refused(t, file(t, Buffer.from('quiet = true', 'utf16le').fill(0xfe, 0, 1)), /not UTF-8/);
});

test('a missing one matters only to who named it', (t) => {
  const path = join(folder(t), 'none.toml');
  refused(t, path, /no such file/);
  refused(t, join(file(t, ''), 'below'), /no folder/);
  t.is(readConfig({path, named: false}, me), undefined);
  const loop = join(folder(t), 'loop');
  symlinkSync(loop, loop);
  refused(t, loop, /too many symbolic links/, false);
});

test('the first one there is counts, alone', async (t) => {
  const home = folder(t);
  mkdirSync(join(home, 'kstop'));
  writeFileSync(join(home, 'kstop/config.toml'), 'interval = 5\n', {mode: 0o600});
  const other = file(t, 'quiet = true\n');
  t.deepEqual(await loadConfig(undefined, {XDG_CONFIG_HOME: home}), {
    path: join(home, 'kstop/config.toml'),
    settings: new Map([['interval', '5']]),
  });
  t.deepEqual(
    (await loadConfig(undefined, {XDG_CONFIG_HOME: home, KSTOP_CONFIG: other}))?.settings,
    new Map([['quiet', '']]),
  );
  t.deepEqual((await loadConfig(other, {XDG_CONFIG_HOME: home, KSTOP_CONFIG: '/none'}))?.path, other);
  await t.throwsAsync(loadConfig('', {}), {message: /--config: its value is empty/});
  await t.throwsAsync(loadConfig(undefined, {KSTOP_CONFIG: '/no/such'}), {message: /no such file/});
});
