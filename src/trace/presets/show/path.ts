/** The last parts of a path, `/` for what is above its file system's root: whole paths begin with `/`, others with `…/`. */
export function tailOfPath(printed: string): string {
  const whole = printed.startsWith('/');
  return `${whole ? '/' : '…/'}${printed.replace(/^\/+/, '')}`;
}
