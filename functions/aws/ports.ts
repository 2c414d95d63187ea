import * as z from 'zod/mini';
import { Fault } from '../domain/fault.ts';
import type { Ports } from '../ports.ts';
import { connector } from '../providers/connect.ts';
import { fetchHttp } from '../shell/fetch-http.ts';
import { systemClock } from '../shell/system-clock.ts';
import { readEnvironment } from './environment.ts';
import { awsExecutions } from './executions.ts';
import { awsFingerprints } from './fingerprints.ts';
import { awsLedger } from './ledger.ts';
import { awsNotices } from './notices.ts';
import { awsRegister } from './register.ts';
import { awsVault } from './vault.ts';

const text = z.string().check(z.minLength(1));

const sharedForm = {
  KEYTURN_LEDGER_TABLE: text,
  KEYTURN_PEOPLE_TOPIC_ARN: text,
  KEYTURN_BUS_NAME: text,
  KEYTURN_FINGERPRINT_KEY_ID: text,
  KEYTURN_MANAGED_KEY_ARN: z.optional(text),
  KEYTURN_REGISTER: z._default(text, '/opt/register.json'),
};
const oneProviderForm = z.object({ ...sharedForm, KEYTURN_PROVIDER: text, KEYTURN_STATE_MACHINE_ARN: text });
const everyProviderForm = z.object({ ...sharedForm, KEYTURN_STATE_MACHINE_PREFIX: text });

/**
 * The ports of a provider's function on AWS. Clients are made at once and connect when they are first used.
 *
 * @param environment `process.env`
 * @throws Error that names the variables that are missing
 */
export const awsPorts = (environment: Readonly<Record<string, string | undefined>>): Ports => {
  const settings = readEnvironment(oneProviderForm, environment);
  return portsOf(settings, (provider) => {
    if (provider === settings.KEYTURN_PROVIDER) return settings.KEYTURN_STATE_MACHINE_ARN;
    throw new Fault(
      'NeedsPerson',
      `This function is ${settings.KEYTURN_PROVIDER}'s, not ${provider}'s. Nothing was done.`,
    );
  });
};

/**
 * The ports of a function that serves every provider: a report may name a key of any.
 *
 * @param environment `process.env`
 * @throws Error that names the variables that are missing
 */
export const awsPortsOfAll = (environment: Readonly<Record<string, string | undefined>>): Ports => {
  const settings = readEnvironment(everyProviderForm, environment);
  return portsOf(settings, (provider) => `${settings.KEYTURN_STATE_MACHINE_PREFIX}${provider}`);
};

type SharedSettings = z.infer<z.ZodMiniObject<typeof sharedForm>>;

const portsOf = (settings: SharedSettings, machineArnOf: (provider: string) => string): Ports => {
  const vault = awsVault({ kmsKeyId: settings.KEYTURN_MANAGED_KEY_ARN });
  return {
    clock: systemClock,
    vault,
    ledger: awsLedger(settings.KEYTURN_LEDGER_TABLE),
    notices: awsNotices({ topicArn: settings.KEYTURN_PEOPLE_TOPIC_ARN, busName: settings.KEYTURN_BUS_NAME }),
    executions: awsExecutions(machineArnOf),
    fingerprints: awsFingerprints(settings.KEYTURN_FINGERPRINT_KEY_ID),
    register: awsRegister(settings.KEYTURN_REGISTER),
    connect: connector({ vault, http: fetchHttp(), clock: systemClock }),
  };
};
