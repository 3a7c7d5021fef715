import {Buffer} from 'node:buffer';
import {encodeFields, type Fields} from './hpack.ts';
import {NoList} from './types.ts';

/** Frame types and flags of HTTP/2 (RFC 9113). */
export const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const FLAG = {endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32} as const;
const HEAD = 9;
/** What a peer may send without being allowed more, which it never is. */
const MAX_FRAME = 16_384;
/** Whoever cuts an answer into more frames, or sends as many pings, wants to keep kstop busy. */
const MAX_FRAMES = 10_000;
const SETTING = {headerTableSize: 1, push: 2, initialWindow: 4} as const;

export interface Frame {
  type: number;
  flags: number;
  stream: number;
  body: Buffer;
}

export function frame(type: number, flags: number, stream: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

/** Bytes as they come, into whole frames. */
export class FrameReader {
  private rest: Buffer = Buffer.alloc(0);
  private frames = 0;

  /** Throws a NoList for what HTTP/2 doesn't allow. */
  *push(chunk: Buffer): Generator<Frame> {
    let bytes = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk;
    while (bytes.length >= HEAD) {
      const length = bytes.readUIntBE(0, 3);
      if (length > MAX_FRAME) throw new NoList('it does not speak HTTP/2');
      if (bytes.length < HEAD + length) break;
      const type = bytes[3];
      if (++this.frames > MAX_FRAMES) throw new NoList('it floods kstop with HTTP/2 frames');
      yield {
        type,
        flags: bytes[4],
        stream: bytes.readUInt32BE(5) & 0x7fff_ffff,
        body: bytes.subarray(HEAD, HEAD + length),
      };
      bytes = bytes.subarray(HEAD + length);
    }
    this.rest = bytes;
  }
}

/** A frame's body without padding and priority. */
export function payload({flags, body, type}: Frame): Buffer {
  const padded = (flags & FLAG.padded) !== 0;
  const start = (padded ? 1 : 0) + (type === FRAME.headers && flags & FLAG.priority ? 5 : 0);
  const end = body.length - (padded ? body[0] : 0);
  if (!(start <= end)) throw new NoList('it does not speak HTTP/2');
  return body.subarray(start, end);
}

/**
 * All that a client sends for one request on stream 1: it lets the other side send up to `window` bytes without being
 * asked for more, and keep no table of header fields.
 */
export function request(fields: Fields, body: Buffer, window: number): Buffer {
  const settings = Buffer.alloc(18);
  for (const [i, [id, value]] of [
    [SETTING.headerTableSize, 0],
    [SETTING.push, 0],
    [SETTING.initialWindow, window],
  ].entries()) {
    settings.writeUInt16BE(id, i * 6);
    settings.writeUInt32BE(value, i * 6 + 2);
  }
  const more = Buffer.alloc(4);
  more.writeUInt32BE(window);
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1'),
    frame(FRAME.settings, 0, 0, settings),
    frame(FRAME.windowUpdate, 0, 0, more),
    frame(FRAME.headers, FLAG.endHeaders, 1, encodeFields(fields)),
    frame(FRAME.data, FLAG.endStream, 1, body),
  ]);
}
