import { refusalsThatProve } from '../domain/decisions/prove-refused.ts';
import { Fault } from '../domain/fault.ts';
import { current, holderOf, leakedAdminLabel } from '../domain/labels.ts';
import type { Obligation } from '../domain/obligation.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Ports } from '../ports.ts';
import type { Connection } from '../providers/provider.ts';
import { isAdminKeyOf } from '../triggers/admin-key-id.ts';

type AdminPorts = Pick<Ports, 'ledger' | 'vault' | 'clock' | 'connect'>;

export type AdminLook = {
  readonly obligation: Obligation;
  readonly isClosed: boolean;
  /** What was seen, or what is still missing. */
  readonly found: string;
};

const spacingSeconds = 1;

/**
 * Looks at every leaked or expiring admin key. One is done with when the vendor refuses it, several times, while the one that was
 * stored in its place is accepted: `keyturn admin set` has kept the leaked one under a label for this.
 *
 * @returns what was found of each; a port that fails for one does not keep the others from being looked at
 * @throws Fault when the ledger cannot be read
 */
export const closeAdminObligations = async (ports: AdminPorts): Promise<readonly AdminLook[]> => {
  const looks: AdminLook[] = [];
  for (const obligation of await ports.ledger.obligations('open')) {
    if (obligation.credentialId !== null) continue;
    try {
      looks.push(await look(obligation, ports));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      looks.push({ obligation, isClosed: false, found: `It could not be looked at: ${error.message}` });
    }
  }
  return looks;
};

const look = async (obligation: Obligation, ports: AdminPorts): Promise<AdminLook> => {
  const { target, keyId } = obligation;
  const { adminSecret, account } = target;
  const label = leakedAdminLabel(keyId);
  const leaked = holderOf((await ports.vault.describe(adminSecret)) ?? [], label);
  const open = (found: string): AdminLook => ({ obligation, isClosed: false, found });
  if (leaked === null) return open(`no other admin key is stored yet: keyturn admin set ${account}`);
  const refused = await probe(await ports.connect(target, label), refusalsThatProve, ports);
  if (refused.kind === 'accepted') return open('the old admin key is still accepted: delete it at the vendor');
  if (refused.kind === 'unclear') return open(`no clear answer about the old admin key: ${refused.evidence}`);
  const serving = await probe(await ports.connect(target), 1, ports);
  if (serving.kind !== 'accepted') return open('the new admin key is not accepted, so a refusal proves nothing');
  const at = ports.clock.now();
  const evidence = `was refused ${refusalsThatProve} times, with the new admin key accepted: ${refused.evidence}`;
  const closed = { ...obligation, firstRefusedAt: obligation.firstRefusedAt ?? at, refusedAt: at, evidence };
  await ports.ledger.putObligation(closed);
  // After the record: without it nobody would look for the label again.
  await ports.vault.moveLabel(adminSecret, label, { from: leaked, to: null });
  return { obligation: closed, isClosed: true, found: evidence };
};

/** Up to so many times, and no further than the first answer that is not a refusal. */
const probe = async (
  { validateAdmin }: Connection,
  times: number,
  { clock }: Pick<Ports, 'clock'>,
): Promise<Verdict> => {
  if (validateAdmin === undefined) return { kind: 'unclear', evidence: 'its provider has nothing that tells' };
  let last = await validateAdmin();
  for (let refusals = 1; last.kind === 'refused' && refusals < times; refusals += 1) {
    await clock.sleep(spacingSeconds);
    last = await validateAdmin();
  }
  return last;
};

/**
 * Keeps the leaked or expiring admin key before another one takes its place, so that it can be seen refused.
 *
 * @returns the open obligations of the account
 */
export const keepLeakedAdmin = async (
  account: string,
  vault: Pick<Ports['vault'], 'describe' | 'moveLabel'>,
  { ledger }: Pick<Ports, 'ledger'>,
): Promise<readonly Obligation[]> => {
  const open = (await ledger.obligations('open')).filter(
    ({ credentialId, target }) => credentialId === null && target.account === account,
  );
  for (const { target, keyId } of open) {
    const versions = (await vault.describe(target.adminSecret)) ?? [];
    const label = leakedAdminLabel(keyId);
    const leaked = versions.find(({ versionId }) => isAdminKeyOf(keyId, versionId))?.versionId;
    const to = leaked ?? holderOf(versions, current);
    if (to !== null && holderOf(versions, label) === null) {
      await vault.moveLabel(target.adminSecret, label, { from: null, to });
    }
  }
  return open;
};
