import { Fault } from '../domain/fault.ts';
import type { KeyId } from '../domain/identifiers.ts';
import type { Leak } from '../domain/incident.ts';
import { timeOf } from '../domain/time-words.ts';
import type { LeakedKey } from '../triggers/resolve-leak.ts';
import type { Output } from './io.ts';
import type { Session } from './session.ts';
import { table } from './table.ts';

type Planned = Pick<LeakedKey, 'credential'> & { readonly keyId: KeyId; readonly credentialId: string };

/** What a principal did read, beside what it could: for who decides. Nothing is left out of a plan for it. */
export const accessLines = async (
  leak: Leak,
  keys: readonly Planned[],
  { accessLog, ports }: Pick<Session, 'accessLog' | 'ports'>,
  output: Output,
): Promise<readonly string[]> => {
  if (leak.kind !== 'principal') return [];
  const { principal } = leak;
  if (accessLog === null) {
    return [`What ${principal} did read, nobody could look at: on one machine there is no CloudTrail. ${takeAll}`];
  }
  try {
    const { since, lastRead } = await accessLog.readsOf(principal);
    const days = Math.floor((Date.parse(ports.clock.now()) - Date.parse(since)) / 86_400_000);
    const rows = keys.map(({ credentialId, credential }) => {
      if (credential === null) return [credentialId, 'not known: it is not in the register any more'];
      const at = lastRead(credential.secret);
      return [
        credentialId,
        at === null ? `could read it, and did not in ${days} days` : `read it last on ${timeOf(at)}`,
      ];
    });
    return [
      ...table([['CREDENTIAL', `WHAT ${principal} DID`], ...rows], output),
      `By CloudTrail, in this region, since ${timeOf(since)}; it is some minutes late. All of them stay in the plan.`,
    ];
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return [`What ${principal} did read, nobody could look at: ${error.message} ${takeAll}`];
  }
};

const takeAll = 'Take all of it as read.';
