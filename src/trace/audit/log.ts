import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  type Stats,
  writeSync,
} from 'node:fs';
import {homedir} from 'node:os';
import {dirname, isAbsolute, join} from 'node:path';
import {Problem} from '../../util/problem.ts';

const SYSTEM = '/var/log/kstop/audit.log';
/** A larger log becomes `audit.log.1`, in place of the one before. */
const MOST_BYTES = 8 * 1024 * 1024;
const REMEDY = 'traces run only where they can be recorded: make it writable for this user alone';

/** root's is the system's; a user's is among their own state. */
export function defaultAuditPath(env: NodeJS.ProcessEnv = process.env, uid = process.geteuid?.()): string {
  if (uid === 0) return SYSTEM;
  const {XDG_STATE_HOME: state, HOME: home} = env;
  return join(
    state && isAbsolute(state) ? state : join(home && isAbsolute(home) ? home : homedir(), '.local/state'),
    'kstop/audit.log',
  );
}

/** Why it isn't safe to write here: somebody else could have made it, or could change it. */
function objection(stats: Stats, uid: number | undefined): string | undefined {
  if (stats.uid !== uid) return `it belongs to user ${stats.uid}`;
  if (stats.mode & 0o022) return 'others can write to it';
  return undefined;
}

/**
 * One object a line, appended, in a file of the user's own (0600) that is never reached through a link. Each line is one write, so
 * that two kstops can share it.
 */
export class AuditLog {
  readonly path: string;
  readonly #most: number;

  /** @param mostBytes when the log is put aside */
  constructor(path = defaultAuditPath(), mostBytes = MOST_BYTES) {
    this.path = path;
    this.#most = mostBytes;
  }

  /** @throws {Problem} when the line can't be written whole */
  write(entry: object): void {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    try {
      this.#folder();
      const file = this.#open(line.length);
      try {
        if (writeSync(file, line) !== line.length) throw new Error('the disk is full');
      } finally {
        closeSync(file);
      }
    } catch (error) {
      const {code, message} = error as NodeJS.ErrnoException;
      throw new Problem(`audit log ${this.path}`, code ?? message, REMEDY);
    }
  }

  #folder(): void {
    const folder = dirname(this.path);
    mkdirSync(folder, {recursive: true, mode: 0o700});
    const stats = lstatSync(folder);
    const why = stats.isDirectory() ? objection(stats, process.geteuid?.()) : 'it is no folder';
    if (why) throw new Error(`${folder}: ${why}`);
  }

  /** The log, with room for so many bytes. */
  #open(bytes: number): number {
    const {O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK} = constants;
    const open = () => openSync(this.path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    const file = open();
    try {
      const stats = fstatSync(file);
      const why =
        stats.isFile() && stats.nlink === 1 ? objection(stats, process.geteuid?.()) : 'it is no file of its own';
      if (why) throw new Error(why);
      if (stats.size === 0 || stats.size + bytes <= this.#most) return file;
      renameSync(this.path, `${this.path}.1`);
    } catch (error) {
      closeSync(file);
      throw error;
    }
    closeSync(file);
    return open();
  }
}
