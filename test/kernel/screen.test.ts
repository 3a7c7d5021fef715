/**
 * The screen on the running kernel, by keys alone: an event that the test provokes appears, its probe goes off and on in
 * the kernel, its threshold moves, the view freezes, a snapshot is exported, a process is looked into, and `q` leaves the
 * terminal as it was.
 */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {Pty} from '../tui/pty.ts';
import {folder} from './util/disk.ts';
import {heldBy} from './util/held.ts';
import {environment, PROGRAM} from './util/kstop.ts';
import {startLoad} from './util/load.ts';
import {testUnless, twoCpus} from './util/machine.ts';
import {SLOW, until} from './util/wait.ts';

const cpus = twoCpus();
const WAIT_MS = 15_000 * SLOW;

/** The process with a word in its command line that nobody else has; the shell around it has it too, and is older. */
function started(word: string): number {
  const all = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
  const having = all.filter((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
      return words[0]?.endsWith('node') && words.includes(word);
    } catch {
      return false;
    }
  });
  return Math.max(...having);
}

/** How many events the pane says there are. */
const events = (pty: Pty) => Number(/Events ([\d,]+)/.exec(pty.text)?.[1]?.replaceAll(',', '') ?? Number.NaN);

const shows = (pty: Pty, what: RegExp) => pty.until((text) => what.test(text), String(what), WAIT_MS);

testUnless(
  process.env.KSTOP_VM ? 'an emulated CPU is too slow for a screen' : !cpus && 'one CPU only',
  'events, probe, threshold, pause, export and one process, by keys',
  async (t) => {
    const exports = folder(t);
    const args = ['--probes', 'sched,block', '--sched-warn', '1000', '--export-dir', exports];
    const pty = new Pty({
      columns: 120,
      rows: 40,
      command: [...PROGRAM, ...args],
      env: environment() as Record<string, string>,
    });
    t.teardown(() => pty.kill());
    await shows(pty, /LIVE/);
    await shows(pty, /Scheduler/);

    // Two tasks that share a CPU: each waits for the other's slice.
    const [cpu] = cpus!;
    const through = ['nice', '-n', '-15'];
    const hogs = [
      await startLoad(t, 'worker', [1, cpu], {as: 'kt-one', through}),
      await startLoad(t, 'worker', [1, cpu], {as: 'kt-two', through}),
    ];
    for (const hog of hogs) hog.send(`spin ${60_000 * SLOW}`);
    await shows(pty, /SCHED_LATENCY .*kt-(one|two)/);

    const pid = started(exports);
    const links = () => heldBy(pid).filter((each) => each.startsWith('link:')).length;
    const all = links();
    // In the view of probes x acts on the selected one.
    pty.send('8');
    await shows(pty, /▶ ?sched +(sched +)?attached/);
    pty.send('x');
    await shows(pty, /▶ ?sched +(sched +)?off/);
    t.true(links() < all, 'its programs have gone from the kernel');
    pty.send('x');
    await shows(pty, /▶ ?sched +(sched +)?attached/);
    t.is(links(), all);
    pty.send('1');
    // Not only those from before.
    await shows(pty, /Events \d/);
    const shown = events(pty);
    await pty.until(() => events(pty) > shown, 'new events', WAIT_MS);

    pty.send('+');
    await shows(pty, /sched warns from 2(\.0)?ms/);

    pty.send(' ');
    await shows(pty, /PAUSED/);
    const frozen = pty.text.split('\n').filter((line) => /SCHED_LATENCY/.test(line));
    await shows(pty, /PAUSED, [1-9][\d,.k]* new/);
    t.deepEqual(
      pty.text.split('\n').filter((line) => /SCHED_LATENCY/.test(line)),
      frozen,
    );
    pty.send('e');
    const names = await until(
      () => {
        const found = readdirSync(exports).sort();
        return found.length === 2 && found;
      },
      WAIT_MS,
      'a snapshot',
    );
    t.regex(names[0]!, /^kstop-.+-\d{8}T\d{6}Z\.json$/);
    const lines = readFileSync(join(exports, names[0]!), 'utf8').trimEnd().split('\n');
    const objects = lines.map((line) => JSON.parse(line));
    t.like(objects[0], {kind: 'header', thresholds: {sched_warn_us: 2000}});
    t.is(objects.at(-1).kind, 'summary');
    t.true(objects.some(({type, comm}) => type === 'SCHED_LATENCY' && /^kt-/.test(comm)));
    pty.send(' ');
    await shows(pty, /LIVE/);

    pty.send('d');
    pty.send(`${hogs[0]!.pid}\r`);
    await shows(pty, new RegExp(`Process ${hogs[0]!.pid}[\\s\\S]*command kt-one[\\s\\S]*CPU waits +[\\d.]+`));
    await hogs[0]!.kill();
    await shows(pty, /ENDED[\s\S]*CPU waits +[\d.]+/);
    pty.send('\x1b');
    await shows(pty, /Run-queue wait by CPU/);

    pty.send('q');
    await pty.end(WAIT_MS);
    t.regex(pty.raw, /rc 0/);
    t.false(pty.alternate);
    const [before, after] = pty.settings;
    t.truthy(before);
    t.is(after, before, 'the terminal is as it was');
  },
);
