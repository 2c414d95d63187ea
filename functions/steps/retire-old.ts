import type { RetireOldDecision, RetireOldView } from '../domain/decisions/retire-old.ts';
import { Fault, Superseded } from '../domain/fault.ts';
import { type OpenRotation, phases, type RotationRequest } from '../domain/rotation.ts';
import type { Ports } from '../ports.ts';
import type { Connection } from '../providers/provider.ts';
import { probe, readCurrent } from './current-key.ts';
import { enableOld } from './enable-old.ts';
import { type Held, hold } from './hold.ts';

export type RetireView = RetireOldView & { readonly held: Held; readonly connection: Connection };

/** What DisableOld and RevokeOld look at, afresh each time, before they touch the old key. */
export const observeRetirement = async (
  request: RotationRequest,
  ports: Ports,
  offered: (connection: Connection) => boolean,
): Promise<RetireView> => {
  const held = await hold(ports, request);
  const { credential, old, new: key } = held.rotation;
  if (old === null || key === null)
    throw new Fault('Refused', 'This rotation has no old key and new key; nothing was done.');
  const connection = await ports.connect(credential.target);
  const { current } = await readCurrent(ports, credential);
  return {
    held,
    connection,
    offered: offered(connection),
    oldKeyId: old.keyId,
    newVersionId: key.versionId,
    current,
    verdict: current && (await probe(connection, current.value)),
  };
};

/** Ends the step when the old key must stay alive; brings it back where it was already disabled. */
export const unlessItMustLive = async (decision: RetireOldDecision, view: RetireView, ports: Ports): Promise<void> => {
  const { held, connection } = view;
  if (decision.kind === 'retire' || decision.kind === 'not-offered') return;
  // No clear answer says nothing against the new key: enabling and disabling in turns would only blur the proof.
  const isUnclear = decision.kind === 'current-not-accepted' && view.verdict?.kind === 'unclear';
  if (!isUnclear && wasDisabled(held.rotation)) await enableOld(connection, held.rotation, ports);
  if (decision.kind === 'moved-by-another') {
    throw new Superseded('AWSCURRENT was moved by another; theirs is untouched and the old key was left alive.');
  }
  throw new Fault('NothingChanged', 'The key that serves is not accepted at this moment; the old key was left alive.');
};

const wasDisabled = ({ phase }: OpenRotation): boolean => phases.indexOf(phase) >= phases.indexOf('disabling-old');
