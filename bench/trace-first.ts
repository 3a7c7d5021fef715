/**
 * How long a trace takes to its first event, beside bpftrace by itself with the same script. One after the other, in turns.
 * usage: trace-first.mjs SUPERVISOR BPFTRACE ROUNDS AUDIT-LOG; prints JSON.
 */
import {spawn} from 'node:child_process';
import {bpftraceArguments, bpftraceEnvironment} from '../src/trace/run/environment.ts';
import {runOf, SEPARATOR} from './trace-plan.ts';

const [supervisor = '', bpftrace = '', rounds = '', audit = ''] = process.argv.slice(2);
const fields = ['o', '%llu', '%d', '%d', '%d', '%d', '%s', '%s'].map((part) => SEPARATOR + part).join('');
/** A clock is attached last and fires at once. */
const SCRIPT = `interval:ms:1 { printf("${fields}\\n", nsecs, pid, tid, uid, cpu, comm, "file"); }\n`;

/** ms from the start to the first event that is printed. */
async function alone(): Promise<number> {
  const [, ...options] = bpftraceArguments('').toReversed();
  const start = performance.now();
  const child = spawn(bpftrace, [...options.toReversed(), '-e', SCRIPT], {
    env: bpftraceEnvironment({text: '', major: 0, minor: 17}, 64, '/tmp'),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  for await (const chunk of child.stdout) {
    said += chunk;
    if (said.includes('"printf"')) break;
  }
  const took = performance.now() - start;
  child.kill('SIGKILL');
  await new Promise((done) => child.once('exit', done));
  return took;
}

/** ms from begin() until a listener hears of a first event. */
async function throughKstop(): Promise<number> {
  const run = runOf(SCRIPT, bpftrace, supervisor, audit);
  const start = performance.now();
  const seen = new Promise<number>((done) => {
    run.onChange(() => {
      if (run.result().stats.total_events > 0) done(performance.now() - start);
    });
  });
  run.begin();
  const took = await Promise.race([seen, run.done.then(() => Number.NaN)]);
  await run.kill();
  return took;
}

await alone();
await throughKstop();
const times: {alone: number[]; kstop: number[]} = {alone: [], kstop: []};
for (let i = 0; i < Number(rounds); i++) {
  times.alone.push(await alone());
  times.kstop.push(await throughKstop());
}
console.log(JSON.stringify(times));
