import { type CheckUsageDecision, type CheckUsageView, decideCheckUsage } from '../domain/decisions/check-usage.ts';
import { type Instant, instant, milliseconds, secondsBetween } from '../domain/identifiers.ts';
import type { JsonObject } from '../domain/json.ts';
import type { OpenRotation, RotationRequest } from '../domain/rotation.ts';
import type { Usage } from '../domain/verdict.ts';
import type { Ports } from '../ports.ts';
import { type Held, hold } from './hold.ts';
import type { Step } from './step.ts';

type View = CheckUsageView & { readonly held: Held };

/** Asks whether anybody still uses the old key, once its overlap is over. */
export const checkUsage: Step<RotationRequest, View, CheckUsageDecision, JsonObject> = {
  name: 'check-usage',

  async observe(request, ports) {
    const held = await hold(ports, request);
    const { rotation } = held;
    const now = ports.clock.now();
    const cutOverAt = rotation.cutOverAt ?? now;
    return {
      held,
      urgency: rotation.urgency,
      approved: request.approved,
      secondsSinceCutOver: secondsBetween(cutOverAt, now),
      overlapSeconds: rotation.credential.overlapSeconds,
      maximumOverlapSeconds: rotation.credential.maximumOverlapSeconds,
      usage: rotation.urgency === 'emergency' ? { kind: 'unknowable' } : await usageOf(rotation, cutOverAt, now, ports),
    };
  },

  decide: decideCheckUsage,

  async act(decision, { held, usage }, request, ports) {
    switch (decision.kind) {
      case 'over':
        return { oldKeyUse: 'over' };
      case 'wait':
        return { oldKeyUse: 'wait', askAgainSeconds: decision.seconds };
      case 'give-up': {
        const { credential } = held.rotation;
        await ports.notices.send({
          credentialId: credential.id,
          rotationId: request.rotationId,
          severity: 'action-needed',
          contact: credential.owner.contact,
          subject: `The old key of ${credential.id} is still in use`,
          text: [
            `The new key serves, and the old one is still used at the longest overlap that the register allows.`,
            usage.kind === 'busy' ? `What the provider shows: ${usage.evidence}.` : '',
            `Find who uses it and let them read AWSCURRENT. To let the old key die all the same: keyturn approve ${request.rotationId}`,
          ].join('\n'),
        });
        return { oldKeyUse: 'give-up', outcome: 'CutOverOldLive' };
      }
    }
  },
};

/**
 * Use until the last declared cache has run out is expected, and does not count. After that the old key must have been
 * quiet for one overlap: long enough for a nightly job to show itself, and a single late use is forgiven in time.
 */
const usageOf = async (rotation: OpenRotation, cutOverAt: Instant, now: Instant, ports: Ports): Promise<Usage> => {
  const { credential, old } = rotation;
  const connection = await ports.connect(credential.target);
  if (old === null || connection.readUsage === undefined) return { kind: 'unknowable' };
  const longestTtlSeconds = Math.max(0, ...credential.consumers.map((consumer) => consumer.cacheTtlSeconds));
  const cachesGone = milliseconds(cutOverAt) + longestTtlSeconds * 1000;
  const oneOverlapAgo = milliseconds(now) - credential.overlapSeconds * 1000;
  return connection.readUsage({ keyId: old.keyId, since: instant(Math.max(cachesGone, oneOverlapAgo)) });
};
