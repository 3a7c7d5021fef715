import {spawnSync} from 'node:child_process';
import {chmodSync, cpSync, mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';

const REPO = join(import.meta.dirname, '../..');
const NOBODY = 65_534;

test('a replay needs no root, no library and no package: the bundle alone shows the example', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kstop-alone-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  for (const name of readdirSync(join(REPO, 'dist')).filter((each) => each.endsWith('.mjs')))
    cpSync(join(REPO, 'dist', name), join(folder, name));
  cpSync(join(REPO, 'examples/trouble.ndjson.gz'), join(folder, 'trouble.ndjson.gz'));
  cpSync(process.execPath, join(folder, 'node'));
  for (const name of ['', ...readdirSync(folder)]) chmodSync(join(folder, name), 0o755);
  const run = spawnSync(join(folder, 'node'), ['kstop.mjs', 'replay', 'trouble.ndjson.gz', '--plain'], {
    cwd: folder,
    env: {PATH: '/nonexistent', HOME: '/nonexistent'},
    encoding: 'utf8',
    timeout: 60_000,
    ...(process.geteuid?.() === 0 && {uid: NOBODY, gid: NOBODY}),
  });
  t.is(run.status, 0, run.stderr);
  t.is(run.stderr, '');
  for (const part of ['OOM_KILL', 'SCHED_LATENCY', 'BIO_LATENCY', 'TCP_RETRANSMIT', 'VFS_SLOW', 'Overall:  CRITICAL'])
    t.true(run.stdout.includes(part), part);
});
