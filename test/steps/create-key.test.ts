import { expect, it } from 'vitest';
import { createKey } from '../../functions/steps/create-key.ts';
import { at, attempt, newKey, refused, stepWorld } from './step-world.ts';

const stored = { keyId: 'key-1', versionId: newKey.versionId };
const first = { name: 'keyturn-run-1', intendedAt: at(0), slot: null };

it('writes the name down, asks for the key, seals it, and has its print on record before it moves on', async () => {
  const world = await stepWorld();
  expect(await world.run(createKey)).toEqual({ newKeyId: 'key-1', firstIssue: false });
  expect(world.calls).toEqual([
    'listKeys',
    'write creating',
    'createKey keyturn-run-1',
    'create keyturn/acme/support support,acme',
    'store key-1 as new under keyturn-new-run',
    'print key-1',
    'write created',
  ]);
  expect(world.rotation()).toMatchObject({
    phase: 'created',
    new: stored,
    attempts: [{ ...first, keyId: 'key-1' }],
    cutOverAt: null,
  });
  expect(world.labels()).toEqual({ AWSCURRENT: 'old', 'keyturn-new-run': 'new' });
  expect(world.entries).toMatchObject([{ step: 'create-key', event: 'create' }]);
});

it('has the intent on record, without an id, when the provider is asked', async () => {
  const world = await stepWorld({ rotation: { attempts: [attempt(1)] } });
  world.once('createKey', () => {
    expect(world.rotation()).toMatchObject({
      phase: 'creating',
      attempts: [attempt(1), { ...first, name: 'keyturn-run-2', keyId: null }],
    });
  });
  await world.run(createKey);
  expect(world.rotation()?.attempts).toEqual([attempt(1), { ...first, name: 'keyturn-run-2', keyId: 'key-1' }]);
});

it('takes what is stored under its token, and asks the provider for nothing', async () => {
  const world = await stepWorld({
    stage: 'stored',
    rotation: { new: null, phase: 'creating', attempts: [attempt(1)] },
  });
  expect(await world.run(createKey)).toEqual({ newKeyId: 'key-new', firstIssue: false });
  expect(world.calls).toEqual(['print key-new', 'write created']);
  expect(world.rotation()).toMatchObject({ phase: 'created', new: newKey, attempts: [attempt(1)] });
});

it('goes by the key on record where no label of its own holds it any more', async () => {
  const world = await stepWorld({ stage: 'staged' });
  await world.move('keyturn-new-run', null);
  expect(await world.run(createKey)).toEqual({ newKeyId: 'key-new', firstIssue: false });
  expect(world.calls).toEqual([]);
});

it('writes nothing when its key is on record already', async () => {
  const world = await stepWorld({ stage: 'stored' });
  expect(await world.run(createKey)).toEqual({ newKeyId: 'key-new', firstIssue: false });
  expect(world.calls).toEqual([]);
});

it('gives up once five keys were asked for and none is stored', async () => {
  const world = await stepWorld({ rotation: { attempts: [1, 2, 3, 4, 5].map((number) => attempt(number)) } });
  await expect(world.run(createKey)).rejects.toMatchObject({ name: 'Refused', message: expect.stringContaining('5') });
  expect(world.calls).toEqual(['listKeys']);
  expect(world.rotation()?.phase).toBe('begun');
});

it.each([
  ['as many live keys as the account may have', true, 'NeedsPerson'],
  ['one of them inactive', false, null],
])('looks for room: %s', async (_, active, name) => {
  const world = await stepWorld({ facts: { maximumLiveKeys: 2 } });
  world.add('key-of-another', active);
  const ending = world.run(createKey);
  if (name === null) await expect(ending).resolves.toMatchObject({ newKeyId: 'key-1' });
  else {
    await expect(ending).rejects.toMatchObject({
      name,
      message: expect.stringContaining('production has 2 live keys'),
    });
    expect(world.calls).toEqual(['listKeys']);
  }
});

it('does without a listing where the provider offers none', async () => {
  const world = await stepWorld({ offers: ['createKey'] });
  expect(await world.run(createKey)).toMatchObject({ newKeyId: 'key-1' });
  expect(world.calls.slice(0, 2)).toEqual(['write creating', 'createKey keyturn-run-1']);
});

it('needs a person where the provider makes no keys', async () => {
  const world = await stepWorld({ offers: ['listKeys'] });
  await expect(world.run(createKey)).rejects.toMatchObject({ name: 'NeedsPerson' });
  expect(world.calls).toEqual(['listKeys', 'write creating']);
});

it('asks for nothing without its intent on record', async () => {
  const world = await stepWorld();
  world.fails('write', 'NothingChanged');
  await expect(world.run(createKey)).rejects.toMatchObject({ name: 'NothingChanged' });
  expect(world.calls).toEqual(['listKeys', 'write creating']);
});

it('leaves an answer that is lost to the next attempt: the intent is on record, the id is not', async () => {
  const world = await stepWorld();
  world.fails('createKey', 'OutcomeUnknown');
  await expect(world.run(createKey)).rejects.toMatchObject({ name: 'OutcomeUnknown' });
  expect(world.rotation()).toMatchObject({ phase: 'creating', attempts: [{ ...first, keyId: null }], new: null });
});

