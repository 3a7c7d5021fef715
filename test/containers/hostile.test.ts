import {Buffer} from 'node:buffer';
import {chmodSync, chownSync, symlinkSync, writeFileSync} from 'node:fs';
import type {Socket} from 'node:net';
import {dirname} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Containers} from '../../src/containers/cache.ts';
import {FRAME, frame} from '../../src/containers/runtimes/http2.ts';
import type {RuntimeSocket} from '../../src/containers/runtimes/types.ts';
import {presentSockets} from '../../src/containers/sockets.ts';
import type {Problem} from '../../src/util/problem.ts';
import {serveDocker, serveRaw, socketPath} from './stand-in.ts';

const A = 'a1'.repeat(32);
const LIMITS = {timeoutMs: 5000, maxBytes: 1 << 20, maxContainers: 10};
/** For those that never answer. */
const HURRIED = {...LIMITS, timeoutMs: 300};
const OK = 'HTTP/1.0 200 OK\r\n\r\n';

type Protocol = RuntimeSocket['protocol'];
const settings = frame(FRAME.settings, 0, 0);
const grpcHead = (length: number) => Buffer.from([0, ...Buffer.from(Uint32Array.of(length).buffer).reverse()]);

/** Sends as fast as the other side takes it, until it hangs up. */
function flood(socket: Socket, first: Buffer | string, piece: Buffer | string): void {
  socket.write(first);
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', more);
  more();
}

const many = (piece: Buffer) => Buffer.concat(Array<Buffer>(1000).fill(piece));

const dribble = (socket: Socket) => {
  socket.write(OK);
  const timer = setInterval(() => socket.write(' '), 20);
  socket.on('close', () => clearInterval(timer));
};

