import * as z from 'zod/mini';
import { type Instant, instant, milliseconds } from '../domain/identifiers.ts';
import { fetchHttp } from '../shell/fetch-http.ts';
import { systemClock } from '../shell/system-clock.ts';
import type { PollPorts } from '../watch/poll-github.ts';
import { readEnvironment } from './environment.ts';
import { awsIntake } from './intake-queue.ts';
import { awsLedger } from './ledger.ts';
import { awsVault } from './vault.ts';

const text = z.string().check(z.minLength(1));
const form = z.object({
  KEYTURN_INTAKE_QUEUE_URL: text,
  KEYTURN_LEDGER_TABLE: text,
  KEYTURN_POLL_BACK_DAYS: z.coerce.number().check(z.positive()),
});

/**
 * What a poll of a source may touch, and since when it looks.
 *
 * @param environment `process.env`
 * @throws Error that names the variables that are missing
 */
export const pollPorts = (
  environment: Readonly<Record<string, string | undefined>>,
): { readonly ports: PollPorts; readonly since: () => Instant } => {
  const settings = readEnvironment(form, environment);
  return {
    ports: {
      vault: awsVault({}),
      ledger: awsLedger(settings.KEYTURN_LEDGER_TABLE),
      http: fetchHttp(),
      intake: awsIntake(settings.KEYTURN_INTAKE_QUEUE_URL),
    },
    since: () => instant(milliseconds(systemClock.now()) - settings.KEYTURN_POLL_BACK_DAYS * 86_400_000),
  };
};
