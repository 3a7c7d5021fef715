/** Levenshtein distance, for "did you mean". */
function distance(a: string, b: string): number {
  let row = Array.from({length: b.length + 1}, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** The name that is at most two typing mistakes away, if any. */
export function nearest(name: string, all: readonly string[]): string | undefined {
  if (name.length > 40) return undefined;
  const [best] = all.map((each) => ({each, d: distance(name, each)})).sort((a, b) => a.d - b.d);
  return best && best.d <= 2 ? best.each : undefined;
}
