import {OutputError} from './sink.ts';

/** Longer host names are cut: a file's whole name may have 255 bytes. */
const HOST_MAX = 64;
/** Names tried before giving up. */
const MAX_TRIES = 100;

/** `kstop-web1-20260301T123456Z`: the host's name with nothing in it that a path or a shell acts on, the time in UTC. */
export function fileStem(host: string, time: string): string {
  const name = host.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, HOST_MAX) || 'unknown';
  const at = time.slice(0, 19).replace(/[^0-9T]/g, '');
  return `kstop-${name}-${at}Z`;
}

/** Tries `make` with the stem itself, then with `-2`, `-3` … added, as long as a file of that name is there already. */
export async function withFreeName<T>(stem: string, make: (stem: string) => Promise<T>): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await make(n === 1 ? stem : `${stem}-${n}`);
    } catch (error) {
      if (!(error instanceof OutputError && error.code === 'EEXIST') || n >= MAX_TRIES) throw error;
    }
  }
}
