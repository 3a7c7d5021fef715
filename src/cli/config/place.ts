import {readFileSync} from 'node:fs';
import {isAbsolute, join} from 'node:path';

const NAME = 'kstop/config.toml';
const SYSTEM_FILE = join('/etc', NAME);

/** Who started kstop: behind sudo the user who called it. */
export interface Invoker {
  uid: number;
  /** Home folder, where it is known. */
  home?: string;
}

/** A place where a config file may be. `named`: the user named it, so it must be there. */
export interface Place {
  path: string;
  named: boolean;
}

/** Home folder of another user: from /etc/passwd, else by getent (directory services). */
function homeOf(uid: number): string | undefined {
  const find = (text: string) => text.split('\n').find((line) => line.split(':')[2] === String(uid));
  const line = find(readText('/etc/passwd')) ?? find(getent(uid));
  const home = line?.split(':')[5];
  return home && isAbsolute(home) ? home : undefined;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Loading the module would cost every start some milliseconds; few hosts need it. */
function getent(uid: number): string {
  const {spawnSync} = process.getBuiltinModule('node:child_process');
  return spawnSync('/usr/bin/getent', ['passwd', String(uid)], {encoding: 'utf8', timeout: 2000}).stdout ?? '';
}

/** The user behind sudo, as SUDO_UID tells root, else the process's own. Anyone but root is who he is. */
export function invoker(env: NodeJS.ProcessEnv, uid = process.getuid?.() ?? 0): Invoker {
  const sudo = /^\d{1,10}$/.test(env.SUDO_UID ?? '') ? Number(env.SUDO_UID) : uid;
  if (uid === 0 && sudo !== 0) return {uid: sudo, home: homeOf(sudo)};
  const home = env.HOME && isAbsolute(env.HOME) ? env.HOME : homeOf(uid);
  return {uid, home};
}

/** Where a config file is looked for, in this order; the first one there is counts, alone. */
export function places(named: string | undefined, env: NodeJS.ProcessEnv, who: () => Invoker): Place[] {
  if (named !== undefined) return [{path: named, named: true}];
  if (env.KSTOP_CONFIG) return [{path: env.KSTOP_CONFIG, named: true}];
  const {XDG_CONFIG_HOME: xdg} = env;
  const {home} = who();
  const folder = xdg && isAbsolute(xdg) ? xdg : home && join(home, '.config');
  return [...(folder ? [join(folder, NAME)] : []), SYSTEM_FILE].map((path) => ({path, named: false}));
}
