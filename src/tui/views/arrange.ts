import type {Layout} from '../layout.ts';
import {EVENTS, HEATMAP, type Pane, type Place, TILES, type View} from '../panes/pane.ts';
import type {Rect} from '../screen/compose.ts';
import {besides} from './places.ts';

/** A pane and its rectangle on the screen. */
export interface Placed extends Rect {
  pane: Pane;
}

/** From this width on panes stand side by side. */
const WIDE = 120;

/** Places side by side. */
interface Row {
  places: Place[];
  weight: number;
  min: number;
  most?: number;
}

/**
 * Lays a view's panes out. Where they don't all fit, the first ones that do are shown, and always the one that has
 * the focus: none is out of reach on a small terminal.
 */
export function arrange(view: View, area: Rect, focus: string, cpus = 1): Placed[] {
  const rows = fitting(rowsOf(view.places, area.width >= WIDE, cpus), area.height, focus);
  const heights = shares(rows, area.height);
  const out: Placed[] = [];
  let {y} = area;
  for (const [i, row] of rows.entries()) {
    const height = heights[i]!;
    out.push(...beside(row, {...area, y, height}));
    y += height;
  }
  return out;
}

/** The overview's panes: tiles and heatmap take what they need, events the rest. */
export function arrangeOverview({tilesHeight, heatmapHeight, eventsHeight}: Layout, {x, y, width}: Rect): Placed[] {
  const tiles = {pane: TILES, x, y, width, height: tilesHeight};
  const heatmap = {pane: HEATMAP, x, y: y + tilesHeight, width, height: heatmapHeight};
  const events = {pane: EVENTS, x, y: y + tilesHeight + heatmapHeight, width, height: eventsHeight};
  return [tiles, heatmap, events].filter(({height}) => height > 0);
}

function rowsOf(places: readonly Place[], wide: boolean, cpus: number): Row[] {
  return places.flatMap((place) => {
    const chain = besides(place);
    const rows = wide ? [chain] : chain.map((each) => [each]);
    return rows.map((beside) => {
      const {weight, most} = beside[0] as Place;
      const cap = beside.length === 1 ? most?.({cpus}) : undefined;
      return {places: beside, weight, min: Math.max(...beside.map(({min}) => min)), most: cap};
    });
  });
}

function fitting(rows: Row[], height: number, focus: string): Row[] {
  const focused = rows.find(({places}) => places.some(({pane}) => pane.id === focus)) ?? rows[0];
  if (!focused) return [];
  if (focused.min >= height) return [{...focused, min: height}];
  const kept = new Set<Row>();
  let room = height;
  for (const row of [focused, ...rows]) {
    if (kept.has(row) || row.min > room) continue;
    kept.add(row);
    room -= row.min;
  }
  return rows.filter((row) => kept.has(row));
}

function beside({places}: Row, area: Rect): Placed[] {
  const widths = shares(
    places.map(({weight}) => ({weight, min: 0})),
    area.width,
  );
  let {x} = area;
  return places.map(({pane}, i) => {
    const placed = {...area, pane, x, width: widths[i]!};
    x += placed.width;
    return placed;
  });
}

interface Part {
  weight: number;
  min: number;
  most?: number;
}

/** Parts of a total: each its least, and by weight what is left; together all of it. What one has no use for the others get. */
function shares(parts: readonly Part[], total: number): number[] {
  const shared = uncapped(parts, total);
  const over = parts.findIndex(({most, min}, i) => most !== undefined && shared[i]! > Math.max(most, min));
  if (over < 0 || parts.every(({weight}, i) => i === over || weight === 0)) return shared;
  return shares(
    parts.map((part, i) => (i === over ? {weight: 0, min: Math.max(part.most ?? 0, part.min)} : part)),
    total,
  );
}

function uncapped(parts: readonly Part[], total: number): number[] {
  const spare = Math.max(0, total - parts.reduce((sum, {min}) => sum + min, 0));
  const all = parts.reduce((sum, {weight}) => sum + weight, 0);
  let weight = 0;
  let given = 0;
  return parts.map((part, i) => {
    weight += part.weight;
    const upTo = i === parts.length - 1 ? spare : Math.round((spare * weight) / Math.max(all, 1));
    const share = upTo - given;
    given = upTo;
    return part.min + share;
  });
}
