import type { Check } from './check.ts';
import { foundationStack, peopleTopic } from './expected.ts';
import { amiss, well } from './finding.ts';

const subscribe = `aws sns subscribe --topic-arn <PeopleTopic, an output of ${foundationStack}> --protocol email --notification-endpoint <address>`;

/** Somebody is told: of everything, and that is the alarms too. */
export const people: Check = {
  name: 'people',
  right: `sns:ListSubscriptionsByTopic and sns:GetSubscriptionAttributes on ${peopleTopic}`,
  fix: `npx cdk deploy ${foundationStack}`,

  async look({ deployment }) {
    if (deployment === null) return [];
    const subscriptions = await deployment.subscriptions();
    if (subscriptions === null) {
      return [
        amiss('broken', peopleTopic, 'There is no such topic.', `npx cdk deploy ${foundationStack} --revert-drift`),
      ];
    }
    const confirmed = subscriptions.filter(({ isConfirmed }) => isConfirmed);
    const waiting = subscriptions.length - confirmed.length;
    const toConfirm = waiting === 0 ? '' : ` ${waiting} are not confirmed yet.`;
    if (confirmed.length === 0) {
      return [
        amiss(
          'broken',
          peopleTopic,
          `Nobody is told of anything.${toConfirm}`,
          waiting === 0 ? subscribe : `Confirm it from the message that AWS sent there; or: ${subscribe}`,
        ),
      ];
    }
    if (confirmed.every(({ isFiltered }) => isFiltered)) {
      return [
        amiss('broken', peopleTopic, 'Everybody filters what they are told, so nobody hears an alarm.', subscribe),
      ];
    }
    const unfiltered = confirmed.filter(({ isFiltered }) => !isFiltered);
    const told = `${confirmed.length} are told, ${unfiltered.length} of them of alarms too`;
    return [
      waiting === 0
        ? well(peopleTopic, told)
        : amiss('attention', peopleTopic, `${told}.${toConfirm}`, 'Confirm it from the message that AWS sent there.'),
    ];
  },
};