it.each([
  ['store', 'NeedsPerson'],
  ['fingerprint', 'NeedsPerson'],
] as const)(
  'writes down the id of a key that %s kept from being recorded, and passes the fault on',
  async (operation, name) => {
    const world = await stepWorld();
    world.fails(operation, name);
    await expect(world.run(createKey)).rejects.toMatchObject({ name });
    expect(world.calls.at(-1)).toBe('write creating');
    expect(world.rotation()).toMatchObject({ phase: 'creating', attempts: [{ ...first, keyId: 'key-1' }], new: null });
  },
);

it('passes on why the key could not be stored, also when the ledger fails as well', async () => {
  const world = await stepWorld();
  world.once('store', () => {
    world.fails('write', 'NothingChanged');
  });
  world.fails('store', 'Refused');
  await expect(world.run(createKey)).rejects.toMatchObject({ name: 'Refused' });
});

it('goes on with the key that another invocation has stored', async () => {
  const world = await stepWorld();
  world.once('store', () => world.store(newKey.versionId, 'keyturn-new-run', world.add('key-of-twin')));
  expect(await world.run(createKey)).toEqual({ newKeyId: 'key-of-twin', firstIssue: false });
  expect(world.rotation()).toMatchObject({
    new: { keyId: 'key-of-twin', versionId: newKey.versionId },
    attempts: [{ keyId: 'key-1' }],
  });
});

it('does not call a key stored that cannot be read back', async () => {
  const world = await stepWorld();
  world.once('store', () => world.once('read', () => world.move('keyturn-new-run', null)));
  await expect(world.run(createKey)).rejects.toMatchObject({ name: 'OutcomeUnknown' });
  expect(world.rotation()).toMatchObject({ phase: 'creating', attempts: [{ keyId: 'key-1' }], new: null });
});

it('starts nothing once the credential is held by another', async () => {
  const world = await stepWorld();
  world.preempt();
  await expect(world.run(createKey)).rejects.toMatchObject({ name: 'Superseded' });
  expect(world.calls).toEqual([]);
});

it('validates a first key before it is stored, with its id on record', async () => {
  const world = await stepWorld({ stage: 'no-secret' });
  world.answer('key-1', refused, { kind: 'accepted', findings: [] });
  expect(await world.run(createKey)).toEqual({ newKeyId: 'key-1', firstIssue: true });
  expect(world.calls).toEqual([
    'listKeys',
    'write creating',
    'createKey keyturn-run-1',
    'write creating',
    'probe key-1 as key-1 for large',
    'sleep 2',
    'probe key-1 as key-1 for large',
    'create keyturn/acme/support support,acme',
    'store key-1 as new under keyturn-new-run',
    'print key-1',
    'write cut-over',
  ]);
  // It serves from the moment it is stored.
  expect(world.rotation()).toMatchObject({
    phase: 'cut-over',
    cutOverAt: at(2),
    new: stored,
    attempts: [{ ...first, keyId: 'key-1' }],
  });
  expect(world.labels()).toMatchObject({ AWSCURRENT: 'new' });
});

it('has the id of a first key on record while it is validated', async () => {
  const world = await stepWorld({ stage: 'no-secret', rotation: { attempts: [attempt(1)] } });
  world.once('probe', () => {
    expect(world.rotation()?.attempts).toEqual([attempt(1), { ...first, name: 'keyturn-run-2', keyId: 'key-1' }]);
  });
  await world.run(createKey);
});

it('stores no first key that is not what the register declares', async () => {
  const world = await stepWorld({ stage: 'no-secret' });
  world.answer('key-1', {
    kind: 'accepted',
    findings: [
      { kind: 'model-missing', detail: 'no large' },
      { kind: 'scope-wider', detail: 'may do all' },
    ],
  });
  await expect(world.run(createKey)).rejects.toMatchObject({
    name: 'Refused',
    message: expect.stringContaining('no large; may do all'),
  });
  expect(world.calls.at(-1)).toBe('probe key-1 as key-1 for large');
  expect(world.rotation()).toMatchObject({ attempts: [{ keyId: 'key-1' }], new: null });
});

it('asks for a minute whether a first key is accepted, and no longer', async () => {
  const world = await stepWorld({ stage: 'no-secret' });
  world.answer('key-1', refused);
  await expect(world.run(createKey)).rejects.toMatchObject({ name: 'Refused' });
  expect(world.calls.filter((call) => call.startsWith('probe'))).toHaveLength(30);
  expect(world.calls.filter((call) => call === 'sleep 2')).toHaveLength(29);
  expect(world.calls).not.toContain('store key-1 as new under keyturn-new-run');
});

it('keeps the time at which a first key has served since', async () => {
  const world = await stepWorld({ stage: 'no-secret', rotation: { cutOverAt: at(-5), attempts: [attempt(1)] } });
  await world.ports.vault.create(world.credential.secret, {});
  await world.store(newKey.versionId, 'keyturn-new-run', 'key-new');
  expect(await world.run(createKey)).toEqual({ newKeyId: 'key-new', firstIssue: true });
  expect(world.rotation()).toMatchObject({ phase: 'cut-over', cutOverAt: at(-5), new: newKey });
});
