import {
  decideTwoSlotCreateKey,
  type TwoSlotDecision,
  type TwoSlotView,
} from '../../domain/decisions/two-slot-create-key.ts';
import { Fault } from '../../domain/fault.ts';
import { type Instant, type KeyId, secondsBetween } from '../../domain/identifiers.ts';
import type { Attempt, RotationRequest } from '../../domain/rotation.ts';
import type { Connection, Slot } from '../../providers/provider.ts';
import { type CreateKeyOutput, keep } from '../create-key.ts';
import { readCurrent } from '../current-key.ts';
import { untilAccepted } from '../first-issue.ts';
import { type Held, hold, write } from '../hold.ts';
import { readStored, seal } from '../seal.ts';
import type { Step } from '../step.ts';

type View = TwoSlotView & { readonly held: Held; readonly connection: Connection; readonly slots: readonly Slot[] };

/** Gives the slot that is not in use a new value, and seals it. */
export const createInFreeSlot: Step<RotationRequest, View, TwoSlotDecision, CreateKeyOutput> = {
  name: 'two-slot/create-key',

  async observe(request, ports) {
    const held = await hold(ports, request);
    const { rotation } = held;
    const connection = await ports.connect(rotation.credential.target);
    const slots = (await connection.listSlots?.()) ?? [];
    const { current } = await readCurrent(ports, rotation.credential);
    const intent = rotation.attempts.at(-1);
    const now = ports.clock.now();
    return {
      held,
      connection,
      slots,
      stored: await readStored(ports, held),
      slotInUse: slots.find((slot) => current?.value.equals(slot.value))?.name ?? null,
      firstIssue: rotation.old === null,
      movedByAnother: rotation.old !== null && current?.versionId !== rotation.old.versionId,
      containedSlot: rotation.containedAt === null ? null : (rotation.old?.keyId.split(':')[0] ?? null),
      intent: intent?.slot
        ? {
            slot: intent.slot.name,
            previousKeyId: intent.slot.previousKeyId,
            ageSeconds: secondsBetween(intent.intendedAt, now),
          }
        : null,
      letCallsLandSeconds: request.letCallsLandSeconds,
      stillHeld: stillHeldAt(now, held),
      urgency: rotation.urgency,
    };
  },

  decide: decideTwoSlotCreateKey,

  async act(decision, { held, connection, slots }, _request, ports) {
    const { rotation } = held;
    switch (decision.kind) {
      case 'use-stored':
        return keep(ports, held, decision.stored);
      case 'moved-by-another':
        throw new Fault('Refused', 'AWSCURRENT was moved by another since this rotation began; no slot was touched.');
      case 'matches-neither':
        throw new Fault(
          'NeedsPerson',
          'AWSCURRENT holds neither of the two keys, so nobody can say which slot is free; neither was touched. Put the key in use into the secret, then resume.',
        );
      case 'wait-for-call':
        throw new Fault('OutcomeUnknown', 'A regeneration whose answer was lost may still land; it is waited for.');
      case 'still-held':
        throw new Fault(
          'Refused',
          'The free slot holds a value that served until lately, and consumers may hold it for one overlap more; no slot was touched.',
        );
      case 'adopt': {
        const slot = slotNamed(slots, decision.slot);
        if (rotation.old === null) await untilAccepted(ports, held, connection, slot);
        return keep(ports, held, await seal(ports, held, slot));
      }
      case 'regenerate': {
        const { slot: name, previousKeyId } = decision;
        const attempt: Attempt = {
          name: null,
          intendedAt: ports.clock.now(),
          slot: { name, previousKeyId },
          keyId: null,
        };
        const intended = await write(ports, held, { phase: 'creating', attempts: [...rotation.attempts, attempt] });
        const after = (await connection.regenerateSlot?.(name)) ?? [];
        return keep(ports, intended, await seal(ports, intended, slotNamed(after, name)));
      }
    }
  },
};

/** What was taken out of service less than an overlap ago, or since reconcile looked last. */
const stillHeldAt = (now: Instant, { record: { leftovers, serving } }: Held): readonly KeyId[] =>
  [...leftovers.filter(({ since }) => since > now), ...(serving === null ? [] : [serving])].map(({ keyId }) => keyId);

const slotNamed = (slots: readonly Slot[], name: string): Slot => {
  const slot = slots.find((candidate) => candidate.name === name);
  if (slot === undefined) throw new Fault('OutcomeUnknown', `The provider's answer has no slot ${name}.`);
  return slot;
};
