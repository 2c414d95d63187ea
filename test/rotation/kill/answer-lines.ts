import { createInterface } from 'node:readline';

/** The other side of `startLineProcess`: each line is a question's JSON. Ends when stdin does. */
export const answerLines = async (answer: (line: string) => Promise<unknown>): Promise<void> => {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
  }
};
