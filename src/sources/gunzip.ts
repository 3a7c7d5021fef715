import {constants, createGunzip} from 'node:zlib';

/** Input is fed in pieces of this size, so that even a decompression bomb (1000:1) makes at most 16 MiB at a time. */
const PIECE = 16 * 1024;

/** True when a file's first bytes are gzip's. */
export function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/**
 * Decompresses as the consumer asks for more. Everything that was decoded before an error is delivered before it is
 * thrown, and a stream that just stops (a recording cut off) ends without an error. Zeros behind the last member (a file
 * padded to whole blocks) are nothing, as for gzip itself.
 */
export async function* gunzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = createGunzip({finishFlush: constants.Z_SYNC_FLUSH});
  let out: Uint8Array[] = [];
  let failure: Error | undefined;
  let over = false;
  let wake = () => {};
  const taken = (start: (done: () => void) => void) =>
    new Promise<void>((resolve) => {
      wake = resolve;
      start(resolve);
    });
  stream.on('data', (data: Uint8Array) => out.push(data));
  stream.on('error', (error) => {
    failure = error;
    wake();
  });
  stream.on('end', () => {
    over = true;
    wake();
  });
  const collected = () => {
    const all = out;
    out = [];
    return all;
  };
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += PIECE) {
        await taken((done) => stream.write(chunk.subarray(at, at + PIECE), () => done()));
        yield* collected();
        if (failure) throw failure;
        if (over) return;
      }
    }
    if (!over) await taken(() => void stream.end());
    yield* collected();
    if (failure) throw failure;
  } finally {
    stream.destroy();
  }
}
