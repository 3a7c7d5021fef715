import type {Who} from '../../types/detail.ts';
import type {Owner} from '../../types/stream.ts';

/** What identifies the owner in a list. */
export function whoOf({pid, comm, container}: Owner): Who {
  return {pid, comm, container: container && (container.name ?? container.id)};
}

/** `comm[pid]`; undefined where neither is known. */
export function called({pid, comm}: {pid?: number; comm?: string}): string | undefined {
  return pid === undefined && comm === undefined ? undefined : `${comm ?? '-'}[${pid ?? '-'}]`;
}
