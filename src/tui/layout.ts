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
/** Columns of a tile: at least, and where several rows of tiles are as well. */
const TILE_MIN = 20;
const TILE_COMFORTABLE = 26;
/** Tiles that one row takes at the least width. */
const ONE_ROW = 4;
/** Top line, status line, bottom line. */
export const LINES = 3;
const EVENTS_MIN = 6;
/** Border and axis of the heatmap. */
const HEAT_FRAME = 3;

/** Lays the overview out. `cpus` is how many rows the heatmap could use, `lines` what stands above and below the panes. */
export function layoutFor(columns: number, rows: number, subsystems: number, cpus: number, lines = LINES): Layout {
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
  const body = rows - lines;
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
  const tilesAcross = tilesAcrossFor(columns, count);
  const tileRows = Math.ceil(count / tilesAcross);
  const tileHeight = tileHeightFor(rows, tileRows);
  const tilesHeight = tileHeight * tileRows;
  const rest = body - tilesHeight;
  // A heatmap of one or two CPUs is never worth scrolling.
  const few = cpus <= 2 ? cpus + HEAT_FRAME : 0;
  const share = Math.max(few, Math.floor(rest * (rows >= 40 ? 0.5 : 0.45)));
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

/** As few rows as leave the tiles comfortably wide, at most two, and all of about the same length. */
function tilesAcrossFor(columns: number, count: number): number {
  if (count <= ONE_ROW) return Math.min(count, Math.floor(columns / TILE_MIN));
  const rows = Math.min(2, Math.ceil(count / Math.floor(columns / TILE_COMFORTABLE)));
  return Math.min(Math.ceil(count / rows), Math.floor(columns / TILE_MIN));
}

function tileHeightFor(rows: number, tileRows: number): number {
  if (tileRows > 1) return rows >= 56 ? 7 : rows >= 40 ? 6 : 5;
  return rows >= 50 ? 8 : rows >= 32 ? 7 : 5;
}