const RUNTIMES: [name: string, protocol: Protocol, each: (socket: Socket) => void, why: RegExp][] = [
  ['hangs', 'docker', () => {}, /^no answer within 0\.3 s$/],
  ['hangs', 'cri', () => {}, /^no answer within 0\.3 s$/],
  ['dribbles', 'docker', dribble, /^no answer within 0\.3 s$/],
  ['floods', 'docker', (socket) => flood(socket, OK, ' '.repeat(65_536)), /more than 1048576 bytes/],
  [
    'floods',
    'cri',
    (socket) => flood(socket, settings, frame(0, 0, 1, Buffer.alloc(16_384))),
    /more than 1048576 bytes/,
  ],
  [
    'floods with pings',
    'cri',
    (socket) => flood(socket, settings, many(frame(FRAME.ping, 0, 0, Buffer.alloc(8)))),
    /floods/,
  ],
  ['floods with empty frames', 'cri', (socket) => flood(socket, settings, many(frame(FRAME.data, 0, 1))), /floods/],
  ['lies (no JSON)', 'docker', (socket) => socket.end(`${OK}[{`), /can't be read/],
  ['lies (no list)', 'docker', (socket) => socket.end(`${OK}{"Id":7}`), /can't be read/],
  ['lies (nested without end)', 'docker', (socket) => socket.end(`${OK}${'['.repeat(500_000)}`), /can't be read/],
  ['lies (eleven containers)', 'docker', (socket) => socket.end(`${OK}[${Array(11).fill('{}')}]`), /more than 10/],
  [
    'lies (another protocol)',
    'cri',
    (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    /does not speak HTTP\/2/,
  ],
  ['lies (a huge frame)', 'cri', (socket) => socket.write(Buffer.from([255, 255, 255, 0, 0, 0, 0, 0, 1])), /HTTP\/2/],
  [
    'lies (a huge message)',
    'cri',
    (socket) => socket.write(frame(FRAME.data, 1, 1, Buffer.concat([grpcHead(0xffff_ffff), Buffer.alloc(9)]))),
    /does not speak gRPC/,
  ],
  [
    'lies (no protobuf)',
    'cri',
    (socket) => socket.write(frame(FRAME.data, 1, 1, Buffer.concat([grpcHead(3), Buffer.from([0x0a, 99, 1])]))),
    /can't be read: a field that is longer/,
  ],
  ['lies (padding)', 'cri', (socket) => socket.write(frame(FRAME.data, 9, 1, Buffer.from([200, 1]))), /HTTP\/2/],
  ['pushes', 'cri', (socket) => socket.write(frame(FRAME.push, 4, 1, Buffer.alloc(4))), /HTTP\/2/],
  ['resets', 'cri', (socket) => socket.write(frame(FRAME.reset, 0, 1, Buffer.alloc(4))), /broke off/],
  ['goes away', 'cri', (socket) => socket.write(frame(FRAME.goAway, 0, 0, Buffer.alloc(8))), /about to end/],
  ['dies at once', 'cri', (socket) => socket.destroy(), /hung up/],
  ['dies midway', 'docker', (socket) => socket.end('HTTP/1.0 200 OK\r\nContent-Length: 90\r\n\r\n[{"Id"'), /hung up/],
  ['dies midway', 'cri', (socket) => socket.end(Buffer.concat([settings, frame(0, 0, 1, grpcHead(50))])), /hung up/],
];

function hold(t: ExecutionContext, socket: RuntimeSocket, limits = LIMITS) {
  const problems: Problem[] = [];
  const clock = {ms: 0};
  const sockets = [socket];
  const tell = (problem: Problem) => problems.push(problem);
  const containers = new Containers({sockets, limits, tell, now: () => clock.ms});
  t.teardown(() => containers.close());
  const ask = async (ms: number) => {
    clock.ms = ms;
    containers.lookup(`/docker/${ms.toString(16).padStart(64, '0')}`);
    await containers.idle();
  };
  return {containers, problems, ask};
}

for (const [name, protocol, each, why] of RUNTIMES) {
  const limits = /^(hangs|dribbles)/.test(name) ? HURRIED : LIMITS;
  test.serial(
    `a stand-in for a runtime that ${name} (${protocol}) is told of once, and waited for nowhere`,
    async (t) => {
      let connections = 0;
      const path = await serveRaw(t, (socket) => {
        connections++;
        socket.resume();
        each(socket);
      });
      const {containers, problems, ask} = hold(t, {path, runtime: 'fake', protocol}, limits);
      t.deepEqual(containers.lookup(`/docker/${A}`), {id: A, runtime: 'docker'});
      await containers.idle();
      t.is(problems.length, 1);
      t.is(problems[0].what, `socket of fake, ${path}`);
      t.regex(problems[0].why, why);
      t.truthy(problems[0].remedy);
      const before = connections;
      await ask(900);
      t.is(connections, before, 'not again within a second');
      await ask(2000);
      t.true(connections > before);
      t.is(problems.length, 1, 'told once');
      t.deepEqual(containers.list(), []);
    },
  );
}

test('a stand-in that fails is asked after ever longer pauses, up to a minute, and told of again once it had worked', async (t) => {
  let answer = 'x';
  const asked: number[] = [];
  let now = 0;
  const path = await serveDocker(t, () => {
    asked.push(now);
    return answer;
  });
  const {containers, problems, ask} = hold(t, {path, runtime: 'docker', protocol: 'docker'});
  for (now = 0; now < 300_000; now += 1500) await ask(now);
  const pauses = asked.slice(1).map((at, i) => at - asked[i]);
  t.log(pauses.join(' '));
  t.true(pauses[0] <= 1500 && pauses.every((ms, i) => i === 0 || ms >= pauses[i - 1]));
  t.true(pauses.at(-1)! >= 60_000 && pauses.at(-1)! < 63_000);
  answer = JSON.stringify([{Id: A, Names: ['/web']}]);
  for (; containers.list().length === 0 && now < 400_000; now += 1500) await ask(now);
  t.is(containers.lookup(`/docker/${A}`)?.name, 'web');
  answer = 'x';
  await ask(now + 300_000);
  t.is(problems.length, 2);
  t.is(containers.lookup(`/docker/${A}`)?.name, 'web', 'a failure takes nothing away');
});

test('what is no socket, or not of root or of the user, is not talked to', async (t) => {
  const path = socketPath(t);
  const socket = (at: string): RuntimeSocket => ({path: at, runtime: 'docker', protocol: 'docker'});
  writeFileSync(path, '');
  t.regex(presentSockets([socket(path)])[0].problem?.why ?? '', /no socket/);
  const {problems, ask} = hold(t, socket(path));
  await ask(0);
  await ask(5000);
  t.is(problems.length, 1);
  const real = await serveRaw(t, () => {});
  t.deepEqual(presentSockets([socket(real)]), [socket(real)]);
  symlinkSync(real, `${path}.link`);
  t.deepEqual(presentSockets([socket(real), socket(`${path}.link`)]), [socket(real)], 'asked once');
  symlinkSync('loop', `${path}.loop`);
  t.deepEqual(presentSockets([socket(`${path}.loop`), socket(`${path}.none`)]), []);
  if (process.getuid?.() !== 0) return;
  chownSync(real, 4711, 0);
  t.regex(presentSockets([socket(real)])[0].problem?.why ?? '', /belongs to user 4711/);
});

test.serial('a socket that this user may not connect to is told of', async (t) => {
  const path = await serveRaw(t, () => {});
  chmodSync(dirname(path), 0o755);
  chmodSync(path, 0o000);
  const {problems, ask} = hold(t, {path, runtime: 'docker', protocol: 'docker'});
  // Root may connect to anything: somebody else for as long as it is tried.
  const root = process.getuid?.() === 0;
  if (root) process.seteuid!(65_534);
  try {
    await ask(0);
  } finally {
    if (root) process.seteuid!(0);
  }
  t.is(problems.length, 1);
  t.regex(problems[0].why, /may not connect/);
});
