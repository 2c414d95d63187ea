import type { DeployedAlarm } from '../../aws/deployment.ts';
import { type Instant, secondsBetween } from '../../domain/identifiers.ts';
import { timeOf } from '../../domain/time-words.ts';
import type { Check, Surroundings } from './check.ts';
import { expectedParts, peopleTopic, providersOf, tellsOfSilence } from './expected.ts';
import { amiss, type Seen, well } from './finding.ts';

const remedy = { right: 'cloudwatch:DescribeAlarms', fix: 'npx cdk deploy --all' };

/** An alarm that was made or changed a moment ago has no data yet. */
const withoutDataSeconds = 3600;

/** What runs on a clock does run: an alarm tells when it does not. */
export const schedules: Check = {
  name: 'schedules',
  ...remedy,
  look: (surroundings) => lookAt(surroundings, (name) => tellsOfSilence(name)),
};

/** Everything that a person must hear of has an alarm, and the alarm is told to people. */
export const alarms: Check = {
  name: 'alarms',
  ...remedy,
  look: (surroundings) => lookAt(surroundings, (name) => !tellsOfSilence(name)),
};

const lookAt = async (
  { deployment, register, settings, ports }: Surroundings,
  isOfCheck: (name: string) => boolean,
): Promise<readonly Seen[]> => {
  if (deployment === null) return [];
  const now = ports.clock.now();
  const found = new Map((await deployment.alarms('keyturn-')).map((alarm) => [alarm.name, alarm]));
  return expectedParts(providersOf(register), settings).flatMap(({ stack, alarms: names }) =>
    names.filter(isOfCheck).map((name) => judge(`${stack}-${name}`, stack, found.get(`${stack}-${name}`), now)),
  );
};

/** First what keeps it from being heard, then what it says. */
const judge = (name: string, stack: string, alarm: DeployedAlarm | undefined, now: Instant): Seen => {
  const asDeclared = `npx cdk deploy ${stack} --revert-drift`;
  if (alarm === undefined) return amiss('broken', name, 'There is no such alarm.', asDeclared);
  const { state, since, actions, actionsEnabled, description } = alarm;
  if (!actionsEnabled) {
    return amiss('broken', name, 'Its actions are switched off: nobody hears it.', enableActions(name));
  }
  if (!actions.some((arn) => arn.endsWith(`:${peopleTopic}`))) {
    return amiss('broken', name, `It does not tell the topic ${peopleTopic}: nobody hears it.`, asDeclared);
  }
  const ago = since === null ? '' : ` since ${timeOf(since)}`;
  // Its description ends with the link to its entry.
  const [what = '', entry = `RUNBOOK.md, ${name}`] = description.split(/ Runbook: (?=\S+$)/);
  if (state === 'ALARM') {
    const severity = tellsOfSilence(name) ? 'broken' : 'attention';
    return amiss(severity, name, `In ALARM${ago}: ${what}`, `Do what the runbook says: ${entry}`);
  }
  if (state === 'INSUFFICIENT_DATA' && (since === null || secondsBetween(since, now) > withoutDataSeconds)) {
    const saw = `No data${ago}: nobody knows whether it would go off.`;
    return amiss('attention', name, saw, `Look whether what it counts is counted at all: ${entry}`);
  }
  return well(name, state === 'OK' ? 'OK, and told to people' : `no data yet${ago}; told to people`);
};

const enableActions = (name: string): string => `aws cloudwatch enable-alarm-actions --alarm-names ${name}`;
