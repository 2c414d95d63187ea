/** A line for what stands before the mark, with its count and the count of each that stands behind it. */
export const countsOf = (names: readonly string[], mark: string): readonly string[] => {
  const groups = new Map<string, Map<string, number>>();
  for (const name of names) {
    const [group = '', one = ''] = name.split(mark, 2);
    const counts = groups.get(group) ?? new Map<string, number>();
    groups.set(group, counts.set(one, (counts.get(one) ?? 0) + 1));
  }
  return [...groups].toSorted().map(([group, counts]) => {
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const each = [...counts].toSorted().map(([one, count]) => `${one} ${count}`);
    return `  ${group.padEnd(16)}${String(total).padStart(6)}  ${each.join(', ')}`;
  });
};
