import {Buffer} from 'node:buffer';
import type {Conversation} from './converse.ts';
import {NoList} from './types.ts';

const MAX_HEAD = 16 * 1024;
const END_OF_HEAD = '\r\n\r\n';

/** The body's length as the head has it; undefined when it ends with the connection. Throws for all but a plain 200. */
function bodyLength(head: string): number | undefined {
  const [first, ...lines] = head.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1];
  if (!status) throw new NoList('it does not speak HTTP');
  if (status !== '200') throw new NoList(`it answered with status ${status}`);
  const field = (name: string) =>
    lines
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  if (field('transfer-encoding') !== undefined) throw new NoList('it answered in a form that was not asked for');
  const length = field('content-length');
  if (length === undefined) return undefined;
  if (!/^\d{1,10}$/.test(length)) throw new NoList('it does not speak HTTP');
  return Number(length);
}

/**
 * Asks for one document by HTTP/1.0, which knows neither chunks nor a second request on a connection: a server of
 * HTTP/1.1 answers in the same way. Redirects are not followed.
 */
export function get(path: string): Conversation<Buffer> {
  let chunks: Buffer[] = [];
  let size = 0;
  let head = false;
  let length: number | undefined;
  const takeHead = () => {
    const all = Buffer.concat(chunks);
    const at = all.indexOf(END_OF_HEAD);
    if (at < 0 && all.length <= MAX_HEAD) return;
    if (at < 0 || at > MAX_HEAD) throw new NoList('it does not speak HTTP');
    length = bodyLength(all.toString('latin1', 0, at));
    head = true;
    chunks = [all.subarray(at + END_OF_HEAD.length)];
    size = chunks[0].length;
  };
  const whole = () => Buffer.concat(chunks).subarray(0, length);
  return {
    opening: Buffer.from(
      `GET ${path} HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\nUser-Agent: kstop\r\n\r\n`,
    ),
    data(chunk) {
      chunks.push(chunk);
      size += chunk.length;
      if (!head) takeHead();
      return head && length !== undefined && size >= length ? whole() : undefined;
    },
    end: () => (head && length === undefined ? whole() : undefined),
  };
}
