import {Box, type DOMElement, measureElement, Text} from 'ink';
import {createContext, type ReactNode, type RefObject, use, useLayoutEffect, useRef} from 'react';
import {toAscii} from '../text/ascii.ts';
import {sliceCells} from '../text/cells.ts';
import type {Theme} from '../theme.ts';
import type {Rect} from './compose.ts';
import type {Screen} from './screen.ts';

/** Makes `height` lines (or fewer) of exactly `width` cells. */
export type Paint = (width: number, height: number) => string[];

/** The writer that canvases paint through; null where there is none (component tests). */
export const ScreenContext = createContext<Screen | null>(null);

const NOWHERE: Rect = {x: 0, y: 0, width: 0, height: 0};

function useLayer(
  ref: RefObject<DOMElement | null>,
  paint: (screen: Screen, rect: Rect) => string[],
  above = false,
): void {
  const screen = use(ScreenContext);
  const latest = useRef(paint);
  latest.current = paint;
  useLayoutEffect(
    () =>
      screen?.add({
        rect: () => (ref.current ? measureElement(ref.current) : NOWHERE),
        paint: (rect) => latest.current(screen, rect),
        above,
      }),
    [screen, ref, above],
  );
}

export interface CanvasProps {
  /** Width in cells. */
  width: number;
  /** Height in rows; nothing is shown at 0. */
  height: number;
  /** Called at every repaint: reads the store, not React state. */
  paint: Paint;
}

/** A rectangle that paints its own lines past React, at each repaint of the screen. */
export function Canvas({width, height, paint}: CanvasProps): ReactNode {
  const ref = useRef<DOMElement>(null);
  const screen = use(ScreenContext);
  useLayer(ref, (_screen, rect) => paint(rect.width, rect.height));
  return (
    <Box ref={ref} width={width} height={height} flexShrink={0}>
      {!screen && height > 0 && <Text wrap="truncate">{paint(width, height).join('\n')}</Text>}
    </Box>
  );
}

export interface OverlayProps {
  /** Left column. */
  x: number;
  /** Top row. */
  y: number;
  /** Width in cells, border included. */
  width: number;
  /** Height in rows, border included. */
  height: number;
  /** Whether the terminal shows more than ASCII. */
  theme: Theme;
  /** The dialog's title, put in its first line. */
  title: string;
  /** Ordinary Ink elements. */
  children: ReactNode;
}

/** A dialog laid out by Ink that stands above the canvases. */
export function Overlay({x, y, width, height, theme, title, children}: OverlayProps): ReactNode {
  const ref = useRef<DOMElement>(null);
  const copy = (screen: Screen, rect: Rect): string[] =>
    screen.base.slice(rect.y, rect.y + rect.height).map((line) => {
      const cut = sliceCells(line, rect.x, rect.width);
      return theme.utf8 ? cut : toAscii(cut);
    });
  useLayer(ref, copy, true);
  return (
    <Box
      ref={ref}
      position="absolute"
      marginLeft={x}
      marginTop={y}
      width={width}
      height={height}
      borderStyle="round"
      flexDirection="column"
      paddingX={1}
      overflow="hidden"
    >
      <Text bold>{title}</Text>
      {children}
    </Box>
  );
}
