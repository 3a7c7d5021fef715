import type {Buffer} from 'node:buffer';
import {connect} from 'node:net';
import {type Limits, NoList} from './types.ts';

/** One question and its answer over a socket. `data` and `end` throw a NoList when it goes wrong. */
export interface Conversation<T> {
  opening: Buffer;
  /** Takes what came, may answer at once; gives the result as soon as it is whole. */
  data(chunk: Buffer, send: (bytes: Buffer) => void): T | undefined;
  /** The other side has hung up: what came may be whole all the same. */
  end(): T | undefined;
}

const WHY: Record<string, string> = {
  EACCES: 'this user may not connect to it',
  EPERM: 'this user may not connect to it',
  ECONNREFUSED: 'nobody listens there',
  ENOENT: 'it is gone',
  ECONNRESET: 'it hung up in the midst of its answer',
  EPIPE: 'it hung up in the midst of its answer',
  EAGAIN: 'too many are waiting for it',
};

/**
 * Holds one conversation over a UNIX socket: within the time in all (not from byte to byte) and the size, whatever the
 * other side does. Rejects with a NoList.
 */
export function converse<T>(path: string, talk: Conversation<T>, limits: Limits, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let received = 0;
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.destroy();
      settle();
    };
    const fail = (error: unknown) => finish(() => reject(error));
    const abort = () => fail(new NoList('kstop ends', true));
    const timer = setTimeout(() => fail(new NoList(`no answer within ${limits.timeoutMs / 1000} s`)), limits.timeoutMs);
    /** A thrown error ends the conversation, a result too. */
    const attempt = (step: () => T | undefined) => {
      try {
        const result = step();
        if (result !== undefined) finish(() => resolve(result));
      } catch (error) {
        fail(error);
      }
    };
    socket.on('error', (error: NodeJS.ErrnoException) => fail(new NoList(WHY[error.code ?? ''] ?? error.message)));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > limits.maxBytes) fail(new NoList(`an answer of more than ${limits.maxBytes} bytes`));
      else attempt(() => talk.data(chunk, (bytes) => socket.write(bytes)));
    });
    socket.on('end', () => {
      attempt(() => talk.end());
      fail(new NoList('it hung up in the midst of its answer'));
    });
    signal?.addEventListener('abort', abort, {once: true});
    if (signal?.aborted) abort();
    else socket.write(talk.opening);
  });
}
