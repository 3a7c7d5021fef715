/** More than a minute of the shortest interval has. Only a stream whose time stands still has more pieces than that. */
export const MAX_PIECES = 1024;

/** Appends to the pieces of a window, of which the oldest gives way when they are too many. */
export function keep<T>(pieces: T[], piece: T): void {
  pieces.push(piece);
  if (pieces.length > MAX_PIECES) pieces.shift();
}
