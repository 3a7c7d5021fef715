/** Runtimes that misbehave beside OOM kills in a container: stand-ins at the sockets of Docker and of a CRI runtime. */
import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import type {Socket} from 'node:net';
import type {ExecutionContext} from 'ava';
import type {DoctorReport} from '../../src/cli/doctor/report.ts';
import {FRAME, frame} from '../../src/containers/runtimes/http2.ts';
import {serveRaw} from '../containers/stand-in.ts';
import {Cgroup, lacksController} from './util/cgroup.ts';
import {Kstop, PROGRAM, runToEnd} from './util/kstop.ts';
import {startLoad} from './util/load.ts';
import {lacks, once, testUnless} from './util/machine.ts';
import {SLOW, sleep} from './util/wait.ts';

const reason = once ?? lacksController('memory') ?? lacks('unshare', 'mount');
const KILLS = 5;
const LIMIT = 20 << 20;
const MB = 1 << 20;
/** Where they seem to listen. */
const DOCKER = '/run/docker.sock';
const CRI = '/run/cri-dockerd.sock';

/** In a mount namespace with a /run of its own, with the sockets in it. */
const seen = (docker: string, cri: string): string[] => {
  const links = `ln -s "$0" ${DOCKER} && ln -s "$1" ${CRI}`;
  const script = `mount -t tmpfs tmpfs /run && ${links} && shift && exec "$@"`;
  return ['unshare', '--mount', '--propagation', 'private', '/bin/sh', '-c', script, docker, cri];
};

const HEAD = 'HTTP/1.0 200 OK\r\n\r\n';
const settings = frame(FRAME.settings, 0, 0);

/** Sends as fast as the other side takes it, until it hangs up. */
function flood(socket: Socket, first: Buffer | string, piece: Buffer): void {
  socket.write(first);
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', more);
  more();
}

/** What each does with a connection, and what is to be said of it. */
interface Way {
  docker: (socket: Socket) => void;
  cri: (socket: Socket) => void;
  why: [docker: RegExp, cri: RegExp];
}

const WAYS: Record<string, Way> = {
  hang: {docker: () => {}, cri: () => {}, why: [/^no answer within 2 s$/, /^no answer within 2 s$/]},
  lie: {
    docker: (socket) => socket.end(`${HEAD}${'['.repeat(MB)}`),
    cri: (socket) => socket.write(Buffer.from([255, 255, 255, 0, 0, 0, 0, 0, 1])),
    why: [/can't be read/, /HTTP\/2/],
  },
  flood: {
    docker: (socket) => flood(socket, HEAD, Buffer.alloc(65_536, ' ')),
    cri: (socket) => flood(socket, settings, frame(FRAME.data, 0, 1, Buffer.alloc(16_384))),
    why: [/more than 8388608 bytes/, /more than 8388608 bytes/],
  },
  die: {
    docker: (socket) => socket.end('HTTP/1.0 200 OK\r\nContent-Length: 90\r\n\r\n[{"Id"'),
    cri: (socket) => socket.destroy(),
    why: [/hung up/, /hung up/],
  },
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** An id as runtimes give them, of this test alone. */
const idOf = (name: string): string => createHash('sha256').update(`${name} ${process.pid}`).digest('hex');

/** What came of some kills in a container: times in milliseconds. */
interface Outcome {
  kstop: Kstop;
  delays: number[];
  endMs: number;
  peakBytes: number;
}

/** Has kstop see kills in a container one after another, from its first moment on, and ends it. */
async function killsIn(t: ExecutionContext, name: string, through: readonly string[] = []): Promise<Outcome> {
  const id = idOf(name);
  const group = Cgroup.make(t, 'memory', {name: `docker-${id}.scope`});
  group.write(group.v2 ? 'memory.max' : 'memory.limit_in_bytes', String(LIMIT));
  const victims = await Promise.all(
    Array.from({length: KILLS}, () => startLoad(t, 'eater', [0], {as: 'kt-victim', through: group.enter})),
  );
  const kstop = await Kstop.start(t, ['--probes', 'oom'], {through});
  const delays: number[] = [];
  for (const victim of victims) {
    victim.send('64');
    const event = await kstop.event('OOM_KILL', ({victim_pid}) => victim_pid === victim.pid);
    t.deepEqual(event.container, {id, runtime: 'docker'});
    delays.push(Number(kstop.readNs[kstop.objects.indexOf(event)]! - BigInt(event.mono_ns)) / 1e6);
    await sleep(300);
  }
  const peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${kstop.pid}/status`, 'latin1'))![1]) * 1024;
  const begun = performance.now();
  t.deepEqual(await kstop.stop(), {code: 0, signal: null});
  const endMs = performance.now() - begun;
  t.is(kstop.summary?.kind, 'summary');
  t.is(kstop.stderr, '');
  const said = (ms: number) => ms.toFixed(1);
  t.log(
    `${name}: read after ${delays.map(said).join(' ')} ms; peak ${Math.round(peak / MB)} MiB; ended in ${said(endMs)} ms`,
  );
  return {kstop, delays, endMs, peakBytes: peak};
}

let alone: Promise<Outcome> | undefined;

for (const [name, {docker, cri, why}] of Object.entries(WAYS)) {
  const title = `OOM kills in a container come at once while stand-ins for Docker and a CRI runtime ${name}, which is told`;
  testUnless(reason, title, async (t) => {
    const serve = (each: (socket: Socket) => void) =>
      serveRaw(t, (socket) => {
        socket.resume();
        each(socket);
      });
    const through = seen(await serve(docker), await serve(cri));
    alone ??= killsIn(t, 'no runtime');
    const without = await alone;
    const {kstop, delays, endMs, peakBytes} = await killsIn(t, `runtimes that ${name}`, through);
    // A wait for a runtime would take its two seconds.
    t.true(median(delays) < median(without.delays) + 100 * SLOW, `${delays} and ${without.delays}`);
    t.true(Math.max(...delays) < 1500 * SLOW, String(delays));
    t.true(endMs < without.endMs + 1000 * SLOW, `${endMs} and ${without.endMs}`);
    t.true(peakBytes < without.peakBytes + 48 * MB, `${peakBytes} and ${without.peakBytes}`);

    const problems = kstop.objects.filter((object) => object.kind === 'error');
    for (const {what, why: said, remedy} of problems) t.log(`${what}: ${said} (${remedy})`);
    const whyOf = (path: string) => problems.filter(({what}) => what === `socket of docker, ${path}`);
    t.is(problems.length, 2, 'each is told of once');
    t.regex(whyOf(DOCKER)[0]?.why ?? '', why[0]);
    t.regex(whyOf(CRI)[0]?.why ?? '', why[1]);
    t.false(problems.some((problem) => /\n/.test(problem.why)));

    const report: DoctorReport = JSON.parse((await runToEnd([...through, ...PROGRAM, 'doctor', '--json'])).stdout);
    const check = report.system.find(({id}) => id === 'runtimes');
    t.log(`doctor: ${check?.value}`);
    t.is(check?.state, 'limited');
    for (const one of why) t.regex(check?.value ?? '', new RegExp(one.source.replace(/^\^|\$$/g, '')));
    for (const path of [DOCKER, CRI]) t.true(check?.value.includes(`docker at ${path}: `));
  });
}
