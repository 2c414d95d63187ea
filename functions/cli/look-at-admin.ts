import type { Obligation } from '../domain/obligation.ts';
import { closeAdminObligations } from '../watch/admin-obligations.ts';
import type { Answer, Call } from './call.ts';
import type { Session } from './session.ts';

/** Looks whether leaked or expiring admin keys are refused by now, and says what is still to be done. */
export const lookAtLeakedAdmin = async (
  call: Call,
  { ports, flags }: Session,
  leaked: readonly Obligation[],
): Promise<Answer> => {
  const looks = (await closeAdminObligations(ports)).filter(({ obligation }) =>
    leaked.some(({ keyId, target }) => keyId === obligation.keyId && target.account === obligation.target.account),
  );
  for (const { obligation, isClosed, found } of looks) {
    call.say(isClosed ? `The old admin key ${found}.` : `The old admin key: ${found}.`);
    if (!isClosed) call.say(`Then look again: keyturn approve ${obligation.incidentId ?? ''}${flags}`);
  }
  const isOver = looks.every(({ isClosed }) => isClosed);
  return {
    exitCode: isOver ? 0 : 1,
    json: { adminKeys: looks.map(({ obligation, isClosed, found }) => ({ keyId: obligation.keyId, isClosed, found })) },
  };
};
