/** A memory.stat or meminfo: bytes by name. */
export type Figures = Readonly<Record<string, number | undefined>>;

const sum = (stat: Figures, names: readonly string[]) => names.reduce((total, name) => total + (stat[name] ?? 0), 0);

/**
 * The pages of a cgroup that programs hold: everything on the anonymous lists (shmem and tmpfs too) and what is locked. By lists a
 * page counts once, while `anon`, `shmem` and `unevictable` overlap. What lies in swap and in memory at once is free to go, as
 * is what a program has marked so (MADV_FREE: the kernel keeps it on a file list).
 */
const HELD = ['active_anon', 'inactive_anon', 'unevictable'] as const;
/** Kernel memory before 5.18, where memory.stat has no sum of it. */
const KERNEL_PARTS = ['slab_unreclaimable', 'kernel_stack', 'pagetables', 'percpu'] as const;

/**
 * Bytes that the kernel can't take back from a cgroup without swap, of its memory.stat (v2): what programs hold, kernel memory
 * but for the slabs that shrink, and sockets' buffers. Undefined without the lists: that is no memory.stat.
 */
export function unreclaimableV2(stat: Figures): number | undefined {
  if (stat['active_anon'] === undefined || stat['inactive_anon'] === undefined) return undefined;
  const held = sum(stat, HELD) - (stat['swapcached'] ?? 0);
  const {kernel} = stat;
  const ofKernel = kernel === undefined ? sum(stat, KERNEL_PARTS) : kernel - (stat['slab_reclaimable'] ?? 0);
  return Math.max(0, held) + Math.max(0, ofKernel) + (stat['sock'] ?? 0);
}

/**
 * The same of v1's memory.stat, whose `total_` figures hold the cgroups below too. `kmemBytes`: memory.kmem.usage_in_bytes.
 * v1 doesn't tell which of it can be taken back: the host's share stands in (`reclaimable`, by `reclaimableShare`).
 */
export function unreclaimableV1(stat: Figures, kmemBytes: number, reclaimable: number): number | undefined {
  if (stat['total_active_anon'] === undefined || stat['total_inactive_anon'] === undefined) return undefined;
  const held = sum(
    stat,
    HELD.map((name) => `total_${name}`),
  );
  return Math.max(0, held - (stat['total_swapcached'] ?? 0)) + Math.max(0, kmemBytes) * (1 - reclaimable);
}

/** Share of the host's kernel memory that can be taken back, of /proc/meminfo: 0 to 1. */
export function reclaimableShare(meminfo: Figures): number {
  const can = meminfo['SReclaimable'] ?? 0;
  const all = can + sum(meminfo, ['SUnreclaim', 'KernelStack', 'PageTables', 'Percpu']);
  return all > 0 ? can / all : 0;
}

/** The host's: all that the kernel wouldn't give to a new program, of /proc/meminfo. */
export function unreclaimableOfHost(meminfo: Figures): number | undefined {
  const {MemTotal: total, MemAvailable: available} = meminfo;
  return total === undefined || available === undefined ? undefined : Math.max(0, total - available);
}
