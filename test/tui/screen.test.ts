import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {type Launch, Pty} from './pty.ts';

const sizes: [number, number][] = [
  [80, 24],
  [120, 40],
  [200, 60],
];

async function withPty(launch: Launch, body: (pty: Pty) => Promise<void>): Promise<void> {
  const pty = new Pty(launch);
  try {
    await body(pty);
  } finally {
    pty.kill();
  }
}

for (const [columns, rows] of sizes) {
  test.serial(`${columns}x${rows}: every part is in its place`, async (t) => {
    await withPty({columns, rows}, async (pty) => {
      await pty.shows('OOM_KILL');
      const {lines} = pty;
      t.true(lines[0]!.startsWith(' kstop synthetic'));
      t.regex(lines[0]!, /LIVE .*self 0\.31% bpf 0\.02%.* 03:04:\d\d $/);
      t.regex(lines[1]!, /✖ CRITICAL\s+memory: OOM kill/);
      const top = rows >= 30 ? 3 : 2;
      if (top === 3) t.regex(lines[2]!, /^ 1 Overview {2}2 Sched {2}3 Disk & files .*9 Traces/);
      t.true(lines[top]!.includes('Scheduler'));
      for (const name of ['Block I/O', 'Files', 'Memory', 'Network', 'System calls', 'Processes', 'Lock-ups'])
        t.regex(pty.text, new RegExp(`┌─ ${name} ─`));
      t.regex(pty.text, /● OK {2}.*│/);
      t.regex(pty.text, /✖ CRITICAL .*│/);
      t.regex(pty.text, /cpu2\s+[░▒▓█]+/);
      t.regex(lines.at(-2)!, /^└─+┘$/);
      t.regex(lines.at(-1)!, /Space pause.*q quit/);
      for (const line of lines.slice(2, -1)) t.is([...line].length, columns);
      pty.send('q');
      await pty.end();
    });
  });
}

test.serial(
  'too small for panes, and for anything: a reduced layout, then a message; resizing is followed',
  async (t) => {
    await withPty({columns: 60, rows: 16}, async (pty) => {
      await pty.shows('OOM_KILL');
      t.regex(pty.text, /▶sched\s+● OK/);
      pty.resize(30, 8);
      await pty.shows('kstop needs 40x10');
      t.true(pty.text.includes('this terminal is 30x8'));
      pty.resize(1, 1);
      pty.resize(120, 40);
      await pty.shows('Run-queue wait by CPU');
      t.is([...pty.lines[2]!].length, 120);
      pty.resize(80, 24);
      await pty.until(() => [...pty.lines[2]!].length === 80, 'the narrower screen');
      pty.send('\x03');
      await pty.end();
      t.true(pty.text.includes('ended {"kind":"quit"}'));
    });
  },
);

test.serial(
  'keys: panes, scrolling, pause, toggle, threshold, help, a paste and mouse reports that do nothing',
  async (t) => {
    await withPty({options: {intervalMs: 200, rate: 20}}, async (pty) => {
      await pty.shows('OOM_KILL');
      pty.send('\x1b[200~qqq x x q\r\n+++\x1b[201~\x1b[<0;10;4M\x1b[M qq\x1b[<64;3;3m');
      pty.send('x');
      await pty.shows('Probes of sched');
      pty.send('x');
      await pty.shows(/✖|○ UNKNOWN/);
      pty.send('\x1b');
      await pty.shows('sched off');
      pty.send('+');
      await pty.shows('sched warns from 2ms');
      pty.send('=');
      await pty.shows('Warning threshold of sched');
      pty.send('7ms\r');
      await pty.shows('sched warns from 7ms');
      // Down, from the first row of tiles to the one below.
      pty.send('j-');
      await pty.shows('network has no threshold');
      pty.send('\t\tkkk');
      await pty.shows('new below');
      pty.send('G');
      await pty.shows('following');
      pty.send(' ');
      await pty.shows(/PAUSED, \d+ new/);
      const frozen = pty.lines.slice(-8, -2).join('\n');
      await pty.shows(/PAUSED, \d\d new/);
      t.is(pty.lines.slice(-8, -2).join('\n'), frozen);
      pty.send(' ');
      await pty.shows('LIVE');
      pty.send('\x1bOP');
      await pty.shows('Keys (1-');
      pty.send('\x1b');
      await pty.until((text) => !text.includes('Keys (1-'), 'the help to close');
      pty.send('q');
      await pty.end();
      t.true(pty.text.includes('calls toggle sched, threshold sched 2000, threshold sched 7000, stop'), pty.text);
    });
  },
);

test.serial(
  'replay: its own keys work, live ones say that they are unavailable, the end stays on screen',
  async (t) => {
    await withPty({options: {replay: true, samples: 2, intervalMs: 300}}, async (pty) => {
      await pty.shows('REPLAY');
      pty.send('x');
      await pty.shows('x: unavailable in a replay');
      pty.send(' ,>');
      await pty.shows('speed 2x');
      await pty.shows('REPLAY ended');
      pty.send('q');
      await pty.end();
      t.true(pty.text.includes('calls playPause, step -1, speed 2, stop'), pty.text);
    });
  },
);

test.serial('hostile names, console output and no colours change nothing', async (t) => {
  await withPty({options: {hostile: true, noise: true}, env: {NO_COLOR: '1'}}, async (pty) => {
    await pty.shows('OOM_KILL');
    await pty.shows('\\x1b[2J');
    t.false(pty.raw.includes('\x1b[2J\x1b]0;pwned'));
    t.false(pty.text.includes('NOISE'));
    t.regex(pty.text, /✖ CRITICAL/);
    for (const line of pty.lines.slice(2, -1)) t.regex(line, /[│┐┘]$/);
    t.notRegex(pty.raw, /\x1b\[[0-9;]*(3[0-8]|4[0-8]|9[0-7])[;m]/);
    pty.send('q');
    await pty.end();
  });
});

const recording = fileURLToPath(new URL('../fixtures/trouble.ndjson.gz', import.meta.url));
const recorded = existsSync(recording) ? test.serial : test.serial.skip;

recorded('a recording of real trouble is seen with its owners, and can be stepped through', async (t) => {
  await withPty({columns: 200, rows: 60, options: {recording}}, async (pty) => {
    await pty.shows('REPLAY');
    pty.send('>>>>>>');
    await pty.shows('REPLAY ended');
    // The notice of the last key gives the line back after a while.
    await pty.shows(/✖ CRITICAL\s+memory: OOM kill of pid \d+ \S+ with .* resident/);
    t.regex(pty.text, /BIO_LATENCY .*latency=\S+ op=\w+ dev=\w+/);
    t.regex(pty.text, /TCP_RETRANSMIT .*:\d+ → /);
    pty.send('\t\tg');
    await pty.shows(/SCHED_LATENCY .*latency=\S+ behind=/);
    pty.send(',');
    await pty.shows('REPLAY ‖ paused');
    pty.send('q');
    await pty.end();
    t.true(pty.text.includes('ended {"kind":"quit"}'));
  });
});
