import {Buffer} from 'node:buffer';
import {visibleUpTo} from '../../util/sanitize.ts';
import type {Conversation} from './converse.ts';
import {findFields} from './hpack.ts';
import {FLAG, FRAME, type Frame, FrameReader, frame, payload, request} from './http2.ts';
import {NoList} from './types.ts';

const MAX_FIELDS = 64 * 1024;
const MAX_STATUS = 160;
/** gRPC's status of a service or method that isn't there. */
const UNIMPLEMENTED = 12;
const MESSAGE_HEAD = 5;

/** One call's answer from its frames. */
class Answer {
  private readonly data: Buffer[] = [];
  private block: Buffer[] = [];
  private status: number | undefined;
  private message = '';

  /** Gives the message once the stream has ended. */
  take(one: Frame): Buffer | undefined {
    if (one.type === FRAME.data) this.data.push(payload(one));
    else if (one.type === FRAME.headers || one.type === FRAME.continuation) this.takeFields(one);
    else if (one.type === FRAME.reset) throw new NoList('it broke off the call');
    else if (one.type === FRAME.push) throw new NoList('it does not speak HTTP/2');
    // A field block that goes on ends with its last frame; none of ours has more than one, and Go's servers' have none.
    const ends = (one.type === FRAME.data || one.type === FRAME.headers) && (one.flags & FLAG.endStream) !== 0;
    return ends ? this.whole() : undefined;
  }

  private takeFields(one: Frame): void {
    if (one.type === FRAME.headers) this.block = [];
    this.block.push(payload(one));
    const block = Buffer.concat(this.block);
    if (block.length > MAX_FIELDS) throw new NoList('an answer with too many header fields');
    if ((one.flags & FLAG.endHeaders) === 0) return;
    const fields = findFields(block, ['grpc-status', 'grpc-message']);
    const status = fields?.get('grpc-status');
    if (status !== undefined && /^\d{1,3}$/.test(status)) this.status = Number(status);
    this.message = visibleUpTo(fields?.get('grpc-message') ?? '', MAX_STATUS);
  }

  private whole(): Buffer {
    if (this.status === UNIMPLEMENTED) throw new NoList('it does not offer the Container Runtime Interface (v1)', true);
    const data = Buffer.concat(this.data);
    if (this.status || data.length === 0) {
      throw new NoList(
        `it refused the call (gRPC status ${this.status ?? 'unknown'}${this.message && `: ${this.message}`})`,
      );
    }
    // One message, not compressed, and all of it.
    if (data.length < MESSAGE_HEAD || data[0] !== 0 || data.readUInt32BE(1) !== data.length - MESSAGE_HEAD) {
      throw new NoList('it does not speak gRPC');
    }
    return data.subarray(MESSAGE_HEAD);
  }
}

/** One unary call without compression, on a connection of its own. */
export function call(method: string, message: Buffer, window: number): Conversation<Buffer> {
  const head = Buffer.alloc(MESSAGE_HEAD);
  head.writeUInt32BE(message.length, 1);
  const fields = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', method],
    [':authority', 'localhost'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
    ['user-agent', 'kstop'],
  ] as const;
  const frames = new FrameReader();
  const answer = new Answer();
  return {
    opening: request(fields, Buffer.concat([head, message]), window),
    data(chunk, send) {
      for (const one of frames.push(chunk)) {
        const ack = (one.flags & FLAG.ack) !== 0;
        if (one.type === FRAME.settings && !ack) send(frame(FRAME.settings, FLAG.ack, 0));
        else if (one.type === FRAME.ping && !ack) send(frame(FRAME.ping, FLAG.ack, 0, one.body));
        else if (one.type === FRAME.goAway) throw new NoList('it is about to end');
        else if (one.stream === 1) {
          const whole = answer.take(one);
          if (whole) return whole;
        }
      }
      return undefined;
    },
    end: () => undefined,
  };
}
