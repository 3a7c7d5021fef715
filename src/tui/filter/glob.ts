/** A test for a whole name by `*` (any characters) and `?` (one), in time at most length times length; case doesn't matter. */
export function compileGlob(glob: string): (text: string) => boolean {
  const pattern = [...glob.toLowerCase()];
  return (text) => matches(pattern, [...text.toLowerCase()]);
}

function matches(pattern: readonly string[], text: readonly string[]): boolean {
  let p = 0;
  let star = -1;
  let from = 0;
  for (let t = 0; t < text.length; ) {
    if (pattern[p] === '*') {
      star = p++;
      from = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      // The last star takes one character more.
      p = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
