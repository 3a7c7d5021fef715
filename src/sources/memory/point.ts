import type {MemoryPoint} from '../../predict/point.ts';
import type {LimitedCgroup} from './cgroups.ts';
import type {Detail} from './detail.ts';
import type {TreeNode} from './tree.ts';

/** Bytes by which a scope may still grow by its own limit. */
function roomOf({unreclaimable, swapAllowance}: Detail, limit: number): number | undefined {
  return unreclaimable === undefined ? undefined : Math.max(0, limit - unreclaimable) + swapAllowance;
}

/** What the predictor takes of a scope. `headroom` where another scope leaves less than its own limit does. */
export function pointOf(
  {usage, limit, detail}: {usage: number; limit: number; detail: Detail},
  ms: number,
  identity?: string,
  headroom?: number,
): MemoryPoint {
  return {
    ms,
    usage_bytes: usage,
    limit_bytes: limit,
    ...(detail.unreclaimable !== undefined && {unreclaimable_bytes: detail.unreclaimable}),
    swapped_bytes: detail.swapped,
    swap_allowance_bytes: detail.swapAllowance,
    ...(headroom !== undefined && {headroom_bytes: headroom}),
    ...(identity !== undefined && {identity}),
  };
}

/** The room that a cgroup and those above it leave, of those that were looked at. */
export function headroomOf(cgroup: LimitedCgroup, all: ReadonlyMap<TreeNode, LimitedCgroup>): number | undefined {
  let least: number | undefined;
  for (let node: TreeNode | undefined = cgroup.node; node; node = node.parent) {
    const {detail} = all.get(node) ?? {};
    const room = detail && roomOf(detail, node.limit);
    if (room !== undefined) least = Math.min(least ?? room, room);
  }
  return least;
}
