/**
 * How fast records come from the ring buffer into objects, and on into lines of JSON: fills the buffer of an engine of
 * its own, then drains and decodes it as a live run does. usage: decode.mjs BATCHES RECORDS FLOOD...; prints JSON.
 */
import {spawn} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {WallClock} from '../src/native/clock.ts';
import {Decoder} from '../src/native/decode.ts';
import {Engine} from '../src/native/engine.ts';
import {jsonLine} from '../src/outputs/json.ts';
import type {KernelEvent} from '../src/types/stream.ts';

/** As in a live run: src/sources/live.ts. */
const DRAIN_BYTES = 4096 * 192;
/** The probe itself shall send nothing: 60 s. */
const WARN_NS = 60_000_000_000n;
const WARN = 1;

const [batches, records] = process.argv.slice(2, 4).map(Number);
const [flood, ...floodArgs] = process.argv.slice(4);

/** Id of the one ring buffer that this process holds. */
function ringId(): string {
  for (const fd of readdirSync('/proc/self/fdinfo')) {
    try {
      const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
      if (/^map_type:\s+27$/m.test(info)) return /^map_id:\s+(\d+)/m.exec(info)?.[1] ?? '';
    } catch {
      // The folder's own descriptor is gone.
    }
  }
  throw new Error('the engine has no ring buffer');
}

/** One phase of the loop, added up over the batches. */
class Phase {
  wallMs = 0;
  cpuMs = 0;

  async time(work: () => Promise<void> | void): Promise<void> {
    const [before, start] = [process.cpuUsage(), performance.now()];
    await work();
    this.wallMs += performance.now() - start;
    const used = process.cpuUsage(before);
    this.cpuMs += (used.user + used.system) / 1000;
  }

  nsEach(count: number): {wall: number; cpu: number} {
    return {wall: (this.wallMs * 1e6) / count, cpu: (this.cpuMs * 1e6) / count};
  }
}

const engine = new Engine();
engine.set('sched', WARN, WARN_NS);
const probe = engine.probe('sched', true);
if (probe.state === 'unavailable') throw new Error(`sched: ${probe.reason}`);
const clock = new WallClock();
clock.sync(engine.clocks());
const paths = new Map<bigint, string | undefined>();
const buffer = new Uint8Array(DRAIN_BYTES);
const decoder = new Decoder(buffer, {
  clock,
  critNs: {sched: 10_000_000, block: 100_000_000, vfs: 50_000_000, syscall: 100_000_000},
  cgroupPath: (id, v2) => {
    if (!paths.has(id)) paths.set(id, engine.cgroupPath(id, v2));
    return paths.get(id);
  },
});

const child = spawn(flood!, [...floodArgs, '-m', ringId()], {stdio: ['pipe', 'pipe', 'inherit']});
const answers = createInterface({input: child.stdout})[Symbol.asyncIterator]();
let [sent, decoded, bytes] = [0, 0, 0];
const [drainDecode, stringify] = [new Phase(), new Phase()];

async function drainAll(into: KernelEvent[][]): Promise<void> {
  for (;;) {
    const drained = await engine.drain(buffer, 0);
    if (drained === 0) return;
    const events: KernelEvent[] = [];
    decoder.decode(drained, events);
    into.push(events);
  }
}

/** The first batches only warm the code up. */
const WARM_UP = 5;
for (let batch = -WARM_UP; batch < batches!; batch++) {
  child.stdin.write(`${records}\n`);
  const {value} = await answers.next();
  const into: KernelEvent[][] = [];
  const decode = () => drainAll(into);
  const print = () => {
    for (const events of into) bytes += events.map(jsonLine).join('').length;
  };
  if (batch < 0) {
    await decode();
    print();
    bytes = 0;
    continue;
  }
  sent += JSON.parse(String(value)).sent;
  await drainDecode.time(decode);
  await stringify.time(print);
  decoded += into.reduce((sum, events) => sum + events.length, 0);
}
child.stdin.end();
engine.probe('sched', false);
engine.close();
console.log(
  JSON.stringify({
    sent,
    decoded,
    decode: drainDecode.nsEach(decoded),
    stringify: stringify.nsEach(decoded),
    bytesEach: bytes / decoded,
  }),
);
