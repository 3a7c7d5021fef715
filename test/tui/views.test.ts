import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {type Launch, Pty} from './pty.ts';

async function withPty(launch: Launch, body: (pty: Pty) => Promise<void>): Promise<void> {
  const pty = new Pty(launch);
  try {
    await body(pty);
  } finally {
    pty.kill();
  }
}

const TITLES = ['Overview', 'Sched', 'Disk', 'Memory', 'Network', 'Processes', 'Containers', 'Probes', 'Traces'];
/** The pane that has the keys at first, where it isn't called as the view. */
const FIRST: Record<string, string> = {
  Sched: 'Run-queue wait',
  Disk: 'Devices',
  Memory: 'Stalled for memory',
  Network: 'Retransmits by peer',
  Traces: 'Presets',
};

for (const [columns, rows] of [
  [40, 10],
  [80, 24],
  [120, 40],
  [200, 60],
] as const) {
  test.serial(`${columns}x${rows}: every view by its number, each line within its frame`, async (t) => {
    await withPty({columns, rows, options: {processes: 50, hostile: true}}, async (pty) => {
      await pty.shows('LIVE');
      for (const [i, title] of [...TITLES.entries()].reverse()) {
        pty.send(String(i + 1));
        const first = FIRST[title] ?? (title === 'Overview' ? undefined : title);
        if (first) await pty.shows(new RegExp(`┌─▶ ${first}`));
        if (title === 'Processes') await pty.shows(/┌─▶ Processes 50/);
        if (title === 'Overview') await pty.shows(/Scheduler|▶sched/);
        const framed = pty.lines.slice(rows >= 30 ? 3 : 2, -1);
        if (columns >= 80 || title !== 'Overview') for (const line of framed) t.regex(line, /[│┐┘]$/, title);
      }
      pty.send('q');
      await pty.end();
    });
  });
}

test.serial('resized all the time, down to one cell: the screen is whole again each time', async (t) => {
  await withPty({columns: 120, rows: 40, options: {processes: 500, intervalMs: 100, rate: 2000}}, async (pty) => {
    await pty.shows('LIVE');
    for (let i = 0; i < 60; i++) {
      pty.resize(1 + ((i * 37) % 210), 1 + ((i * 23) % 70));
      pty.send(String(1 + (i % 9)));
      await delay(15);
    }
    pty.resize(1, 1);
    pty.send('6\t\x1b[<0;1;1M\x1b[<65;1;1M');
    await delay(100);
    for (const [columns, rows] of [
      [200, 60],
      [40, 10],
      [100, 30],
    ] as const) {
      pty.resize(columns, rows);
      // What a starved program reads in one piece is taken for a paste: it may need the key again.
      let asked = 0;
      await pty.until(() => {
        if (Date.now() - asked > 3000) {
          asked = Date.now();
          pty.send('6');
        }
        const lines = pty.lines.slice(rows >= 30 ? 3 : 2, -1);
        // On the smallest one the pane with the focus is alone, and Tab went on to the second.
        const title = / Processes \d|Starts and exits/.test(lines[0] ?? '');
        return title && lines.every((line) => /[│┐┘]$/.test(line) && line.length === columns);
      }, `a whole screen at ${columns}x${rows}`);
    }
    t.regex(pty.text, /by cpu ▼/);
    pty.send('q');
    await pty.end();
    t.regex(pty.text, /rc 0/);
  });
});

test.serial('the filter: typed at once, refused while it is wrong, shown above, cleared when empty', async (t) => {
  await withPty({columns: 120, rows: 40, options: {processes: 200, intervalMs: 300}}, async (pty) => {
    await pty.shows('LIVE');
    pty.send('6/');
    await pty.shows('Enter keeps it');
    pty.send('comm:ngi');
    await pty.shows('nothing matches the filter');
    pty.send('nx');
    await pty.shows(/160 hidden by the filter/);
    pty.send(' /(q');
    await pty.shows('lacks its closing /');
    t.regex(pty.text, /160 hidden by the filter/);
    pty.send('\r');
    await pty.shows('lacks its closing /');
    pty.send('\x1b[200~)\x1b[201~/');
    await pty.shows('200 hidden by the filter');
    pty.send('\x7f\x7f\x7f\x7f\x7f\x7f\r');
    await pty.shows('/ comm:nginx ');
    await pty.shows('1-9 view');
    t.regex(pty.lines[0]!, / \/ comm:nginx /);
    pty.send('1');
    await pty.shows(/Events .*hidden by the filter · following/);
    t.notRegex(pty.lines.slice(-12).join('\n'), /postgres/);
    pty.send('/\x15java');
    await pty.shows(/ \/ java/);
    await pty.until(() => !/nginx/.test(pty.lines.slice(-12).join('\n')), 'the other events');
    pty.send('\x1b');
    await pty.shows('/ comm:nginx ');
    pty.send('/\x15\r');
    await pty.until((text) => !text.includes('hidden by the filter'), 'all of them');
    pty.send('q');
    await pty.end();
  });
});

test.serial('processes: sorted, the selection stays on its row, Tab and numbers lead around', async (t) => {
  await withPty({columns: 100, rows: 30, options: {processes: 200, intervalMs: 300}}, async (pty) => {
    await pty.shows('LIVE');
    pty.send('6');
    await pty.shows(/by cpu ▼/);
    await pty.shows(/PID S +CPU▼ +RUNQ +WAITING .*COMMAND .*│$/m);
    pty.send('s');
    await pty.shows(/by runq ▼/);
    pty.send('s'.repeat(12));
    await pty.shows(/by command ▲/);
    pty.send('s');
    await pty.shows(/by pid ▼/);
    await pty.until(() => /^│▶ +200 /.test(pty.lines[5]!), 'the highest first');
    pty.send('I');
    await pty.shows(/by pid ▲/);
    await pty.until(() => /^│▶ +1 /.test(pty.lines[5]!), 'the lowest first');
    pty.send('jj');
    await pty.shows(/^│▶ +3 /m);
    pty.send('t');
    await pty.shows(/^│▶ +3 .* └ \w/m);
    pty.send('ts');
    await pty.shows(/by uid ▼/);
    await pty.shows(/^│▶ +3 /m);
    pty.send('\r');
    await pty.shows('Process 3 ');
    pty.send('x');
    await pty.shows('select a tile');
    pty.send('2');
    await pty.shows('▶ Run-queue wait by CPU');
    pty.send('\t');
    await pty.shows('▶ Waits');
    pty.send('1');
    await pty.shows('▶ Scheduler');
    pty.send('2');
    await pty.shows('▶ Waits');
    pty.send('q');
    await pty.end();
    t.regex(pty.raw, /rc 0/);
  });
});
