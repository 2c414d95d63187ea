import { type CreateKeyDecision, decideCreateKey } from '../domain/decisions/create-key.ts';
import { Fault } from '../domain/fault.ts';
import { keyName } from '../domain/identifiers.ts';
import type { Attempt, RotationRequest, StoredKey } from '../domain/rotation.ts';
import type { Ports } from '../ports.ts';
import type { Connection, CreatedKey } from '../providers/provider.ts';
import { untilAccepted } from './first-issue.ts';
import { type Held, hold, write } from './hold.ts';
import { recordPrint } from './record-print.ts';
import { readStored, seal } from './seal.ts';
import type { Step } from './step.ts';

type View = {
  readonly held: Held;
  readonly connection: Connection;
  readonly stored: StoredKey | null;
  readonly liveKeys: number;
};
export type CreateKeyOutput = { readonly newKeyId: string; readonly firstIssue: boolean };

/** Asks the provider for a key, by a name written down before, and seals it in the same invocation. */
export const createKey: Step<RotationRequest, View, CreateKeyDecision, CreateKeyOutput> = {
  name: 'create-key',

  async observe(request, ports) {
    const held = await hold(ports, request);
    const { credential } = held.rotation;
    const connection = await ports.connect(credential.target);
    const stored = await readStored(ports, held);
    const keys = stored === null ? await connection.listKeys?.() : undefined;
    return { held, connection, stored, liveKeys: keys?.filter((key) => key.active).length ?? 0 };
  },

  decide: ({ held, connection, stored, liveKeys }) =>
    decideCreateKey({
      stored,
      attempts: held.rotation.attempts.length,
      liveKeys,
      maximumLiveKeys: connection.facts.maximumLiveKeys,
    }),

  async act(decision, { held, connection, liveKeys }, _request, ports) {
    const { rotation } = held;
    switch (decision.kind) {
      case 'use-stored':
        return keep(ports, held, decision.stored);
      case 'give-up':
        throw new Fault('Refused', `${rotation.attempts.length} keys were asked for and none could be stored.`);
      case 'no-room':
        throw new Fault(
          'NeedsPerson',
          `${rotation.credential.target.account} has ${liveKeys} live keys, which is all it may have; none was made. Remove one that is not used, then resume.`,
        );
      case 'create': {
        const name = keyName(rotation.rotationId, decision.attempt);
        const attempt: Attempt = { name, intendedAt: ports.clock.now(), slot: null, keyId: null };
        const intended = await write(ports, held, { phase: 'creating', attempts: [...rotation.attempts, attempt] });
        const created = await connection.createKey?.(name);
        if (created === undefined) throw new Fault('NeedsPerson', 'This provider has no call that makes a key.');
        const attempts = [...rotation.attempts, { ...attempt, keyId: created.keyId }];
        // Between "created" and "stored" nothing else is done, so that a crash has the least room to leave a stray.
        if (rotation.old !== null) return keepOrRemember(ports, intended, created, attempts);
        const known = await write(ports, intended, { attempts });
        await untilAccepted(ports, known, connection, created);
        return keep(ports, known, await seal(ports, known, created));
      }
    }
  },
};

/** A key that could not be stored or recorded is written down, so that RollBack finds it by its id. */
const keepOrRemember = async (
  ports: Ports,
  held: Held,
  created: CreatedKey,
  attempts: readonly Attempt[],
): Promise<CreateKeyOutput> => {
  try {
    const stored = await seal(ports, held, created);
    return await keep(ports, { ...held, rotation: { ...held.rotation, attempts } }, stored);
  } catch (error) {
    await write(ports, held, { attempts }).catch(() => undefined);
    throw error;
  }
};

/**
 * The stored key, and no other, is the rotation's new key. A first key serves from the moment it is stored. Its print
 * is on record before the rotation moves on: none cuts over to a key whose leak would not be recognised.
 */
export const keep = async (ports: Ports, held: Held, stored: StoredKey): Promise<CreateKeyOutput> => {
  const firstIssue = held.rotation.old === null;
  const change = firstIssue
    ? ({ new: stored, phase: 'cut-over', cutOverAt: held.rotation.cutOverAt ?? ports.clock.now() } as const)
    : ({ new: stored, phase: 'created' } as const);
  if (held.rotation.new?.keyId !== stored.keyId) {
    await recordPrint(ports, held, stored);
    await write(ports, held, { ...change, attempts: held.rotation.attempts });
  }
  return { newKeyId: stored.keyId, firstIssue };
};
