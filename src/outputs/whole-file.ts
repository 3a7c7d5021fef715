import {randomBytes} from 'node:crypto';
import {link, lstat, unlink} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {setImmediate as turn} from 'node:timers/promises';
import {createOutputFile, type OutputFile} from './file.ts';
import {OutputError} from './sink.ts';

/** What link() says on file systems that have no hard links (FAT, some network ones). */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/**
 * Makes a new file that is there whole or not at all, private and never over an existing one: written under a name of
 * its own in the same folder, then linked to `path`. Gives way to other work after each piece.
 * @throws {OutputError} naming `path`, when that exists already or anything can't be written; then nothing is left.
 */
export async function writeWhole(path: string, pieces: Iterable<string>): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}`);
  let file: OutputFile | undefined;
  try {
    file = await createOutputFile(temporary, {gzip: false});
    for (const piece of pieces) {
      await file.write(piece);
      await turn();
    }
    await file.close();
    await publish(file, path);
  } catch (error) {
    await file?.close().catch(() => {});
    const {code, what} = error as OutputError;
    throw code === undefined || what === path ? error : new OutputError(path, error);
  } finally {
    if (file) await unlink(temporary).catch(() => {});
  }
}

async function publish({path: temporary, inode}: OutputFile, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    const {code = ''} = error as NodeJS.ErrnoException;
    if (!NO_LINKS.has(code)) throw error;
    throw new OutputError(path, error, ['its file system has no hard links', 'choose a folder on another one']);
  }
  const {dev, ino} = await lstat(path);
  if (dev === inode.dev && ino === inode.ino) return;
  // In a folder that others may write to, somebody put another file in the place of ours.
  throw new OutputError(path, undefined, ['another program put a file in its place', 'choose a folder of your own']);
}
