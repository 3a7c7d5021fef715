/** Rows as a tree: each below its parent, children in the order in which the rows came. */
export interface Tree<Row> {
  rows: Row[];
  /** How deep each of them stands; 0 for a root. */
  depths: number[];
}

/**
 * Arranges rows by their parents' keys. A row whose parent isn't among them is a root, and so are rows that are each
 * other's parents: no row is lost.
 */
export function treeOf<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  parentOf: (row: Row) => string | undefined,
): Tree<Row> {
  const byKey = new Set(rows.map(keyOf));
  const children = new Map<string, Row[]>();
  const roots: Row[] = [];
  for (const row of rows) {
    const parent = parentOf(row);
    if (parent === undefined || parent === keyOf(row) || !byKey.has(parent)) roots.push(row);
    else children.get(parent)?.push(row) ?? children.set(parent, [row]);
  }
  const tree: Tree<Row> = {rows: [], depths: []};
  const placed = new Set<Row>();
  // A chain of parents may be thousands deep: not by recursion.
  const place = (root: Row): void => {
    const open: [row: Row, depth: number][] = [[root, 0]];
    for (let next = open.pop(); next; next = open.pop()) {
      const [row, depth] = next;
      if (placed.has(row)) continue;
      placed.add(row);
      tree.rows.push(row);
      tree.depths.push(depth);
      for (const child of (children.get(keyOf(row)) ?? []).toReversed()) open.push([child, depth + 1]);
    }
  };
  for (const root of roots) place(root);
  if (placed.size < rows.length) for (const row of rows) if (!placed.has(row)) place(row);
  return tree;
}
