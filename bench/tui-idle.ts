/**
 * What the screen costs while nobody looks: `node --import tsx bench/tui-idle.ts [SECONDS] [COLUMNSxROWS] [COMMAND…]`,
 * by default 30 s of `bin/kstop` at 120x40. Prints the time from exec to the first painted frame, CPU, memory, bytes
 * and frames a second, and how long a key takes to show its effect.
 */
import {readFileSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import * as pty from '@lydell/node-pty';

const KSTOP = fileURLToPath(new URL('../bin/kstop', import.meta.url));
const [seconds = '30', size = '120x40', command = KSTOP, ...args] = process.argv.slice(2);
const [cols = 120, rows = 40] = size.split('x').map(Number);
const KEYS = 40;
/** CPU time in /proc counts ticks of 10 ms. */
const TICK_MS = 10;

const env = {...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8'} as Record<string, string>;
delete env.CI;
const started = performance.now();
const child = pty.spawn(command, args, {cols, rows, env});
let output = '';
let bytes = 0;
let frames = 0;
let firstFrame: number | undefined;
let heard = (_data: string): void => {};
child.onData((data) => {
  bytes += Buffer.byteLength(data);
  frames += data.split('\x1b[?2026h').length - 1;
  if (firstFrame === undefined) output += data;
  if (firstFrame === undefined && output.includes('Scheduler')) firstFrame = performance.now() - started;
  heard(data);
});

function cpuMs(): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

function memoryMb(name: string): number {
  const kib = new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
  return (Number(kib) * 1024) / 1e6;
}

/** Milliseconds until Tab has moved the focus mark. */
async function keyMs(): Promise<number> {
  const {promise, resolve} = Promise.withResolvers<void>();
  heard = (data) => data.includes('▶') && resolve();
  const pressed = performance.now();
  child.write('\t');
  await promise;
  return performance.now() - pressed;
}

await delay(5000);
const before = {cpu: cpuMs(), bytes, frames, at: performance.now()};
await delay(Number(seconds) * 1000);
const took = (performance.now() - before.at) / 1000;
const cpu = (cpuMs() - before.cpu) / took / 10;
const perSecond = (value: number): string => (value / took).toFixed(1);
console.log(`${[command, ...args].join(' ')} at ${cols}x${rows}, ${took.toFixed(0)} s`);
console.log(`first painted frame  ${firstFrame?.toFixed(0)} ms after exec`);
console.log(`cpu                  ${cpu.toFixed(2)} % of one`);
console.log(
  `resident             ${memoryMb('VmRSS').toFixed(0)} MB, ${memoryMb('RssAnon').toFixed(0)} of them its own`,
);
console.log(
  `written              ${perSecond(bytes - before.bytes)} bytes/s, ${perSecond(frames - before.frames)} frames/s`,
);
const times: number[] = [];
for (let i = 0; i < KEYS; i++) {
  times.push(await keyMs());
  await delay(37);
}
times.sort((a, b) => a - b);
console.log(
  `a key's effect       ${times[KEYS / 2]!.toFixed(1)} ms median, ${times.at(-1)!.toFixed(1)} ms worst of ${KEYS}`,
);
child.write('q');
await delay(1500);
process.exit(0);
