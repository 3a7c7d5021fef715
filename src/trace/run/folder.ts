import {
  closeSync,
  constants,
  fchmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** The script's name in its folder: bpftrace names it in its messages. */
export const SCRIPT = 'script.bt';
const RUN = '/run/kstop';
const MODE_OTHERS = 0o022;

/** Folders of other PID namespaces are theirs: a number tells nothing there. */
function namespaceId(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}

/** Where private folders are made: /run/kstop for root, else the place for temporary files. */
function base(): string {
  if (process.geteuid?.() !== 0) return tmpdir();
  try {
    mkdirSync(RUN, {mode: 0o700, recursive: true});
    const stats = lstatSync(RUN);
    if (stats.isDirectory() && stats.uid === 0 && (stats.mode & MODE_OTHERS) === 0) return RUN;
  } catch {
    // Read-only in some containers.
  }
  return tmpdir();
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Removes folders that runs of ours left behind: of a kstop that is gone, whose supervisor was killed, too. */
export function sweepFolders(where = base()): void {
  let names: string[] = [];
  try {
    names = readdirSync(where);
  } catch {
    // Then there is nothing to sweep either.
  }
  const ours = new RegExp(`^kstop-trace-${namespaceId()}-(\\d+)-`);
  for (const name of names) {
    const pid = Number(ours.exec(name)?.[1] ?? 0);
    if (pid === 0 || alive(pid)) continue;
    const path = join(where, name);
    try {
      const stats = lstatSync(path);
      if (stats.isDirectory() && stats.uid === process.geteuid?.()) removeFolder(path);
    } catch {
      // Somebody else was faster.
    }
  }
}

/** A new folder (0700) with the script in it (0600). Throws what the file system says. */
export function makeFolder(script: string, where = base()): string {
  const folder = mkdtempSync(join(where, `kstop-trace-${namespaceId()}-${process.pid}-`));
  try {
    const {O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW} = constants;
    const file = openSync(join(folder, SCRIPT), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      fchmodSync(file, 0o600);
      const bytes = Buffer.from(script);
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    } finally {
      closeSync(file);
    }
    return folder;
  } catch (error) {
    removeFolder(folder);
    throw error;
  }
}

/** Links in it are removed, not followed. */
export function removeFolder(folder: string): void {
  rmSync(folder, {recursive: true, force: true});
}
