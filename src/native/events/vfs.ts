import type {FileType, VfsOp, VfsSlowEvent} from '../../types/stream.ts';
import {LAYOUT, WIRE} from '../wire.gen.ts';
import {type Records, us} from './records.ts';

/** enum ks_vfs_op */
export const VFS_OPS: readonly VfsOp[] = ['read', 'write', 'fsync', 'open'];
const layout = LAYOUT.vfs_event;

/** S_IFMT and its values (include/uapi/linux/stat.h). */
const TYPE_MASK = 0o170000;
const TYPES: ReadonlyMap<number, FileType> = new Map([
  [0o100000, 'regular'],
  [0o040000, 'directory'],
  [0o060000, 'block'],
  [0o140000, 'socket'],
  [0o010000, 'pipe'],
  [0o020000, 'char'],
  [0o120000, 'symlink'],
]);
/** eventfd, epoll and their like, which call themselves regular since 6.16 (ANON_INODE_FS_MAGIC). */
const ANONYMOUS = 0x09041934;

/** A call above its threshold. One that may sleep by design (`--include-waits`) is no warning. */
export function vfsSlow(r: Records, at: number): VfsSlowEvent {
  const latency = r.u64(at + layout.latency_ns);
  const flags = r.u32(at + layout.vfs_flags);
  const size = r.u64(at + layout.size_bytes);
  return {
    ...r.base(at, 'VFS_SLOW', 'vfs', flags & WIRE.VFS_IS_WAIT ? 'info' : r.severity('vfs', latency)),
    latency_us: us(latency),
    op: VFS_OPS[r.u32(at + layout.op)] ?? 'read',
    ...(flags & WIRE.VFS_HAS_FILE ? fileOf(r, at, flags) : {file_type: 'other' as const}),
    ...(flags & WIRE.VFS_HAS_SIZE && Number.isSafeInteger(size) && {size_bytes: size}),
  };
}

function fileOf(r: Records, at: number, flags: number): Partial<VfsSlowEvent> & Pick<VfsSlowEvent, 'file_type'> {
  const magic = r.u64(at + layout.magic);
  const names = namesOf(r, at);
  const fs = r.text(at + layout.fs, layout.names - layout.fs) || `0x${magic.toString(16)}`;
  const path = pathOf(names, flags);
  return {
    ...(path !== undefined && {path}),
    ...(names[0] !== undefined && {name: names[0]}),
    inode: String(r.big(at + layout.inode)),
    fs,
    file_type: magic === ANONYMOUS ? 'other' : (TYPES.get(r.u32(at + layout.mode) & TYPE_MASK) ?? 'other'),
  };
}

/** Whole names, each with a zero byte behind it: the file's own, then its folders' up to the root. */
function namesOf(r: Records, at: number): string[] {
  const names: string[] = [];
  const end = at + layout.names + Math.min(r.u32(at + layout.names_bytes), layout.SIZE - layout.names);
  for (let begin = at + layout.names; begin < end; ) {
    const zero = r.bytes.indexOf(0, begin);
    if (zero < 0 || zero >= end) break;
    names.push(r.text(begin, zero - begin));
    begin = zero + 1;
  }
  return names;
}

/** A path too long for the record begins with `…/`; of a file without a folder there is none. */
function pathOf(names: readonly string[], flags: number): string | undefined {
  const below = names.toReversed().join('/');
  const deleted = flags & WIRE.VFS_DELETED ? ' (deleted)' : '';
  if (flags & WIRE.VFS_PATH_ENDS) return `/${below}${deleted}`;
  return flags & WIRE.VFS_PATH_CUT ? `…/${below}${deleted}` : undefined;
}
