import {stat} from 'node:fs/promises';
import {setImmediate as turn} from 'node:timers/promises';
import type {Header} from '../types/stream.ts';
import {monoMs} from '../util/stamp.ts';
import type {MarkCollector} from './marks.ts';
import {RecordingPass} from './recording-pass.ts';

/** Reading all of a larger file would take the time that the replay needs: its marks then come as it plays. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Reads a recording to its end, giving way to all else after each piece: notes its warnings and critical events, and
 * resolves with its length in milliseconds. Undefined, with whatever was noted, for a pipe, a large file, one that
 * can't be read or is damaged, and when `stopped`.
 */
export async function survey(
  file: string,
  header: Header,
  marks: MarkCollector,
  stopped: () => boolean,
): Promise<number | undefined> {
  if (file === '-') return undefined;
  let pass: RecordingPass | undefined;
  try {
    const {size, isFile} = await stat(file).then((it) => ({size: it.size, isFile: it.isFile()}));
    if (!isFile || size > MAX_BYTES) return undefined;
    pass = new RecordingPass(file, process.stdin);
    const startMs = monoMs(await pass.open());
    if (startMs !== monoMs(header)) return undefined;
    for await (const {events} of pass.frames()) {
      if (stopped()) return undefined;
      for (const event of events) marks.add(event, monoMs(event) - startMs);
      await turn();
    }
    return pass.last && Math.max(0, monoMs(pass.last) - startMs);
  } catch {
    // What is wrong with the file is told by the replay itself.
    return undefined;
  } finally {
    await pass?.close().catch(() => {});
  }
}
