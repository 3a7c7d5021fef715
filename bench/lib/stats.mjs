/** Median of numbers; NaN of none. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The value that `p` percent of the values don't exceed; NaN of none. */
export function percentile(values, p) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil((sorted.length * p) / 100) - 1] ?? Number.NaN;
}

/**
 * Runs each subject once a round, round after round (A B C A B C ...), so that a machine that changes its pace meanwhile
 * changes it for all. Gives the values by subject, in order of the rounds.
 */
export async function alternate(rounds, subjects, measure, onRound = () => {}) {
  const values = new Map(subjects.map((subject) => [subject, []]));
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) values.get(subject).push(await measure(subject));
    onRound(round + 1, values);
  }
  return values;
}
