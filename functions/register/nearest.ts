const longestCompared = 60;

/** The name that was probably meant; null when none is near. */
export const nearest = (text: string, names: Iterable<string>): string | null => {
  if (text.length > longestCompared) return null;
  let best: string | null = null;
  // Two letters that changed places are two edits.
  let bestDistance = Math.max(Math.min(2, text.length - 1), Math.floor(text.length / 3)) + 1;
  for (const name of names) {
    const distance = editDistance(text.toLowerCase(), name.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
};

/** Letters to insert, remove or replace (Levenshtein); `limit` or more when it is at least that. */
const editDistance = (left: string, right: string, limit: number): number => {
  if (Math.abs(left.length - right.length) >= limit) return limit;
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let index = 0; index < left.length; index += 1) {
    const next = [index + 1];
    for (let other = 0; other < right.length; other += 1) {
      const replaced = (row[other] ?? 0) + (left[index] === right[other] ? 0 : 1);
      next.push(Math.min(replaced, (row[other + 1] ?? 0) + 1, (next[other] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? limit;
};
