import type { Problem } from '../register/problem.ts';
import { RegisterError } from '../register/problem.ts';
import { guarded } from '../shell/wall.ts';
import type { Call, Run } from './call.ts';
import { CommandError } from './command-error.ts';
import { deploymentSettings } from './deployment-settings.ts';
import { adminKeys } from './doctor/admin-keys.ts';
import { alarms, schedules } from './doctor/alarms.ts';
import type { Check, Surroundings } from './doctor/check.ts';
import { couldNotLook } from './doctor/could-not-look.ts';
import { credentials } from './doctor/credentials.ts';
import { deadLetters } from './doctor/dead-letters.ts';
import { type Finding, states } from './doctor/finding.ts';
import { linesOf } from './doctor/lines-of.ts';
import { machines } from './doctor/machines.ts';
import { people } from './doctor/people.ts';
import { register } from './doctor/register.ts';
import { sources } from './doctor/sources.ts';
import { fingerprintKey, ledger } from './doctor/stores.ts';
import { readRegister, type Session, withSession } from './session.ts';

const checks: readonly Check[] = [
  register,
  ledger,
  fingerprintKey,
  adminKeys,
  credentials,
  sources,
  machines,
  schedules,
  alarms,
  people,
  deadLetters,
];

/** Looks at everything that a deployment stands on, and says what mends what is wrong. It changes nothing. */
export const doctor: Run = async (call) => {
  const webhooks = webhooksOf(call);
  return withSession(call, await readRegister(call, 'ignored'), async (session) => {
    const surroundings = { ...session, webhooks, ...(await readOnce(call, session)) };
    const findings = (await Promise.all(checks.map((check) => findingsOf(check, surroundings)))).flat();
    const counts = Object.fromEntries(
      states.map((state) => [state, findings.filter((finding) => finding.state === state).length]),
    );
    for (const line of linesOf(findings, call.io.stdout.isTTY === true)) call.say(line);
    call.say(
      `${counts['well'] ?? 0} well, ${counts['attention'] ?? 0} need attention, ${counts['broken'] ?? 0} broken, ${counts['unknown'] ?? 0} unknown.`,
    );
    // The register lies here: that it can be read says nothing of what is deployed.
    const isSeen = findings.some(({ check, state }) => check !== register.name && state !== 'unknown');
    const isBroken = findings.some(({ state }) => state === 'broken');
    return { exitCode: isSeen && !isBroken ? 0 : 1, json: { findings, counts } };
  });
};

/** A check that cannot be made says so, and hides none of the others. */
const findingsOf = async (check: Check, surroundings: Surroundings): Promise<readonly Finding[]> => {
  const { name, look } = check;
  const seen = await look(surroundings).catch((error: unknown) => [couldNotLook('all', error, check)]);
  // Each by itself: what has to be withheld of one hides no other either.
  return seen.map(({ subject, state, saw, fix }) => ({
    check: name,
    subject: guarded(subject),
    state,
    saw: guarded(saw),
    fix: guarded(fix),
  }));
};

const readOnce = async (call: Call, { ports: { ledger: book } }: Session) => {
  const once = <T>(read: () => Promise<T>): (() => Promise<T>) => {
    let reading: Promise<T> | undefined;
    return () => (reading ??= read());
  };
  return {
    settings: deploymentSettings(),
    problems: await problemsOf(call),
    records: once(() => book.all()),
    openObligations: once(() => book.obligations('open')),
  };
};

const problemsOf = async (call: Call): Promise<readonly Problem[]> => {
  try {
    await readRegister(call, 'checked');
    return [];
  } catch (error) {
    if (error instanceof RegisterError) return error.problems;
    throw error;
  }
};

const webhooksOf = ({ arguments: { values } }: Call): string | null => {
  const given = values.get('webhooks');
  if (given === undefined) return null;
  if (URL.canParse(given) && new URL(given).protocol.startsWith('http'))
    return given.endsWith('/') ? given : `${given}/`;
  throw new CommandError({
    what: 'This is no address of webhooks.',
    why: 'It is the output WebhookUrl of the stack keyturn-intake.',
    next: 'keyturn doctor --webhooks https://<id>.lambda-url.<region>.on.aws/',
  });
};
