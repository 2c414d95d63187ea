import type { Check } from './check.ts';
import { couldNotLook } from './could-not-look.ts';
import { expectedParts, providersOf } from './expected.ts';
import { amiss, well } from './finding.ts';

const remedy = {
  right: 'sqs:GetQueueUrl and sqs:GetQueueAttributes on keyturn-*',
  fix: 'Look at the queue in SQS.',
};

/** Nothing lies where what could not be delivered or taken in goes. */
export const deadLetters: Check = {
  name: 'dead letters',
  ...remedy,

  async look({ deployment, register, settings, flags }) {
    if (deployment === null) return [];
    const queues = expectedParts(providersOf(register), settings).flatMap(({ stack, deadLetters: names }) =>
      names.map((name) => ({ stack, name })),
    );
    return Promise.all(
      queues.map(async ({ stack, name }) => {
        try {
          const count = await deployment.messagesIn(name);
          if (count === null) {
            return amiss('broken', name, 'There is no such queue.', `npx cdk deploy ${stack} --revert-drift`);
          }
          if (count === 0) return well(name, 'empty');
          return amiss('broken', name, `About ${count} messages lie there.`, `keyturn redrive ${name}${flags}`);
        } catch (error) {
          return couldNotLook(name, error, remedy);
        }
      }),
    );
  },
};
