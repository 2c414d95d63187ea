import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault, Superseded } from '../../functions/domain/fault.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { formsOf } from '../../functions/shell/secret-forms.ts';
import { behindWall, guarded, holdsSecret } from '../../functions/shell/wall.ts';

const canary = 'sk-proj-Qw"é\\8Zt+/=kL2mN4pR6sT8vX';

/** What a careless program makes of a value before it writes it somewhere. */
const disguises: Readonly<Record<string, (value: string) => string>> = {
  raw: (value) => value,
  'within a text': (value) => `Incorrect API key provided: ${value}.`,
  JSON: (value) => JSON.stringify({ key: value }),
  'JSON in JSON': (value) => JSON.stringify({ body: JSON.stringify({ key: value }) }),
  base64: (value) => Buffer.from(value).toString('base64'),
  base64url: (value) => Buffer.from(value).toString('base64url'),
  'basic authentication': (value) => `Basic ${Buffer.from(`user:${value}`).toString('base64')}`,
  'base64 within a longer text': (value) => Buffer.from(`{"key":"${value}","more":1}`).toString('base64'),
  hexadecimal: (value) => Buffer.from(value).toString('hex'),
  'upper-case hexadecimal': (value) => Buffer.from(value).toString('hex').toUpperCase(),
  'a URL': (value) => `https://example.com/?key=${encodeURIComponent(value)}`,
  'a form': (value) => new URLSearchParams({ key: value }).toString(),
  'UTF-16': (value) => Buffer.from(value, 'utf16le').toString('latin1'),
  'UTF-16 in base64': (value) => Buffer.from(value, 'utf16le').toString('base64'),
  'UTF-16 in hexadecimal': (value) => Buffer.from(value, 'utf16le').toString('hex'),
  'its first characters': (value) => `${value.slice(0, 12)}...`,
  'its last characters': (value) => `...${value.slice(-12)}`,
};

describe('what a step answers', () => {
  it.each(Object.keys(disguises))('is refused when it holds an exposed value as %s', async (name) => {
    const answering = behindWall(() => Promise.resolve({ detail: disguises[name]!(new SecretValue(canary).expose()) }));
    const fault = await answering.catch((error: unknown) => error as Fault);
    expect(fault).toBeInstanceOf(Fault);
    expect(fault).toMatchObject({ name: 'NeedsPerson' });
    for (const disguise of Object.values(disguises)) expect((fault as Fault).message).not.toContain(disguise(canary));
  });

  it('passes when it holds none', async () => {
    const answer = { keyId: 'key_123', hint: 'sk-proj-...', words: ['a', 'b'] };
    const run = () => {
      new SecretValue(canary).expose();
      return Promise.resolve(answer);
    };
    expect(await behindWall(run)).toBe(answer);
  });

  it("passes with what is the same in everybody's keys", async () => {
    const run = () => {
      new SecretValue('sk-ant-api03-R2D2abcdefghijklmnop').expose();
      return Promise.resolve({ text: 'The key must begin with sk-ant-api03- and then R2D.' });
    };
    await expect(behindWall(run)).resolves.toBeDefined();
  });

  it('passes with the public fields of an admin secret that is JSON, and not with the secret ones', async () => {
    const admin = '{"tenantId":"tenant-0001-0002","clientId":"client-0001-0002","clientSecret":"s3cr3t-0001-0002"}';
    const answering = (text: string) =>
      behindWall(() => {
        new SecretValue(admin).expose();
        return Promise.resolve({ text });
      });
    await expect(answering('client-0001-0002 of tenant-0001-0002')).resolves.toBeDefined();
    await expect(answering('s3cr3t-0001-0002')).rejects.toMatchObject({ name: 'NeedsPerson' });
    await expect(answering(admin)).rejects.toMatchObject({ name: 'NeedsPerson' });
  });

  it('is refused for any value and any surroundings', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 16, maxLength: 60, unit: 'grapheme' }),
        fc.string({ maxLength: 9 }),
        fc.constantFrom('raw', 'JSON', 'base64', 'base64url', 'hexadecimal', 'a form', 'UTF-16 in base64'),
        async (value, before, name) => {
          const answering = behindWall(() =>
            Promise.resolve({ detail: before + disguises[name]!(new SecretValue(value).expose()) }),
          );
          await expect(answering).rejects.toMatchObject({ name: 'NeedsPerson' });
        },
      ),
    );
  });
});

describe('what a step throws', () => {
  const throwing = (make: (value: string) => Error) =>
    behindWall(() => Promise.reject(make(new SecretValue(canary).expose()))).catch((error: unknown) => error as Error);

  it.each(['NothingChanged', 'OutcomeUnknown', 'Refused', 'NeedsPerson'] as const)(
    'keeps the name %s and loses the message',
    async (name) => {
      const error = await throwing((value) => new Fault(name, `The provider says: bad key ${value}`));
      expect(error).toBeInstanceOf(Fault);
      expect(error.name).toBe(name);
      expect(JSON.stringify([error.message, error.stack])).not.toContain(canary.slice(0, 12));
    },
  );

  it('keeps Superseded', async () => {
    expect((await throwing((value) => new Superseded(value))).name).toBe('Superseded');
  });

  it('loses what hides in a cause, in a field or in the name', async () => {
    const hidden = [
      (value: string) => new Error('failed', { cause: new Error(`bad key ${value}`) }),
      (value: string) => Object.assign(new Error('failed'), { request: { headers: { authorization: value } } }),
      (value: string) => Object.assign(new Error('failed'), { name: value }),
    ];
    for (const make of hidden) {
      const error = await throwing(make);
      expect(JSON.stringify([error, error.name, error.message, error.stack, error.cause])).not.toContain('Qw');
    }
  });

  it('passes untouched when it holds none', async () => {
    const fault = new Fault('Refused', 'The key was turned down.');
    const running = behindWall(() => {
      new SecretValue(canary).expose();
      return Promise.reject(fault);
    });
    await expect(running).rejects.toBe(fault);
  });
});

describe('the wall', () => {
  it('stands around one invocation and knows nothing of others', async () => {
    const first = behindWall(async () => {
      new SecretValue(canary).expose();
      await Promise.resolve();
      return guarded(canary);
    });
    const second = behindWall(async () => {
      await Promise.resolve();
      return { text: guarded(canary) };
    });
    expect(await first).toContain('withheld');
    expect(await second).toEqual({ text: canary });
    expect(holdsSecret(canary)).toBe(false);
  });

  it('guards objects on their way to a log, as the log would show them', async () => {
    await behindWall(() => {
      const text = new SecretValue(canary).expose();
      expect(guarded({ nested: { text } })).toContain('withheld');
      expect(guarded({ nested: 1 })).toEqual({ nested: 1 });
      return Promise.resolve(null);
    });
  });

  it('has no form that is short enough to be found by chance', () => {
    for (const value of [canary, 'a'.repeat(8), '12345678']) {
      for (const form of formsOf(value)) expect(form.length).toBeGreaterThanOrEqual(8);
    }
    expect(formsOf('short')).toEqual([]);
    expect(formsOf('')).toEqual([]);
  });
});
