import {Problem} from '../util/problem.ts';

/**
 * Where an output writes. Takes the text whole; a promise means "no more until this resolves" (backpressure).
 * It rejects with an OutputError when the text could not be written.
 */
export type Write = (text: string) => Promise<void> | undefined;

/** A failed write: full disk, closed pipe, read-only folder … `code` is the errno's name (`EPIPE`: the reader left). */
export class OutputError extends Problem {
  override name = 'OutputError';
  readonly code: string;

  /** `words` where more is known than the errno's meaning. */
  constructor(what: string, error: unknown, words?: Words) {
    const code = errnoName(error);
    const [why, remedy] = words ?? WHY[code] ?? [error instanceof Error ? error.message : String(error)];
    super(what, why, remedy);
    this.code = code;
  }
}

function errnoName(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'EIO';
}

type Words = [why: string, remedy?: string];

const WHY: Record<string, Words | undefined> = {
  ENOSPC: ['the disk is full', 'free some space; what was written so far is kept'],
  EDQUOT: ['the disk quota is used up', 'free some space; what was written so far is kept'],
  EFBIG: ['the file is as large as it may get', 'start another one, or use --max-size'],
  EROFS: ['the folder is read-only', 'choose another folder'],
  EACCES: ['permission denied', 'choose a folder that this user may write to'],
  EPERM: ['not permitted', 'choose a folder that this user may write to'],
  ENOENT: ['there is no such folder', 'create it first, or choose another one'],
  ENOTDIR: ['part of the path is not a folder', 'choose another path'],
  EEXIST: ['it exists already, and kstop never writes over a file', 'choose another name, or remove it'],
  EISDIR: ['it is a folder', 'name a file in it'],
  ELOOP: ['it is a symbolic link', 'choose another name, or remove it'],
  ENAMETOOLONG: ['the name is too long', 'choose a shorter one'],
  EPIPE: ['the reader closed the pipe', 'nothing to do: kstop ends'],
  EIO: ['the device reported an input/output error', 'see dmesg'],
};

/** The part of a Node stream that a sink needs. */
export interface StreamLike {
  write(text: string): boolean;
  once(event: 'drain' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  removeListener(event: 'drain' | 'close', listener: () => void): unknown;
}

/** A Node stream (stdout) as a sink: waits for `drain`; the first error is final and rejects every later write. */
export function streamSink(stream: StreamLike, what: string): Write {
  let failure: OutputError | undefined;
  let wake: (() => void) | undefined;
  stream.on('error', (error) => {
    failure ??= new OutputError(what, error);
    wake?.();
  });
  return (text) => {
    if (failure) return Promise.reject(failure);
    if (stream.write(text)) return undefined;
    return new Promise((resolve, reject) => {
      wake = () => {
        wake = undefined;
        stream.removeListener('drain', done);
        stream.removeListener('close', done);
        if (failure) reject(failure);
        else resolve();
      };
      const done = () => wake?.();
      stream.once('drain', done);
      stream.once('close', done);
      if (failure) wake();
    });
  };
}
