import {join} from 'node:path';
import {cgroupsOf, parseMounts} from '../../util/mounts.ts';
import {readSmall} from './files.ts';

/** Where memory is accounted by cgroup, and what its files are called. */
export interface MemoryHierarchy {
  mount: string;
  version: 1 | 2;
  usage: string;
  limit: string;
}

const NAMES = {
  1: {usage: 'memory.usage_in_bytes', limit: 'memory.limit_in_bytes'},
  2: {usage: 'memory.current', limit: 'memory.max'},
} as const;

/** Undefined: no hierarchy that is mounted here has the memory controller. */
export function memoryHierarchy(mountinfo: string, read = readSmall): MemoryHierarchy | undefined {
  const {v1, v2} = cgroupsOf(parseMounts(mountinfo));
  const old = v1.find(({controllers}) => controllers.includes('memory'));
  if (old) return {mount: old.path, version: 1, ...NAMES[1]};
  const has = v2 !== undefined && read(join(v2, 'cgroup.controllers'))?.trim().split(' ').includes('memory');
  return has ? {mount: v2, version: 2, ...NAMES[2]} : undefined;
}
