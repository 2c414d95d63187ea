import { expiryOf, type Incident } from '../domain/incident.ts';
import type { IncidentClock, KeyClock } from '../domain/incident-clock.ts';
import type { Audience } from '../domain/incident-policy.ts';
import { keyWords, leakWords, overdueWords, proofWords, sourceWords } from '../domain/incident-words.ts';
import { durationOf, timeOf } from '../domain/time-words.ts';
import type { Notice } from '../ports.ts';
import { adminKeySteps } from '../providers/admin-key-steps.ts';

/** What is told: how a report was decided, that it is over, how it stands, or that nobody acts. */
export type Telling = Incident['state'] | 'closed' | 'report' | `call ${number}`;

/** A chat message and a small screen hold about as many. */
const keysShown = 10;

/**
 * One notice of an incident: what happened, what it means, how its keys stand, and the one next command. Never a
 * secret, and the same for the same incident, clock and time.
 *
 * @param keys those that this reader answers for
 */
export const incidentNotice = (
  telling: Telling,
  severity: Notice['severity'],
  incident: Incident,
  clock: IncidentClock,
  reader: { readonly contact: string; readonly audience: Audience; readonly keys: readonly KeyClock[] },
  next: string | null,
): Notice => {
  const { incidentId, source, reference, reason, leak, proof, reportedAt } = incident;
  const { contact, audience, keys } = reader;
  const [only, another] = new Set(keys.map(({ credentialId }) => credentialId));
  const [subject, meaning] = wordsOf(telling, incident, clock);
  const more = keys.length - keysShown;
  return {
    credentialId: another === undefined ? (only ?? null) : null,
    rotationId: null,
    incident: { incidentId, audience },
    severity,
    contact,
    subject: `${incidentId} ${subject}`,
    text: [
      `${timeOf(reportedAt)}: ${sourceWords[source]} reported ${leakWords(leak)}.`,
      `Why: ${oneLine(reason)} (${oneLine(reference)}). Proof: ${proofWords[proof]}.`,
      meaning,
      ...(leak.kind === 'admin-key' ? stepsOf(keys) : []),
      ...keys.slice(0, keysShown).map((key) => `- ${keyWords(key)}`),
      ...(more > 0 ? [`- and ${more} more`] : []),
    ].join('\n'),
    next: next ?? `keyturn incident ${incidentId}`,
  };
};

/** Keyturn makes no admin keys: the page says what a person does. */
const stepsOf = (keys: readonly KeyClock[]): readonly string[] =>
  keys.slice(0, 1).flatMap(({ provider }) => adminKeySteps(provider).map((step, index) => `${index + 1}. ${step}`));

const wordsOf = (telling: Telling, incident: Incident, clock: IncidentClock): readonly [string, string] => {
  const { all, overdue, acceptedAt, closedAt } = clock;
  const expiresAt = expiryOf(incident);
  const since = (seconds: number | undefined): string => (seconds === undefined ? '' : ` after ${durationOf(seconds)}`);
  switch (telling) {
    case 'awaiting-approval':
      return [
        'waits for approval',
        'Nothing was touched: a machine could not be sure. Until somebody decides, a leaked key goes on working.',
      ];
    case 'accepted':
      if (expiresAt !== null) {
        return [
          `has to be done by ${timeOf(expiresAt)}`,
          'It has not leaked. A person replaces it; after that time Keyturn can neither make keys there nor revoke them.',
        ];
      }
      return [
        'is being handled',
        incident.containFirst === false
          ? 'Each key is replaced, then revoked and seen refused. Until then the leaked one goes on working.'
          : 'Each key is stopped, replaced and seen refused. A consumer of a stopped key fails until it has the new one.',
      ];
    case 'contained-only':
      return [
        'is beyond the budget: keys are stopped and not replaced',
        'More was reported than is plausible, so only what was proven is stopped. Its consumers fail until you approve.',
      ];
    case 'dismissed':
      return ['was dismissed', `${incident.decidedBy ?? 'A person'} said that it is none. What was done stays done.`];
    case 'noted':
      return ['names no key of ours', 'Nothing was touched.'];
    case 'closed':
      return [
        'is closed',
        clock.keys.length === 0
          ? `Since ${timeOf(closedAt ?? acceptedAt)} nothing is left to do: another report names its keys.`
          : `Every key was seen refused, the last one${since(all.refused?.seconds)}. The report is ready.`,
      ];
    case 'report':
      return ['is still open: the report is due', standing(clock)];
    default: {
      const [worst] = overdue;
      const what = worst === undefined ? 'it is open' : overdueWords(worst);
      return [
        `needs somebody: ${what}`,
        `Overdue since ${timeOf(worst?.dueAt ?? acceptedAt)}: ${what}. This is ${telling}.`,
      ];
    }
  }
};

const standing = ({ keys, overdue }: IncidentClock): string => {
  const refused = keys.filter((key) => key.refused !== null).length;
  const late = overdue.length === 0 ? '' : ` Overdue: ${overdue.length}.`;
  return `${refused} of ${keys.length} keys were seen refused.${late} The report tells the rest.`;
};

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
