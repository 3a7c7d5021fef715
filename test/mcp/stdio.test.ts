/** The program itself over two pipes, as far as it needs no root. */
import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';

const DIST = process.env.KSTOP_DIST ?? join(import.meta.dirname, '../../dist');

class Server {
  readonly child: ChildProcessWithoutNullStreams;
  stdout = '';
  stderr = '';
  readonly ended: Promise<{code: number | null; signal: string | null}>;

  constructor(t: ExecutionContext, args: readonly string[] = []) {
    this.child = spawn(process.execPath, [join(DIST, 'kstop.mjs'), 'mcp', ...args]);
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.child.stdin.on('error', () => {});
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => resolve({code, signal}));
    });
    t.teardown(() => this.child.kill('SIGKILL'));
  }

  send(id: number, method: string, params: object = {}): void {
    this.child.stdin.write(`${JSON.stringify({jsonrpc: '2.0', id, method, params})}\n`);
  }

  initialize(): void {
    const clientInfo = {name: 'test', version: '1'};
    this.send(0, 'initialize', {protocolVersion: '2025-06-18', capabilities: {}, clientInfo});
  }

  /** What it has answered by now. */
  get answers(): {jsonrpc: string; id: number; result?: object; error?: object}[] {
    const lines = this.stdout.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }

  async answer(id: number) {
    for (;;) {
      const found = this.answers.find((each) => each.id === id);
      if (found) return found;
      await new Promise((done) => setTimeout(done, 10));
    }
  }
}

test('it answers, tells of what is no message on stderr alone, goes on, and ends with its input', async (t) => {
  const server = new Server(t);
  server.initialize();
  t.like(await server.answer(0), {result: {serverInfo: {name: 'kstop'}}});
  for (const line of ['no json', '[]', '{"jsonrpc":"1.0"}', '\x1b[2J', '{"jsonrpc":"2.0","id":{},"method":"ping"}'])
    server.child.stdin.write(`${line}\n`);
  server.send(1, 'ping');
  server.send(2, 'no/such/method');
  t.deepEqual((await server.answer(1)).result, {});
  t.like(await server.answer(2), {error: {code: -32601}});
  server.child.stdin.end();
  t.deepEqual(await server.ended, {code: 0, signal: null});
  t.deepEqual(server.answers.map(({id}) => id).toSorted(), [0, 1, 2]);
  const told = server.stderr.trimEnd().split('\n');
  t.is(told.length, 5);
  for (const line of told) t.regex(line, /^kstop: mcp: [^\u0000-\u001f]+$/);
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} ends it well while its client waits`, async (t) => {
    const server = new Server(t);
    server.initialize();
    await server.answer(0);
    server.child.kill(signal);
    t.deepEqual(await server.ended, {code: 0, signal: null});
    t.is(server.stderr, '');
  });
}

test('a client that goes away ends it', async (t) => {
  const server = new Server(t);
  server.initialize();
  await server.answer(0);
  server.child.stdout.destroy();
  server.send(1, 'ping');
  t.deepEqual(await server.ended, {code: 0, signal: null});
});

test('a message over a megabyte ends it with a word why', async (t) => {
  const server = new Server(t);
  server.initialize();
  await server.answer(0);
  for (let i = 0; i < 32; i++) server.child.stdin.write('x'.repeat(65_536));
  t.is((await server.ended).code, 1);
  t.regex(server.stderr, /kstop: mcp: the connection was given up: .*1048576 bytes/);
});

test('a client that asks and doesn’t read is not heard any more, until it reads', async (t) => {
  const server = new Server(t);
  server.initialize();
  await server.answer(0);
  server.child.stdout.pause();
  const asked = 20_000;
  for (let id = 1; id <= asked; id++) server.send(id, 'ping');
  await new Promise((done) => setTimeout(done, 1000));
  const waiting = server.child.stdin.writableLength;
  t.log(`${waiting} bytes not taken`);
  t.true(waiting > 100_000);
  server.child.stdout.resume();
  while (server.stdout.split('\n').length < asked + 2) await new Promise((done) => setTimeout(done, 50));
  t.is(server.answers.length, asked + 1);
});

test('--help names its flags, and no others are taken', async (t) => {
  const help = new Server(t, ['--help']);
  t.is((await help.ended).code, 0);
  for (const flag of ['--allow-trace', '--allow-data', '--probes', '--max-overhead', '--sched-warn'])
    t.true(help.stdout.includes(flag), flag);
  const wrong = new Server(t, ['--json']);
  t.is((await wrong.ended).code, 2);
  t.regex(wrong.stderr, /^kstop: --json: has no meaning in kstop mcp \(it belongs to [a-z, ]+\)\n$/);
});
