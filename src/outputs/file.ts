import {constants} from 'node:fs';
import {type FileHandle, lstat, open} from 'node:fs/promises';
import {createGzip, type Gzip, constants as zlib} from 'node:zlib';
import {OutputError, type Write} from './sink.ts';

/** More than this waiting for the disk, and the writer is asked to wait. */
const HIGH_WATER = 1024 * 1024;

/** The user behind sudo, who shall own what root writes for them. Undefined without root or without sudo. */
export function userBehindSudo(env: NodeJS.ProcessEnv = process.env): {uid: number; gid: number} | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const [uid, gid] = [env.SUDO_UID, env.SUDO_GID].map((id) => (id && /^\d{1,10}$/.test(id) ? Number(id) : undefined));
  return uid === undefined || gid === undefined ? undefined : {uid, gid};
}

/**
 * A new file that is appended to: 0600, owned by the user behind sudo, never over an existing file, never through a
 * symbolic link, compressed if its name says so. The first failure is final; later calls reject with it.
 */
export class OutputFile {
  readonly path: string;
  /** What identifies the file itself, should its name be used for another one later. */
  readonly inode: {dev: number; ino: number};
  readonly #handle: FileHandle;
  readonly #gzip?: Gzip;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #taken = 0;
  #pumping?: Promise<void>;
  #failure?: OutputError;

  /** Use `createOutputFile`. */
  constructor(path: string, handle: FileHandle, inode: {dev: number; ino: number}, gzip: boolean) {
    this.path = path;
    this.inode = inode;
    this.#handle = handle;
    if (!gzip) return;
    this.#gzip = createGzip();
    this.#gzip.on('data', (data: Uint8Array) => this.#push(data));
    this.#gzip.on('error', (error) => this.#fail(error));
  }

  /** Bytes that went to the file or wait for it (compressed). */
  get bytes(): number {
    return this.#taken;
  }

  /** Bound, so that it can be handed to an output. */
  readonly write: Write = (text) => {
    if (this.#failure) return Promise.reject(this.#failure);
    const room = this.#gzip ? this.#gzip.write(text) : this.#push(Buffer.from(text));
    if (room && this.#queued < HIGH_WATER) return undefined;
    return room ? this.#written() : this.flush();
  };

  /** Everything taken so far reaches the file, readable up to here also when compressed. */
  async flush(): Promise<void> {
    const gzip = this.#gzip;
    if (gzip && !this.#failure) await new Promise<void>((done) => gzip.flush(zlib.Z_SYNC_FLUSH, done));
    await this.#written();
  }

  /** Writes what is left and closes. Rejects when anything could not be written. */
  async close(): Promise<void> {
    const gzip = this.#gzip;
    if (gzip && !gzip.writableEnded && !this.#failure) {
      await new Promise<void>((done) =>
        gzip
          .once('end', done)
          .once('error', () => done())
          .end(),
      );
    }
    try {
      await this.#written();
    } finally {
      await this.#handle.close().catch((error) => this.#fail(error));
    }
    if (this.#failure) throw this.#failure;
  }

  /** False when the writer should wait. */
  #push(data: Uint8Array): boolean {
    if (this.#failure) return true;
    this.#queue.push(data);
    this.#queued += data.length;
    this.#taken += data.length;
    this.#pumping ??= this.#pump();
    return this.#queued < HIGH_WATER;
  }

  async #pump(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const data = Buffer.concat(this.#queue);
        this.#queue = [];
        for (let at = 0; at < data.length; ) at += (await this.#handle.write(data, at)).bytesWritten;
        this.#queued -= data.length;
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#pumping = undefined;
    }
  }

  async #written(): Promise<void> {
    while (this.#pumping) await this.#pumping;
    if (this.#failure) throw this.#failure;
  }

  #fail(error: unknown): void {
    this.#failure ??= new OutputError(this.path, error);
    this.#queue = [];
    this.#queued = 0;
  }
}

/** What is there already may be nothing that one should remove. */
async function existing(path: string, error: unknown): Promise<OutputError> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats?.isDirectory()) return new OutputError(path, error, ['it is a folder', 'name a file in it']);
  if (!stats || stats.isFile() || stats.isSymbolicLink()) return new OutputError(path, error);
  return new OutputError(path, error, [
    'it is no regular file, and kstop makes a new one',
    'send stdout there: > FILE',
  ]);
}

/**
 * Makes the file. `gzip` as its name says, unless told otherwise; `owner` is who gets it (tests).
 * @throws {OutputError} when it exists already or can't be made.
 */
export async function createOutputFile(
  path: string,
  {gzip = path.endsWith('.gz'), owner = userBehindSudo()} = {},
): Promise<OutputFile> {
  const {O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW} = constants;
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    if (owner) await handle.chown(owner.uid, owner.gid);
    const {dev, ino} = await handle.stat();
    return new OutputFile(path, handle, {dev, ino}, gzip);
  } catch (error) {
    await handle?.close();
    throw (error as NodeJS.ErrnoException).code === 'EEXIST'
      ? await existing(path, error)
      : new OutputError(path, error);
  }
}
