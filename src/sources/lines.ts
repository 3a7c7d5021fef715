import {Buffer} from 'node:buffer';

/** A line longer than this is skipped, so that no file can fill memory. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** `open`: the last piece, with no newline at its end. Invalid UTF-8 is replaced, as everywhere. */
export type Line = {text: string; open?: true} | {tooLong: true};

/**
 * Bytes as lines, in one batch a chunk, so that a reader knows when what has arrived is used up.
 * Empty lines are left out.
 */
export async function* lineBatches(chunks: AsyncIterable<Uint8Array>, max = MAX_LINE_BYTES): AsyncGenerator<Line[]> {
  let pending: Uint8Array[] = [];
  let size = 0;
  let skipping = false;
  const take = (last: Uint8Array): Line | undefined => {
    const whole = Buffer.concat([...pending, last]);
    const tooLong = skipping || whole.length > max;
    pending = [];
    size = 0;
    skipping = false;
    if (tooLong) return {tooLong: true};
    const text = whole.toString('utf8').trim();
    return text === '' ? undefined : {text};
  };
  for await (const chunk of chunks) {
    const batch: Line[] = [];
    let from = 0;
    for (let to = chunk.indexOf(10); to >= 0; to = chunk.indexOf(10, from)) {
      const line = take(chunk.subarray(from, to));
      if (line) batch.push(line);
      from = to + 1;
    }
    if (from < chunk.length && !skipping) {
      // Copied, because the reader may use the chunk's memory again.
      pending.push(Buffer.from(chunk.subarray(from)));
      size += chunk.length - from;
      if (size > max) {
        pending = [];
        skipping = true;
      }
    }
    if (batch.length > 0) yield batch;
  }
  const rest = take(new Uint8Array());
  if (rest) yield ['text' in rest ? {...rest, open: true} : rest];
}
