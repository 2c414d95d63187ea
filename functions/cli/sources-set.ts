import { Fault } from '../domain/fault.ts';
import { SecretValue } from '../domain/secret-value.ts';
import { nearest } from '../register/nearest.ts';
import {
  shortestWebhookSecret,
  sourceSecretName,
  sourceSecrets,
  type WebhookSource,
  webhookSecretsIn,
  webhookSources,
} from '../triggers/sources/source-secret.ts';
import type { Call, Run } from './call.ts';
import { CommandError } from './command-error.ts';
import { readSecret } from './read-secret.ts';
import { readRegister, type Session, withSession } from './session.ts';

/** Stores what a source signs its webhooks with, or the token for its API. */
export const sourcesSet: Run = async (call) => {
  const [givenSource, givenWhat] = call.arguments.positionals;
  const source = oneOf('source', webhookSources, givenSource);
  const what = oneOf('secret', sourceSecrets, givenWhat);
  const declared = await readRegister(call, 'ignored');
  const title = what === 'webhook' ? `Webhook secret of ${source}` : `API token of ${source}`;
  const given = await readSecret(call, title);
  checkForm(given, what);
  const name = sourceSecretName(source, what);
  return withSession(call, declared, async (session) => {
    if (what === 'token') {
      await session.adminVault.writeAdmin(name, given);
      call.say(`${title}: stored as ${name}. The next poll uses it.`);
      return { exitCode: 0, json: { source, secret: name } };
    }
    const secrets = await withFormer(given, source, call, session);
    await session.adminVault.writeAdmin(name, secrets.text);
    call.say(`${title}: stored as ${name}. It counts within five minutes.`);
    if (secrets.count === 2) {
      call.say(
        `The one before counts too. When the vendor signs with the new one, the same again with --only ends that.`,
      );
    }
    return { exitCode: 0, json: { source, secret: name, count: secrets.count } };
  });
};

const oneOf = <T extends string>(what: string, known: readonly T[], given = ''): T => {
  const found = known.find((one) => one === given);
  if (found !== undefined) return found;
  const near = nearest(given, known);
  throw new CommandError({
    what: `There is no such ${what}.`,
    why: `It is one of ${known.join(', ')}.`,
    next: near === null ? 'keyturn sources set --help' : `Perhaps you meant ${near}.`,
  });
};

const checkForm = (given: SecretValue, what: 'webhook' | 'token'): void => {
  const fits = what === 'webhook' ? webhookSecretsIn(given.expose()) !== null : !/\s/.test(given.expose());
  if (fits) return;
  throw new CommandError({
    what: what === 'webhook' ? 'This is no webhook secret.' : 'This is no API token.',
    why:
      what === 'webhook'
        ? `It has at least ${shortestWebhookSecret} characters; two may be given, one a line, the newer first.`
        : 'A token is one word.',
    next: what === 'webhook' ? 'Make one, such as by: openssl rand -hex 32' : 'Copy the token again.',
  });
};

/** The new one, and behind it the one that counted before: a person may not be allowed to read that. */
const withFormer = async (
  given: SecretValue,
  source: WebhookSource,
  call: Call,
  { adminVault }: Session,
): Promise<{ readonly text: SecretValue; readonly count: number }> => {
  const secrets = webhookSecretsIn(given.expose()) ?? [];
  const isAlone = secrets.length === 1 && !call.arguments.switches.has('only');
  const former = isAlone ? await readFormer(source, call, adminVault) : [];
  const kept = [...new Set([...secrets, ...former])].slice(0, 2);
  return { text: new SecretValue(kept.join('\n')), count: kept.length };
};

const readFormer = async (
  source: WebhookSource,
  call: Call,
  vault: Session['adminVault'],
): Promise<readonly string[]> => {
  try {
    return webhookSecretsIn((await vault.readAdmin(sourceSecretName(source, 'webhook')))?.expose() ?? '') ?? [];
  } catch (error) {
    // An outage is no reason to forget it.
    if (!(error instanceof Fault) || error.name !== 'NeedsPerson') throw error;
    call.say(
      'You may not read the one before, so it counts no more. What is still signed with it is found by polling.',
    );
    call.say('To keep it, give both, one a line, the newer first.');
    return [];
  }
};
