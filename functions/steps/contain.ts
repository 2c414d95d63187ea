import { type ContainDecision, decideContain } from '../domain/decisions/contain.ts';
import { Fault } from '../domain/fault.ts';
import type { Instant, KeyId } from '../domain/identifiers.ts';
import type { RotationRequest } from '../domain/rotation.ts';
import type { SecretValue } from '../domain/secret-value.ts';
import type { Ports } from '../ports.ts';
import type { Connection } from '../providers/provider.ts';
import { acceptObligation, type Seen } from './accept-obligation.ts';
import { probe, readCurrent } from './current-key.ts';
import { listedAs } from './listed-as.ts';
import type { Step } from './step.ts';

/** An execution that an earlier version has started names no secret. */
type Input = Omit<RotationRequest, 'secret'> & Partial<Pick<RotationRequest, 'secret'>>;
type View = { readonly connection: Connection; readonly leaked: KeyId };
type Output = {
  readonly contained: boolean;
  readonly containedAt: Instant;
  readonly firstRefusedAt: Instant | null;
};

/**
 * Makes the leaked key unusable, before anything else. It needs the provider and the admin secret, and nothing more:
 * no lease, no ledger, no register. The execution's input is the durable acceptance; the record follows, and so does a
 * first look at whether the key is refused.
 */
export const contain: Step<Input, View, ContainDecision, Output> = {
  name: 'contain',

  async observe({ leakedKeyId, target }, ports) {
    if (leakedKeyId === null) throw new Fault('NeedsPerson', 'The request names no key to contain; nothing was done.');
    return { connection: await ports.connect(target), leaked: leakedKeyId };
  },

  decide: ({ connection }) =>
    decideContain({
      canContain: connection.containKey !== undefined,
      canDisable: connection.disableKey !== undefined,
      canRevoke: connection.revokeKey !== undefined,
    }),

  async act(decision, { connection, leaked }, request, ports) {
    // Beside the containment and never before it: a vault that hangs must not keep the key alive.
    const leakedValue = readLeaked(request, ports);
    switch (decision.kind) {
      case 'contain':
        await connection.containKey?.(leaked);
        break;
      case 'disable':
        await connection.disableKey?.(leaked);
        break;
      case 'revoke':
        await connection.revokeKey?.(leaked);
        break;
      case 'not-offered':
        throw new Fault('NeedsPerson', `${request.target.provider} offers nothing that stops a key; it is still live.`);
    }
    const containedAt = ports.clock.now();
    const firstRefusedAt = await seenRefused(connection, leaked, await leakedValue, ports);
    await recordAfter(ports, request, leaked, { containedAt, firstRefusedAt });
    return { contained: true, containedAt, firstRefusedAt };
  },
};

/** The leaked value, if it is what serves; null when it is another, or nobody answers. */
const readLeaked = async ({ secret, leakedKeyId }: Input, ports: Ports): Promise<SecretValue | null> => {
  if (secret === undefined) return null;
  try {
    const { current } = await readCurrent(ports, { secret });
    return current?.keyId === leakedKeyId ? current.value : null;
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
};

/** One look, no proof: when it comes to nothing, ProveRefused looks again, and again. */
const seenRefused = async (
  connection: Connection,
  leaked: KeyId,
  value: SecretValue | null,
  ports: Ports,
): Promise<Instant | null> => {
  try {
    const refused =
      value === null
        ? ['absent', 'inactive'].includes((await listedAs(leaked, connection)) ?? '')
        : (await probe(connection, value)).kind === 'refused';
    return refused ? ports.clock.now() : null;
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
};

/** Losing the ledger delays the record, never the kill: Begin writes the obligation again. */
const recordAfter = async (ports: Ports, request: Input, keyId: KeyId, seen: Seen): Promise<void> => {
  try {
    await acceptObligation(ports, request, keyId, seen);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
};
