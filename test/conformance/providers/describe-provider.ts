import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../../functions/domain/fault.ts';
import { type Instant, instant, type KeyId, keyName, rotationId } from '../../../functions/domain/identifiers.ts';
import { SecretValue } from '../../../functions/domain/secret-value.ts';
import type { SimulatedFault, Simulator } from '../../../functions/local/simulated/server.ts';
import type { Clock, Http } from '../../../functions/ports.ts';
import { bind } from '../../../functions/providers/connect.ts';
import {
  type Connection,
  type CreatedKey,
  type Provider,
  SettingsError,
  type Verdict,
} from '../../../functions/providers/provider.ts';

/** An account to run the suite on: simulated, or by opt-in a real one. */
export interface Account {
  readonly settings: unknown;
  readonly admin: string;
  readonly http: Http;
  readonly clock: Clock;
  /** Lets that many seconds of the account's clock go by. */
  readonly advance: (seconds: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What only a simulated account allows: to make things go wrong. */
export interface Simulated extends Account {
  readonly simulator: Simulator<unknown>;
  /** Of the right form, and of nobody. */
  readonly wrongAdmin: string;
  /** How each request is told from the others, so that a fault hits it. */
  readonly requests: Readonly<Partial<Record<'create' | 'list' | 'revoke' | 'probe', Aim>>>;
}

export type Aim = { readonly method: string; readonly path: string };

export interface Subject<S> {
  readonly provider: Provider<S>;
  readonly start: () => Promise<Simulated>;
  /** Settings that must be refused, and the field that the refusal must name. */
  readonly wrongSettings: readonly (readonly [field: string, settings: unknown])[];
  readonly wrongAdminForms: readonly string[];
  /** For vendors without a create: makes a key as a person would. */
  readonly makeByHand?: (account: Simulated) => CreatedKey;
}

const nothingExpected = { models: [], permissions: [] };

/** Time that stands still but for `advance`. */
export const standingClock = (
  start = Date.UTC(2026, 10, 21),
): Pick<Account, 'clock' | 'advance'> & { readonly now: () => Instant } => {
  let at = start;
  const advance = (seconds: number): Promise<void> => {
    at += seconds * 1000;
    return Promise.resolve();
  };
  const now = (): Instant => instant(at);
  return { clock: { now, sleep: advance }, advance, now };
};

const connect = <S>(
  provider: Provider<S>,
  account: Account,
  changed: { readonly admin?: string; readonly http?: Http } = {},
) =>
  bind(provider, {
    settings: provider.settings(account.settings),
    admin: new SecretValue(changed.admin ?? account.admin),
    http: changed.http ?? account.http,
    clock: account.clock,
    tokens: new Map(),
  });

const must = <T>(operation: T | undefined): T => {
  if (operation === undefined) throw new TypeError('The provider has no such operation.');
  return operation;
};

let names = 0;
/** A name of the form that rotations use; unique, because no vendor may be asked for the same twice. */
const freshName = () => {
  names += 1;
  return keyName(rotationId(`conformance-${process.pid}-${names}`), 1);
};

/** Asks again and again until the verdict is of that kind, at most for ten minutes of the account's clock. */
const eventually = async (
  kind: Verdict['kind'],
  { validate }: Connection,
  { value, keyId }: { readonly value: SecretValue; readonly keyId: KeyId | null },
  { advance }: Account,
): Promise<Verdict> => {
  const ask = () => validate({ value, keyId, expects: nothingExpected });
  let verdict = await ask();
  for (let seconds = 0; verdict.kind !== kind && seconds < 600; seconds += 5) {
    await advance(5);
    verdict = await ask();
  }
  expect(verdict.kind).toBe(kind);
  return verdict;
};

/** What it throws, which holds no secret in any of its forms. */
const thrownBy = async (work: () => Promise<unknown>, account: Account): Promise<unknown> => {
  const error: unknown = await work().then(
    () => expect.fail('nothing was thrown'),
    (reason: unknown) => reason,
  );
  expectNoSecret([inspect(error, { depth: 10 }), String(error), JSON.stringify(error)].join('\n'), account);
  return error;
};

const expectNoSecret = (text: string, account: Account): void => {
  const values = 'simulator' in account ? (account as Simulated).simulator.keys().map(({ value }) => value) : [];
  const parts = account.admin.startsWith('{')
    ? Object.values(JSON.parse(account.admin) as object).map(String)
    : [account.admin];
  for (const secret of [...values, ...parts]) expect(text).not.toContain(secret);
};

const faultNameOf = (error: unknown): string => {
  expect(error).toBeInstanceOf(Fault);
  return (error as Fault).name;
};

/** The life of a key, on any account. It touches no key that it has not made itself. */
const describeLife = <S>(
  title: string,
  provider: Provider<S>,
  start: () => Promise<Account>,
  makeByHand?: (account: Account) => CreatedKey,
): void => {
  // On a real account the ten minutes of `eventually` are real.
  describe(`${title}: the life of a key`, { timeout: 1_200_000 }, () => {
    let account: Account;
    let connection: Connection;
    const made: KeyId[] = [];
    beforeEach(async () => {
      account = await start();
      connection = connect(provider, account);
    });
    afterEach(async () => {
      for (const id of made.splice(0)) await connection.revokeKey?.(id);
      await account.close();
    });
    const make = async (name = freshName()): Promise<CreatedKey> => {
      const key = makeByHand?.(account) ?? (await must(connection.createKey)(name));
      made.push(key.keyId);
      return key;
    };
    const { operations } = provider;
    if (operations.createKey === undefined && makeByHand === undefined) {
      describeSlots(() => ({ account, connection }));
      return;
    }

    it('is accepted, is as declared, and is listed', async () => {
      const name = freshName();
      const key = await make(name);
      expect(await eventually('accepted', connection, key, account)).toEqual({ kind: 'accepted', findings: [] });
      const listed = (await must(connection.listKeys)()).find(({ keyId }) => keyId === key.keyId);
      expect(listed).toMatchObject({ active: true });
      if (operations.createKey !== undefined) expect(listed?.name).toBe(name);
    });

    it('is another than the next one', async () => {
      const first = await make();
      const second = await make();
      expect(first.keyId).not.toBe(second.keyId);
      expect(first.value.equals(second.value)).toBe(false);
    });

    if (operations.identifyKey !== undefined) {
      it('is known by its value', async () => {
        const [first, second] = [await make(), await make()];
        expect(await must(connection.identifyKey)(first.value)).toBe(first.keyId);
        expect(await must(connection.identifyKey)(second.value)).toBe(second.keyId);
      });
    }

    for (const name of ['revokeKey', 'containKey'] as const) {
      if (operations[name] === undefined) continue;
      it(`dies by ${name} and stays dead, and its neighbour lives`, async () => {
        const key = await make();
        const neighbour = await make();
        await eventually('accepted', connection, key, account);
        await must(connection[name])(key.keyId);
        await eventually('refused', connection, { ...key, keyId: null }, account);
        await must(connection[name])(key.keyId);
        const listed = (await must(connection.listKeys)()).find(({ keyId }) => keyId === key.keyId);
        expect(listed?.active ?? false).toBe(false);
        await eventually('accepted', connection, neighbour, account);
      });
    }

    if (operations.disableKey !== undefined) {
      it('is disabled, twice, and comes back', async () => {
        const key = await make();
        await eventually('accepted', connection, key, account);
        await must(connection.disableKey)(key.keyId);
        await must(connection.disableKey)(key.keyId);
        await eventually('refused', connection, { ...key, keyId: null }, account);
        await must(connection.enableKey)(key.keyId);
        await eventually('accepted', connection, key, account);
      });
    }

    it('is refused when nobody has it', async () => {
      const { value } = await make();
      const text = value.expose();
      const nobodys = new SecretValue(`${text.slice(0, -6)}${text.slice(-6).split('').reverse().join('')}`);
      expect(await connection.validate({ value: nobodys, keyId: null, expects: nothingExpected })).toMatchObject({
        kind: 'refused',
      });
    });
  });
};

/** Two slots: the value in each is accepted; a new value in one leaves the other alone. */
const describeSlots = (subject: () => { readonly account: Account; readonly connection: Connection }): void => {
  it('has slots with different keys, all accepted', async () => {
    const { account, connection } = subject();
    const slots = await must(connection.listSlots)();
    expect(slots.length).toBeGreaterThan(1);
    expect(new Set(slots.map(({ keyId }) => keyId)).size).toBe(slots.length);
    for (const slot of slots) {
      await eventually('accepted', connection, slot, account);
      expect(await must(connection.identifyKey)(slot.value)).toBe(slot.keyId);
    }
  });

  it('gives one slot a new key, whose old one dies, and leaves the other alone', async () => {
    const { account, connection } = subject();
    const [first, second] = await must(connection.listSlots)();
    if (first === undefined || second === undefined) throw new TypeError('There are not two slots.');
    const after = await must(connection.regenerateSlot)(first.name);
    const renewed = must(after.find(({ name }) => name === first.name));
    expect(renewed.keyId).not.toBe(first.keyId);
    await eventually('accepted', connection, renewed, account);
    await eventually('refused', connection, { value: first.value, keyId: null }, account);
    expect(after.find(({ name }) => name === second.name)?.keyId).toBe(second.keyId);
    await eventually('accepted', connection, second, account);
  });
};

/** The whole suite, on a simulated account. */
export const describeProvider = <S>(subject: Subject<S>): void => {
  const { provider } = subject;
  describeLife(
    `${provider.title}, simulated`,
    provider,
    subject.start,
    subject.makeByHand && ((account) => must(subject.makeByHand)(account as Simulated)),
  );

  describe(`${provider.title}: what it is given`, () => {
    it.each(subject.wrongSettings)('names the setting %s that does not fit', (field, settings) => {
      expect(() => provider.settings(settings)).toThrow(SettingsError);
      expect(() => provider.settings(settings)).toThrow(field);
    });

    it.each(subject.wrongAdminForms.map((form) => [form]))(
      'turns down the admin secret %j, without quoting it',
      (form) => {
        const check = () => {
          provider.admin(new SecretValue(form));
        };
        expect(check).toThrow(SettingsError);
        expect(check).not.toThrow(form.length > 4 ? form : 'no form is this short');
      },
    );

    it('accepts the form of its own admin secret', async () => {
      const account = await subject.start();
      provider.admin(new SecretValue(account.admin));
      await account.close();
    });

    it('says where its facts were read', () => {
      expect(provider.facts.maximumLiveKeys).toBeGreaterThan(1);
      expect(provider.facts.revocationTakesSeconds).toBeGreaterThan(0);
      for (const source of provider.facts.sources) expect(() => new URL(source)).not.toThrow();
    });
  });

  describe(`${provider.title}: what goes wrong`, () => {
    let account: Simulated;
    let connection: Connection;
    beforeEach(async () => {
      account = await subject.start();
      connection = connect(provider, account);
    });
    afterEach(() => account.close());

    const aim = (name: keyof Simulated['requests'], fault: SimulatedFault): void => {
      account.simulator.fail({ ...must(account.requests[name]), ...fault });
    };
    const namesListed = async () => (await must(connection.listKeys)()).map(({ name }) => name);
    const { operations } = provider;

    if (operations.createKey !== undefined) {
      const create =
        (name = freshName()) =>
        () =>
          must(connection.createKey)(name);

      it('create, answer lost: unknown, and the key is found by its name', async () => {
        const name = freshName();
        aim('create', { kind: 'lost-response' });
        expect(faultNameOf(await thrownBy(create(name), account))).toBe('OutcomeUnknown');
        expect(await namesListed()).toContain(name);
      });

      it('create, request lost: never said to be done, and no key is there', async () => {
        const name = freshName();
        aim('create', { kind: 'dropped-request' });
        expect(['OutcomeUnknown', 'NothingChanged']).toContain(faultNameOf(await thrownBy(create(name), account)));
        expect(await namesListed()).not.toContain(name);
      });

      it('create, no answer in time: unknown', async () => {
        const { http } = account;
        const hasty = connect(provider, account, {
          http: { send: (request) => http.send({ ...request, timeoutSeconds: 0.25 }) },
        });
        aim('create', { kind: 'stall' });
        expect(faultNameOf(await thrownBy(() => must(hasty.createKey)(freshName()), account))).toBe('OutcomeUnknown');
      });

      it.each([
        ['OutcomeUnknown', { kind: 'status', status: 500 }],
        ['OutcomeUnknown', { kind: 'status', status: 503 }],
        ['OutcomeUnknown', { kind: 'status-after-effect', status: 500 }],
        ['OutcomeUnknown', { kind: 'malformed' }],
        ['NothingChanged', { kind: 'status', status: 429 }],
      ] as const)('create: %s after %j', async (name, fault) => {
        aim('create', fault);
        expect(faultNameOf(await thrownBy(create(), account))).toBe(name);
      });

      it('create is sent once, whatever comes back', async () => {
        const { method, path } = must(account.requests.create);
        aim('create', { kind: 'status', status: 500, times: 5 });
        await thrownBy(create(), account);
        expect(
          account.simulator.requests.filter((sent) => sent.method === method && sent.path.includes(path)),
        ).toHaveLength(1);
      });
    }

    if (operations.listKeys !== undefined) {
      it.each([
        { kind: 'status', status: 500 },
        { kind: 'status', status: 429 },
        { kind: 'lost-response' },
        { kind: 'malformed' },
      ] as const)('a listing that fails is no listing: %j', async (fault) => {
        aim('list', fault);
        expect(faultNameOf(await thrownBy(() => must(connection.listKeys)(), account))).toBe('NothingChanged');
      });
    }

    if (operations.revokeKey !== undefined) {
      it('revoke, answer lost: unknown, and asking again is success', async () => {
        const key = subject.makeByHand?.(account) ?? (await must(connection.createKey)(freshName()));
        aim('revoke', { kind: 'lost-response' });
        expect(faultNameOf(await thrownBy(() => must(connection.revokeKey)(key.keyId), account))).toBe(
          'OutcomeUnknown',
        );
        await must(connection.revokeKey)(key.keyId);
        await eventually('refused', connection, { ...key, keyId: null }, account);
      });
    }

    it.each([
      { kind: 'status', status: 500 },
      { kind: 'status', status: 503 },
      { kind: 'status', status: 429 },
      { kind: 'lost-response' },
      { kind: 'malformed' },
    ] as const)('a probe that fails says nothing of the key: %j', async (fault) => {
      const value = await someValue(connection, subject, account);
      aim('probe', fault);
      const verdict = await connection.validate({ value, keyId: null, expects: nothingExpected });
      expect(verdict.kind).toBe('unclear');
      expectNoSecret(JSON.stringify(verdict), account);
    });

    it('nothing is changed where nothing is reached', async () => {
      const value = await someValue(connection, subject, account);
      await account.simulator.close();
      for (const work of adminWork(connection)) {
        expect(faultNameOf(await thrownBy(work, account))).toBe('NothingChanged');
      }
      expect(await connection.validate({ value, keyId: null, expects: nothingExpected })).toMatchObject({
        kind: 'unclear',
      });
    });

    it('a wrong admin secret is a task for a person', async () => {
      const stranger = connect(provider, account, { admin: account.wrongAdmin });
      for (const work of adminWork(stranger)) {
        const error = await thrownBy(work, account);
        expect(faultNameOf(error)).toBe('NeedsPerson');
        expect(String(error)).toContain('keyturn admin set');
      }
    });

    it('the admin secret itself is accepted, refused, or not known about', async () => {
      const kindOf = async (asked: Connection) => (await must(asked.validateAdmin)()).kind;
      const stranger = connect(provider, account, { admin: account.wrongAdmin });
      expect(await kindOf(connection)).toBe('accepted');
      expect(await kindOf(stranger)).toBe('refused');
      await account.simulator.close();
      expect(await kindOf(stranger)).toBe('unclear');
    });
  });
};

const someValue = async <S>(connection: Connection, subject: Subject<S>, account: Simulated): Promise<SecretValue> => {
  const slots = await connection.listSlots?.();
  if (slots?.[0] !== undefined) return slots[0].value;
  const key = subject.makeByHand?.(account) ?? (await must(connection.createKey)(freshName()));
  await eventually('accepted', connection, key, account);
  return key.value;
};

/** Everything that spends the admin secret, on keys that are not there. */
const adminWork = (connection: Connection): readonly (() => Promise<unknown>)[] => {
  const nobody = '00000000-0000-4000-8000-000000000000' as KeyId;
  const { createKey, listKeys, revokeKey, containKey, disableKey, listSlots, regenerateSlot } = connection;
  return [
    ...(createKey ? [() => createKey(freshName())] : []),
    ...(listKeys ? [() => listKeys()] : []),
    ...(revokeKey ? [() => revokeKey(nobody)] : []),
    ...(containKey && listKeys ? [() => containKey(nobody)] : []),
    ...(disableKey ? [() => disableKey(nobody)] : []),
    ...(listSlots ? [() => listSlots()] : []),
    ...(regenerateSlot ? [() => regenerateSlot('Key1')] : []),
  ];
};

/**
 * The life of a key on a real account, when the environment holds it as JSON: `{"admin": ..., "settings": {...}}`.
 * It makes keys, and revokes what it made.
 */
export const describeLive = <S>(provider: Provider<S>, variable: string, http: Http): void => {
  const given = process.env[variable];
  if (given === undefined) return;
  const { admin, settings } = JSON.parse(given) as { readonly admin: unknown; readonly settings: unknown };
  const advance = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));
  describeLife(`${provider.title}, for real`, provider, () =>
    Promise.resolve({
      settings,
      admin: typeof admin === 'string' ? admin : JSON.stringify(admin),
      http,
      clock: { now: () => instant(Date.now()), sleep: advance },
      advance,
      close: () => Promise.resolve(),
    }),
  );
};
