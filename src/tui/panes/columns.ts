import type {Column} from './pane.ts';

type More<Row> = Partial<Pick<Column<Row>, 'grow' | 'token' | 'align' | 'keepEnd'>>;

/** A column of text, sorted as text. */
export function label<Row>(
  [id, title, width, priority]: [id: string, title: string, width: number, priority: number],
  of: (row: Row) => string | undefined,
  more: More<Row> = {},
): Column<Row> {
  return {id, title, width, priority, text: (row) => of(row) ?? '-', value: of, ...more};
}

/** A column of figures: right-aligned, `-` where it is unknown, sorted by value. */
export function figure<Row>(
  [id, title, width, priority]: [id: string, title: string, width: number, priority: number],
  of: (row: Row) => number | undefined,
  format: (value: number) => string,
  more: More<Row> = {},
): Column<Row> {
  const text = (row: Row) => {
    const value = of(row);
    return value === undefined ? '-' : format(value);
  };
  return {id, title, width, priority, align: 'right', text, value: of, ...more};
}
