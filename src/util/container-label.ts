import type {ContainerRef} from '../types/stream.ts';

const DIGEST = /^[0-9a-f]{64}$/;

/** What a container is called where there is little room: its name, else its id, of a digest the twelve digits that runtimes show. */
export function containerLabel(container: Pick<ContainerRef, 'id' | 'name'> | string): string {
  const called = typeof container === 'string' ? container : (container.name ?? container.id);
  return DIGEST.test(called) ? called.slice(0, 12) : called;
}
