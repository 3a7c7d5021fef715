import {Buffer} from 'node:buffer';
import {mkdtempSync, rmSync} from 'node:fs';
import {createServer as createHttp} from 'node:http';
import {createServer as createHttp2, type ServerHttp2Stream} from 'node:http2';
import {createServer, type Server, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';

/** Path for a socket of the test's own, in a folder that goes with it. */
export function socketPath(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kstop-runtime-'));
  t.teardown(() => rmSync(folder, {recursive: true, force: true}));
  return join(folder, 'r.sock');
}

async function listen(
  t: ExecutionContext,
  server: Pick<Server, 'listen' | 'close'>,
  sockets: Set<Socket>,
): Promise<string> {
  const path = socketPath(t);
  await new Promise<void>((done) => server.listen(path, () => done()));
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return path;
}

/** A server that does with each connection what the test says. */
export function serveRaw(t: ExecutionContext, each: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    each(socket);
  });
  return listen(t, server, sockets);
}

/** A stand-in for Docker: Node's own HTTP server. */
export async function serveDocker(t: ExecutionContext, answer: (url: string) => string | Buffer): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createHttp((request, response) => response.end(answer(request.url ?? '')));
  server.on('connection', (socket) => sockets.add(socket));
  return listen(t, server, sockets);
}

/** A gRPC answer: a message, or a status with its text. */
export type Reply = Buffer | {status: number; message: string};

function respond(stream: ServerHttp2Stream, reply: Reply): void {
  const fields = {':status': 200, 'content-type': 'application/grpc'};
  if (!Buffer.isBuffer(reply)) {
    stream.respond({...fields, 'grpc-status': String(reply.status), 'grpc-message': reply.message}, {endStream: true});
    return;
  }
  stream.respond(fields, {waitForTrailers: true});
  stream.on('wantTrailers', () => stream.sendTrailers({'grpc-status': '0', 'grpc-message': ''}));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(reply.length, 1);
  stream.end(Buffer.concat([head, reply]));
}

/** A stand-in for a CRI runtime: Node's own HTTP/2 server (nghttp2). */
export async function serveCri(t: ExecutionContext, answer: (method: string) => Reply): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createHttp2();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('sessionError', () => {});
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    stream.resume();
    respond(stream, answer(String(headers[':path'])));
  });
  return listen(t, server, sockets);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push(128 | (value % 128));
  return [...bytes, value];
}

/** A protobuf field: a number, text, or a message. */
export function field(number: number, value: number | string | Buffer): Buffer {
  if (typeof value === 'number') return Buffer.from([...varint(number * 8), ...varint(value)]);
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
}

export const message = (...fields: Buffer[]): Buffer => Buffer.concat(fields);

export const label = (key: string, value: string): Buffer => message(field(1, key), field(2, value));
