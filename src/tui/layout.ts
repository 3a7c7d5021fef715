/** Heights and counts of the parts of the screen, from the terminal's size alone. */
export interface Layout {
  kind: 'full' | 'reduced' | 'small';
  columns: number;
  rows: number;
  /** Tiles side by side; 0: one line a subsystem. */
  tilesAcross: number;
  /** Rows of one tile with its border. */
  tileHeight: number;
  tilesHeight: number;
  heatmapHeight: number;
  eventsHeight: number;
}

export const SMALLEST = {columns: 40, rows: 10};
const FULL = {columns: 80, rows: 24};
const TILE_MIN = 20;
/** Top line, status line, bottom line. */
const LINES = 3;
const EVENTS_MIN = 6;
/** Border and axis of the heatmap. */
const HEAT_FRAME = 3;

/** Lays the screen out. `cpus` is how many rows the heatmap could use. */
export function layoutFor(columns: number, rows: number, subsystems: number, cpus: number): Layout {
  if (columns < SMALLEST.columns || rows < SMALLEST.rows) {
    return {
      kind: 'small',
      columns,
      rows,
      tilesAcross: 0,
      tileHeight: 0,
      tilesHeight: 0,
      heatmapHeight: 0,
      eventsHeight: 0,
    };
  }
  const count = Math.max(1, subsystems);
  const reduced = columns < FULL.columns || rows < FULL.rows;
  const body = rows - LINES;
  if (reduced) {
    const tilesHeight = Math.min(count, Math.floor(body / 2));
    return {
      kind: 'reduced',
      columns,
      rows,
      tilesAcross: 0,
      tileHeight: 1,
      tilesHeight,
      heatmapHeight: 0,
      eventsHeight: body - tilesHeight,
    };
  }
  const tilesAcross = Math.min(count, Math.floor(columns / TILE_MIN), count > 4 ? Math.ceil(count / 2) : count);
  const tileRows = Math.ceil(count / tilesAcross);
  const tileHeight = tileHeightFor(rows, tileRows);
  const tilesHeight = tileHeight * tileRows;
  const rest = body - tilesHeight;
  const share = Math.floor(rest * (rows >= 40 ? 0.5 : 0.45));
  const room = Math.min(Math.max(cpus, 1) + HEAT_FRAME, share, rest - EVENTS_MIN);
  const heatmapHeight = room >= HEAT_FRAME + 1 ? room : 0;
  return {
    kind: 'full',
    columns,
    rows,
    tilesAcross,
    tileHeight,
    tilesHeight,
    heatmapHeight,
    eventsHeight: rest - heatmapHeight,
  };
}

function tileHeightFor(rows: number, tileRows: number): number {
  if (tileRows > 1) return rows >= 40 ? 6 : 5;
  return rows >= 50 ? 8 : rows >= 32 ? 7 : 5;
}
