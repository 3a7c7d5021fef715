import {fileURLToPath} from 'node:url';
import test from 'ava';
import {type Launch, Pty} from './pty.ts';

const recording = (name: string) => fileURLToPath(new URL(`../fixtures/${name}.ndjson.gz`, import.meta.url));

async function withPty(launch: Launch, body: (pty: Pty) => Promise<void>): Promise<void> {
  const pty = new Pty(launch);
  try {
    await body(pty);
  } finally {
    pty.kill();
  }
}

/** What a replay of real trouble shows in each view. */
const SHOWN: [key: string, texts: RegExp[]][] = [
  ['2', [/cpu1 +[░▒▓█]+/, /Waits, last 60 s: 13\.4k, p50 1\.9us/, /11588 hog +307 +4\.67s▼? +81\.4ms/]],
  ['3', [/loop0 +WARNING +0\/s/, /vda +OK/, /this recording has no probe vfs/]],
  ['4', [/Stalled for memory: some 0%, all 0%/, /11705 eater +20\.9MiB/]],
  ['5', [/10\.99\.0\.2 .* 60 ESTABLISHED/, /this recording has no probe drops/]],
  ['8', [/retransmit +(network +)?attached +tp_btf +\S+\/s/, /oom degraded: whose limit it was is inferred/]],
];

for (const [columns, rows] of [
  [80, 24],
  [120, 40],
  [200, 60],
] as const) {
  test.serial(`${columns}x${rows}: a recording of real trouble in the views of subsystems`, async (t) => {
    await withPty({columns, rows, options: {recording: recording('trouble')}}, async (pty) => {
      await pty.shows('REPLAY');
      pty.send('>>>>>>');
      await pty.shows('REPLAY ended');
      for (const [key, texts] of SHOWN) {
        pty.send(key);
        for (const text of texts) await pty.shows(text);
        for (const line of pty.lines.slice(rows >= 30 ? 3 : 2, -2)) t.regex(line, /[│┐┘]$/, key);
      }
      pty.send('q');
      await pty.end();
    });
  });
}

test.serial('on a pane of another subsystem than the view, keys act on the pane’s', async (t) => {
  await withPty({columns: 120, rows: 40, options: {intervalMs: 300}}, async (pty) => {
    await pty.shows('LIVE');
    pty.send('3');
    await pty.shows('▶ Devices');
    pty.send('x');
    await pty.shows('the block probe is off');
    pty.send('\t\tx');
    await pty.shows('▶ Calls on files');
    await pty.shows('the vfs probe is off');
    pty.send('+');
    await pty.shows('vfs warns from 10ms');
    pty.send('q');
    await pty.end();
    t.true(pty.text.includes('calls toggle block, toggle vfs, threshold vfs 10000, stop'), pty.text);
  });
});

test.serial('the selected probe of the table is what x, + and - act on', async (t) => {
  await withPty({columns: 120, rows: 40, options: {intervalMs: 300}}, async (pty) => {
    await pty.shows('LIVE');
    pty.send('8');
    await pty.shows(/▶sched +attached/);
    pty.send('jj+');
    await pty.shows('block warns from 20ms');
    pty.send('x');
    await pty.shows(/▶block +off +- +-/);
    pty.send('x');
    await pty.shows(/▶block +attached/);
    pty.send('jjx');
    await pty.shows(/▶oom +off/);
    pty.send('-');
    await pty.shows('memory has no threshold');
    pty.send('q');
    await pty.end();
    t.true(pty.text.includes('calls threshold block 20000, toggle block, toggle block, toggle oom, stop'), pty.text);
  });
});
