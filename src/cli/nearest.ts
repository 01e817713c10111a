// "Did you mean ...?": the known word that a mistyped one probably stands for.

/**
 * The number of single-letter slips (insert, drop, change, swap of two neighbours) that lead from `a` to `b`: the
 * optimal string alignment distance.
 */
export function slips(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const line = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        (last[column] ?? 0) + 1,
        (line[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) best = Math.min(best, (beforeLast[column - 2] ?? 0) + 1);
      line.push(best);
    }
    beforeLast = last;
    last = line;
  }
  return last[b.length] ?? 0;
}

/**
 * The candidate nearest to `word`, or undefined where none is near: more than one slip in three letters is no slip.
 * A beginning counts as near, however much is missing, and the shortest word that begins so is meant.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  // No name is this long: comparing letter by letter would only cost time.
  if (word.length > 64) return undefined;
  if (word.length >= 2) {
    const begun = candidates.filter((candidate) => candidate.startsWith(word));
    if (begun.length > 0) return begun.reduce((a, b) => (b.length < a.length ? b : a));
  }
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const count = slips(word, candidate);
    // A word with every letter changed is another word.
    if (count < fewest && count < Math.max(word.length, candidate.length)) {
      best = candidate;
      fewest = count;
    }
  }
  return best;
}
