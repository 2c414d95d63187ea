import type { CredentialRecord } from '../domain/rotation.ts';
import { inGroups } from '../triggers/in-groups.ts';
import { requestId } from '../triggers/request.ts';
import { lanes, type Part, type Pass } from './pass.ts';

const part = 'left-register';

/**
 * A credential that the register has no more, and whose key lives: nobody rotates it and nobody looks at it, so its owner
 * is told once a day. Nothing is touched: the entry may have been lost by mistake.
 */
export const tellWhatLeft: Part = async (pass) => {
  const { ports, options } = pass;
  const declared = new Set((await ports.register.credentials()).map(({ id }) => id));
  const left = (await pass.records()).filter(
    ({ credentialId, serving, lastEntry, retirement }) =>
      serving !== null &&
      lastEntry !== null &&
      retirement === null &&
      !declared.has(credentialId) &&
      (options.provider === null || lastEntry.target.provider === options.provider),
  );
  await inGroups(left, lanes, (record) => pass.alone(part, record.credentialId, () => tellOwner(record, pass)));
};

const tellOwner = async (
  { credentialId, serving, lastEntry }: CredentialRecord,
  { ports, options, tell }: Pass,
): Promise<void> => {
  if (serving === null || lastEntry === null) return;
  const { provider, account } = lastEntry.target;
  const found = `it left the register, and its key ${serving.keyId} lives at ${provider}, account ${account}`;
  const at = ports.clock.now();
  const rotationId = requestId(credentialId, 'left-register', at);
  const isTold = (await ports.ledger.entries(rotationId)).length > 0;
  if (isTold || options.dryRun) {
    tell({ part, subject: credentialId, found, did: null });
    return;
  }
  await ports.ledger.append({ rotationId, credentialId, at, step: 'left-register', event: 'told', detail: found });
  await ports.notices.send({
    credentialId,
    rotationId: null,
    severity: 'action-needed',
    contact: lastEntry.owner.contact,
    subject: `${credentialId} left the register, and its key lives`,
    text: [
      `The key ${serving.keyId} is accepted by ${provider}, and nobody rotates it any more. Its secret ${lastEntry.secret} was kept.`,
      `If nobody needs it: keyturn retire ${credentialId}. If it left by mistake, put its entry back and deploy.`,
    ].join('\n'),
  });
  tell({ part, subject: credentialId, found, did: 'told its owner' });
};
