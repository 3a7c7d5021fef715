import {readFileSync, readlinkSync} from 'node:fs';
import {visibleUpTo} from '../../util/sanitize.ts';

/** Who asked for a trace, as far as the system can tell. */
export interface Who {
  uid?: number;
  /** The user who logged in, whoever they have become since. */
  login_uid?: number;
  sudo_uid?: number;
  sudo_user?: string;
  pid: number;
  tty?: string;
}

/** What the kernel writes for a process that nobody's login started. */
const NOBODY = 4_294_967_295;
const MOST_CHARACTERS = 64;

const id = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,10}$/.test(text.trim()) ? Number(text) : undefined;

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Of this process. What isn't known is absent. */
export function whoAsks(env: NodeJS.ProcessEnv = process.env): Who {
  const login = id(orNothing(() => readFileSync('/proc/self/loginuid', 'latin1')));
  const tty = [0, 2]
    .map((fd) => orNothing(() => readlinkSync(`/proc/self/fd/${fd}`)))
    .find((path) => path && /^\/dev\/(?:pts\/|tty|console)/.test(path));
  return {
    uid: process.getuid?.(),
    ...(login !== undefined && login !== NOBODY && {login_uid: login}),
    ...(id(env.SUDO_UID) !== undefined && {sudo_uid: id(env.SUDO_UID)}),
    ...(env.SUDO_USER && {sudo_user: visibleUpTo(env.SUDO_USER, MOST_CHARACTERS)}),
    pid: process.pid,
    ...(tty && {tty}),
  };
}
