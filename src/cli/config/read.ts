import {closeSync, constants, fstatSync, openSync, type Stats, statSync} from 'node:fs';
import {UsageError} from '../errors.ts';
import {readUpTo} from '../read-up-to.ts';
import type {Place} from './place.ts';

/** Far more than every key with a long value. */
export const MAX_BYTES = 64 * 1024;

/** A config file's text, and whether root vouches for it. */
export interface Text {
  text: string;
  rootOwned: boolean;
}

/** Reasons to refuse a file, from what fstat says of the descriptor that is read: no name can be swapped meanwhile. */
function refusal(stats: Stats, uid: number): [why: string, remedy: string] | undefined {
  if (stats.isDirectory()) return ['it is a folder', 'name the file in it'];
  if (!stats.isFile()) return ['it is no regular file', 'write the settings into a plain file'];
  if (stats.uid !== 0 && stats.uid !== uid)
    return [`it belongs to user ${stats.uid}, neither to root nor to you`, 'chown it, or name another file'];
  if (stats.mode & 0o022) return ['others may write to it', 'chmod go-w it'];
  if (stats.size > MAX_BYTES) return [`it is larger than ${MAX_BYTES / 1024} KiB`, 'is it a config file at all?'];
  return undefined;
}

const WHY: Record<string, [why: string, remedy: string] | undefined> = {
  ENOENT: ['no such file', 'create it, or name another one'],
  ENOTDIR: ['part of the path is no folder', 'name another file'],
  EACCES: ['permission denied', 'make it readable for this user, or name another file'],
  ELOOP: ['too many symbolic links', 'name the file itself'],
};

/** Missing, or not for this user: no matter where nobody named the file. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EACCES']);

function failed(path: string, error: unknown): UsageError {
  const {code = '', message} = error as NodeJS.ErrnoException;
  return new UsageError(path, ...(WHY[code] ?? ([message.split('\n')[0] ?? code, 'name another file'] as const)));
}

function decode(path: string, bytes: Buffer): string {
  // It may have grown since fstat.
  if (bytes.length > MAX_BYTES) throw new UsageError(path, `it is larger than ${MAX_BYTES / 1024} KiB`, 'shorten it');
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes);
  } catch {
    throw new UsageError(path, 'it is not UTF-8', 'save it as UTF-8');
  }
}

/**
 * Reads a config file that root or the invoking user (`uid`) owns and no one else may write to. Undefined: there is
 * none, and nobody named it.
 * @throws {UsageError} the reason why it is refused.
 */
export function readConfig({path, named}: Place, uid: number): Text | undefined {
  let fd: number | undefined;
  try {
    // Opening some devices does something; the descriptor is looked at again below.
    if (!statSync(path).isFile()) refuse(path, refusal(statSync(path), uid));
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const stats = fstatSync(fd);
    refuse(path, refusal(stats, uid));
    return {text: decode(path, readUpTo(fd, MAX_BYTES)), rootOwned: stats.uid === 0};
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (!named && ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw failed(path, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function refuse(path: string, reason: [why: string, remedy: string] | undefined): void {
  if (reason) throw new UsageError(path, ...reason);
}
