/** Process and container rows of a sample where nobody asks for another number (CONTRACT: --top). */
export const ROWS = 50;
/** Rows that the screen has: as good as all, to be sorted and searched. Streams and recordings have fewer. */
export const SCREEN_ROWS = 10_000;
