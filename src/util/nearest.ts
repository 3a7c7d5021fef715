/** Longest name that is compared. */
const LONGEST = 64;
/** Typing mistakes that are forgiven. */
const MISTAKES = 2;

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
export function nearest(name: string, all: Iterable<string>): string | undefined {
  if (name.length > LONGEST) return undefined;
  let best: {each: string; d: number} | undefined;
  for (const each of all) {
    // Most of 60,000 functions are out by their length alone.
    if (Math.abs(each.length - name.length) > MISTAKES) continue;
    const d = distance(name, each);
    if (d <= MISTAKES && (!best || d < best.d)) best = {each, d};
  }
  return best?.each;
}
