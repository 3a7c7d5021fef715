import type {Grouping} from './pane.ts';
import type {Tree} from './tree.ts';

/** Rows by group: the headings in the order that they have among themselves, the rest last, below each its rows in theirs. */
export function groupsOf<Row>(
  rows: readonly Row[],
  {of, heading, isRest}: Grouping<Row>,
  order: (rows: readonly Row[]) => readonly Row[],
  isFolded: (heading: Row) => boolean,
): Tree<Row> {
  const groups = new Map<Row, readonly Row[]>();
  for (const members of Map.groupBy(rows, of).values()) groups.set(heading(members), members);
  const tree: Tree<Row> = {rows: [], depths: []};
  const place = (row: Row, depth: number): void => {
    tree.rows.push(row);
    tree.depths.push(depth);
  };
  const heads = order([...groups.keys()]);
  for (const head of [...heads.filter((each) => !isRest(each)), ...heads.filter(isRest)]) {
    place(head, 0);
    if (!isFolded(head)) for (const row of order(groups.get(head) ?? [])) place(row, 1);
  }
  return tree;
}
