/**
 * Does the work of all items, so many side by side, and answers in their order: as soon as one is done the next begins.
 *
 * @throws what the first failure threw; what is at work then goes on, and nothing more is begun
 */
export const inGroups = async <T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> => {
  const done: R[] = [];
  // A generator, because leaving its loop by a throw ends it for every other worker too.
  const queue = (function* () {
    yield* items.entries();
  })();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) done[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return done;
};
