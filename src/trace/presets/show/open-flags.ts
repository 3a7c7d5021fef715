import {constants} from 'node:fs';

const ACCESS = ['RDONLY', 'WRONLY', 'RDWR'];
const BITS = (
  ['O_CREAT', 'O_EXCL', 'O_TRUNC', 'O_APPEND', 'O_NONBLOCK', 'O_DIRECT', 'O_DIRECTORY', 'O_NOFOLLOW', 'O_SYNC'] as const
).map((name) => [constants[name], name.slice(2)] as const);

/** `WRONLY|CREAT|TRUNC` of open()'s flags; what is of no interest (O_CLOEXEC) is left out. */
export function openFlags(printed: string): string {
  const flags = Number(printed);
  const set = BITS.filter(([bits]) => bits !== undefined && bits !== 0 && (flags & bits) === bits);
  return [ACCESS[flags & 3] ?? 'ACCESS', ...set.map(([, name]) => name)].join('|');
}
