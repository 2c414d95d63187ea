import { afterEach, describe, expect, it } from 'vitest';
import { keyId } from '../../functions/domain/identifiers.ts';
import { newLabel } from '../../functions/domain/labels.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { versionToken } from '../../functions/steps/version-token.ts';
import { type RotationWorld, startRotationWorld } from './rotation-world.ts';

let world: RotationWorld;
const startWorld = async (...question: Parameters<typeof startRotationWorld>): Promise<RotationWorld> => {
  world = await startRotationWorld(...question);
  return world;
};
afterEach(() => world.close());

/** What `keyturn submit` does once it has probed the value. */
const submit = async () => {
  const { local, credential, provider, request } = world;
  const made = provider.mint({ name: 'made in the Console' });
  const wish = request();
  const payload = { apiKey: new SecretValue(made.value), keyId: keyId(made.keyId), rotationId: wish.rotationId };
  await local.ports.vault.create(credential.secret, {});
  await local.ports.vault.store(credential.secret, versionToken(wish.rotationId), newLabel(wish.rotationId), payload);
  await local.ports.executions.start(wish);
  await world.drive();
  return { ...made, rotationId: wish.rotationId };
};
const statuses = async (): Promise<Readonly<Record<string, boolean>>> => {
  const connection = await world.local.ports.connect(world.credential.target);
  const keys = (await connection.listKeys?.()) ?? [];
  return Object.fromEntries(keys.map((key) => [key.keyId, key.active]));
};

describe('a key that a person made', () => {
  it('is taken over; the old one is disabled, archived and seen refused', async () => {
    const { seed, outcomeOf, storyOf, labels } = await startWorld('anthropic');
    const old = await seed();
    const made = await submit();
    expect(await outcomeOf(made.rotationId)).toBe('Done');
    expect(await storyOf(made.rotationId)).toEqual(
      expect.arrayContaining(['human-created/create-key/adopt', 'disable-old/retire', 'revoke-old/retire']),
    );
    expect(await labels()).toEqual({ AWSCURRENT: made.keyId });
    expect(await statuses()).toEqual({ [old.keyId]: false, [made.keyId]: true });
    expect(world.deadServed).toEqual([]);
    expect(world.leaks()).toEqual([]);
  });

  it('is the first one: it serves at once, and there is no old key', async () => {
    const { outcomeOf, labels } = await startWorld('anthropic');
    const made = await submit();
    expect(await outcomeOf(made.rotationId)).toBe('Done');
    expect(await labels()).toEqual({ AWSCURRENT: made.keyId });
  });

  it('is disabled and not archived when it is not what the register declares', async () => {
    const { seed, outcomeOf, currentValue } = await startWorld('anthropic', {
      credential: { expects: { models: ['claude-none'], permissions: [] } },
    });
    const old = await seed();
    const made = await submit();
    expect(await outcomeOf(made.rotationId)).toBe('RolledBack');
    expect(await currentValue()).toBe(old.value);
    expect(await statuses()).toEqual({ [old.keyId]: true, [made.keyId]: false });
    const connection = await world.local.ports.connect(world.credential.target);
    await connection.enableKey?.(keyId(made.keyId));
    expect(await statuses()).toEqual({ [old.keyId]: true, [made.keyId]: true });
  });

  it('without a submission a person is asked, and nothing has changed', async () => {
    const { seed, rotate, currentValue } = await startWorld('anthropic');
    const old = await seed();
    expect(await rotate()).toBe('Escalated');
    expect(await currentValue()).toBe(old.value);
    expect(world.notices.at(-1)?.text).toContain(`keyturn submit ${world.credential.id}`);
  });

  it('contained without a replacement, then replaced by a submission', async () => {
    const { seed, rotate, outcomeOf, local } = await startWorld('anthropic');
    const old = await seed();
    world.expectDeadCurrent(true);
    expect(await rotate({ urgency: 'emergency', leakedKeyId: keyId(old.keyId) })).toBe('ContainedNoReplacement');
    expect(await statuses()).toEqual({ [old.keyId]: false });
    expect(await local.ports.ledger.obligations('open')).toHaveLength(1);
    const made = await submit();
    expect(await outcomeOf(made.rotationId)).toBe('Done');
    expect(await statuses()).toEqual({ [old.keyId]: false, [made.keyId]: true });
    expect(await local.ports.ledger.obligations('open')).toEqual([]);
  });
});
