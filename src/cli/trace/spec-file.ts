import {closeSync, constants, fstatSync, openSync, statSync} from 'node:fs';
import {UsageError} from '../errors.ts';
import {readUpTo} from '../read-up-to.ts';

/** Far more than twenty specs with long texts. */
const MAX_BYTES = 1024 * 1024;
const TOO_LARGE = ['it is larger than 1 MiB', 'is it a trace spec at all?'] as const;

const WHY: Record<string, readonly [why: string, remedy?: string] | undefined> = {
  ENOENT: ['no such file', 'check the name; - is stdin'],
  ENOTDIR: ['part of the path is no folder', 'check the name'],
  EACCES: ['permission denied'],
  ELOOP: ['too many symbolic links', 'name the file itself'],
};

function fromFile(path: string): Buffer {
  let fd: number | undefined;
  try {
    // Opening some devices does something; the descriptor is looked at again below.
    const named = statSync(path);
    if (named.isFile()) fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const stats = fd === undefined ? named : fstatSync(fd);
    if (stats.isDirectory()) throw new UsageError(path, 'it is a folder', 'name the file in it');
    if (fd === undefined || !stats.isFile())
      throw new UsageError(path, 'it is no regular file', 'send it to stdin: --spec -');
    if (stats.size > MAX_BYTES) throw new UsageError(path, ...TOO_LARGE);
    return readUpTo(fd, MAX_BYTES);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const {code = '', message} = error as NodeJS.ErrnoException;
    throw new UsageError(path, ...(WHY[code] ?? [message]));
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

async function fromStream(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BYTES) break;
  }
  return Buffer.concat(chunks);
}

/**
 * The JSON in a file that anybody may have written; `-` is stdin.
 * @throws {UsageError} why it is none: missing, no regular file, over 1 MiB, not UTF-8, no JSON.
 */
export async function readSpecFile(file: string, stdin: AsyncIterable<Uint8Array> = process.stdin): Promise<unknown> {
  const what = file === '-' ? 'stdin' : file;
  const bytes = file === '-' ? await fromStream(stdin) : fromFile(file);
  if (bytes.length > MAX_BYTES) throw new UsageError(what, ...TOO_LARGE);
  let text: string;
  try {
    text = new TextDecoder('utf-8', {fatal: true}).decode(bytes);
  } catch {
    throw new UsageError(what, 'it is not UTF-8', 'save it as UTF-8');
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    // The message quotes the file.
    throw new UsageError(what, `it is no JSON: ${(error as Error).message.slice(0, 120)}`, 'see docs/traces.md');
  }
}
