/**
 * What a trace costs kstop while a stand-in for bpftrace prints at a rate: through the supervisor, into a result that is asked for
 * ten times a second. usage: trace.mjs SUPERVISOR STAND-IN RATE SECONDS AUDIT-LOG; prints JSON.
 * Needs --expose-gc.
 */
import {readFileSync} from 'node:fs';
import {runOf, SEPARATOR} from './trace-plan.ts';

const [supervisor = '', standIn = '', rate = '', seconds = '', audit = ''] = process.argv.slice(2);

const rssMb = () => (Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) * 1024) / 1e6;

/** One trace from begin to end. */
async function trace(text: string) {
  const run = runOf(text, standIn, supervisor, audit);
  const before = rssMb();
  let most = before;
  let resultMs = 0;
  const timer = setInterval(() => {
    const start = performance.now();
    run.result();
    resultMs = Math.max(resultMs, performance.now() - start);
    most = Math.max(most, rssMb());
  }, 100);
  const cpu = process.cpuUsage();
  const start = performance.now();
  run.begin();
  const result = await run.done;
  const wallMs = performance.now() - start;
  const {user, system} = process.cpuUsage(cpu);
  clearInterval(timer);
  const late = /^late (-?\d+)$/.exec(result.trace.warnings?.[0] ?? '')?.[1];
  return {
    events: result.stats.total_events,
    kept: result.events.length,
    state: result.trace.state,
    lateMs: Number(late),
    cpuPct: (user + system) / 10 / wallMs,
    cpuUsEach: (user + system) / result.stats.total_events,
    resultMs,
    rssMb: most - before,
  };
}

// The first one compiles the code, and the heap grows as V8 lets it.
const first = await trace(`${rate} 2 ${SEPARATOR}`);
globalThis.gc?.();
console.log(JSON.stringify({...(await trace(`${rate} ${seconds} ${SEPARATOR}`)), firstRssMb: first.rssMb}));
