import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../functions/domain/fault.ts';
import { instant, keyId, keyName, rotationId } from '../../functions/domain/identifiers.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { simulatedAnthropic } from '../../functions/local/simulated/anthropic.ts';
import { simulatedAzureOpenai } from '../../functions/local/simulated/azure-openai.ts';
import { simulatedOpenai } from '../../functions/local/simulated/openai.ts';
import { simulatedPinecone } from '../../functions/local/simulated/pinecone.ts';
import { answerInMemory, type Simulation } from '../../functions/local/simulated/server.ts';
import { type Http, HttpFailure, type HttpResponse } from '../../functions/ports.ts';
import { bind } from '../../functions/providers/connect.ts';
import { providerOf, providers } from '../../functions/providers/index.ts';
import { type Connection, SettingsError } from '../../functions/providers/provider.ts';
import { formsOf } from '../../functions/shell/secret-forms.ts';

const at = instant(Date.UTC(2026, 10, 21));
const clock = { now: () => at, sleep: () => Promise.resolve() };
/** Stands in answers where a vendor may echo what it was sent. */
const canary = 'sk-canary-Zk81xQp07LmB2vTr';

interface Subject {
  readonly id: string;
  /** A new vendor with one key, and a connection to it through `wire`. */
  readonly start: (wire: (answer: Http['send']) => Http['send']) => Started;
}
interface Started {
  readonly connection: Connection;
  readonly key: { readonly keyId: string; readonly value: string };
  readonly secrets: readonly string[];
}

let texts = 0;
const random = (alphabet: string, length: number): string => {
  texts += 1;
  let text = '';
  for (let place = 0, seed = texts * 7919; place < length; place += 1) {
    seed = (seed * 48_271) % 2_147_483_647;
    text += alphabet.charAt(seed % alphabet.length);
  }
  return text;
};

const subjectOf = <Options extends object, World>(
  simulation: Simulation<Options, World>,
  accountOf: (options: Options) => { readonly admin: string; readonly settings: unknown },
): Subject => ({
  id: simulation.id,
  start: (wire) => {
    // The same vendor each time.
    texts = 0;
    const options = { ...simulation.defaults, pageSize: 2 };
    const world = simulation.makeWorld(options, { now: () => at, random });
    const { admin, settings } = accountOf(options);
    const slot = simulation.keys(world)[0];
    const minted = [0, 1, 2].map(() => (slot ? null : simulation.mint(world, {})));
    const key = minted[0] ?? { keyId: slot?.id ?? '', value: slot?.value ?? '' };
    const provider = providerOf(simulation.id);
    const http = { send: wire(async (request) => answerInMemory(simulation, world, request)) };
    return {
      connection: bind(provider, {
        settings: provider.settings(settings),
        admin: new SecretValue(admin),
        http,
        clock,
        tokens: new Map(),
      }),
      key,
      secrets: [admin, key.value, canary],
    };
  },
});

const subjects: readonly Subject[] = [
  subjectOf(simulatedOpenai, ({ adminKey, projectId, serviceAccountId }) => ({
    admin: adminKey,
    settings: { projectId, serviceAccountId, scopes: ['api.model.read'] },
  })),
  subjectOf(simulatedPinecone, ({ clientId, clientSecret, projectIds }) => ({
    admin: JSON.stringify({ clientId, clientSecret }),
    settings: { projectId: projectIds[0] },
  })),
  subjectOf(simulatedAnthropic, ({ adminKey, workspaceId }) => ({ admin: adminKey, settings: { workspaceId } })),
  subjectOf(simulatedAzureOpenai, (options) => {
    const { tenantId, clientId, clientSecret, subscriptionId, resourceGroup, resourceName } = options;
    return {
      admin: JSON.stringify({ tenantId, clientId, clientSecret }),
      settings: { subscriptionId, resourceGroup, resourceName },
    };
  }),
];

/** Every operation that the provider has, asked the question that a step would ask. */
const operationsOf = ({ connection, key }: Started): readonly (readonly [string, () => Promise<unknown>])[] => {
  const id = keyId(key.keyId);
  const value = new SecretValue(key.value);
  const expects = { models: ['gpt-5.5'], permissions: ['api.model.read'] };
  const asked: { readonly [Name in keyof Omit<Connection, 'facts'>]-?: () => Promise<unknown> | undefined } = {
    validate: () => connection.validate({ value, keyId: id, expects }),
    createKey: () => connection.createKey?.(keyName(rotationId('any-answer'), 1)),
    listKeys: () => connection.listKeys?.(),
    identifyKey: () => connection.identifyKey?.(value),
    readUsage: () => connection.readUsage?.({ keyId: id, since: instant(Date.UTC(2026, 10, 20)) }),
    containKey: () => connection.containKey?.(id),
    disableKey: () => connection.disableKey?.(id),
    enableKey: () => connection.enableKey?.(id),
    revokeKey: () => connection.revokeKey?.(id),
    listSlots: () => connection.listSlots?.(),
    regenerateSlot: () => connection.regenerateSlot?.('Key2'),
    validateAdmin: () => connection.validateAdmin?.(),
  };
  return Object.entries(asked).map(([name, ask]) => [name, async () => ask()]);
};

const formsBySecret = new Map<string, readonly string[]>();

/** What it answers, or the Fault that it throws; whatever else it throws is a failure. Neither tells a secret. */
const outcomeOf = async (ask: () => Promise<unknown>, secrets: readonly string[]): Promise<unknown> => {
  const outcome = await ask().catch((error: unknown) => {
    if (!(error instanceof Fault)) throw error;
    return error;
  });
  const shown = outcome instanceof Error ? inspect(outcome) : inspect(outcome, { depth: 9 });
  for (const secret of secrets) {
    const forms = formsBySecret.get(secret) ?? formsOf(secret);
    formsBySecret.set(secret, forms);
    for (const form of forms) if (shown.includes(form)) expect.fail(`a secret is told: ${shown}`);
  }
  expect(shown).not.toContain('native code');
  expect(Object.keys(Object.prototype)).toEqual([]);
  return outcome;
};

const names = ['__proto__', 'constructor', 'prototype', 'toString', 'data', 'error', 'code', 'type', 'id', 'message'];
/** A word for `fc.constantFrom` that has a meaning to JavaScript, to a date or to a reader of numbers. */
const sharp = ['null', 'true', '-1', '1e300', '""', '"constructor"', '"__proto__"', '"2026-13-45"', '[]', '{}'];
const anyJson = fc
  .letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<unknown>(null, true, 0, -1, 1e300, '', canary, ...names, '2026-13-45', '2026-11-20T10:00:00Z'),
      fc.array(tie('any'), { maxLength: 3 }),
      fc
        .array(fc.tuple(fc.constantFrom(...names, 'has_more', 'expires_in'), tie('any')), { maxLength: 4 })
        // Not Object.fromEntries: `__proto__` must stand in the text as a name.
        .map((entries) => entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`))
        .map((fields): unknown => JSON.parse(`{${fields.join(',')}}`)),
    ),
  }))
  .any.map((value) => JSON.stringify(value));
const json = fc.oneof(anyJson, fc.constantFrom(...sharp));
const errorCodes = [...names, 'x'].flatMap((code) => [
  `{"error":{"code":"${code}","type":"${code}"}}`,
  `{"error":"${code}"}`,
]);

const answers: fc.Arbitrary<HttpResponse> = fc.record({
  status: fc.constantFrom(200, 200, 201, 204, 301, 400, 401, 402, 403, 404, 408, 409, 429, 500, 503),
  headers: fc.constantFrom<Record<string, string>>({}, { 'x-request-id': 'req_1' }, { 'x-request-id': `<${canary}>` }),
  body: fc.oneof(json, fc.constantFrom('', '<html>', canary, `{"error":{"message":"not ${canary}"}}`, ...errorCodes)),
});

describe.each(subjects)('$id, whatever the vendor answers', ({ start }) => {
  it('answers or throws a Fault, tells no secret and changes no prototype', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(answers, { minLength: 1, maxLength: 4 }), async (given) => {
        for (const place of operationsOf(start((send) => send)).keys()) {
          const left = [...given];
          const started = start(() => async () => {
            const next = left.shift();
            if (next === undefined) throw new HttpFailure('no more answers', true);
            return next;
          });
          const [, ask] = operationsOf(started)[place]!;
          await outcomeOf(ask, started.secrets);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each(operationsOf(start((send) => send)).map(([name], place) => [name, place] as const))(
    '%s does so with each good answer in which one thing is another',
    async (_name, place) => {
      const run = async (spoil: (body: string, request: number) => string): Promise<void> => {
        let requests = 0;
        const started = start((send) => async (asked) => {
          const answer = await send(asked);
          requests += 1;
          return { ...answer, body: spoil(answer.body, requests - 1) };
        });
        const [, ask] = operationsOf(started)[place]!;
        await outcomeOf(ask, started.secrets);
      };
      const good: string[] = [];
      await run((body) => {
        good.push(body);
        return body;
      });
      for (const [request, body] of good.entries()) {
        for (const put of body === '' ? sharp : spoilt(JSON.parse(body))) {
          await run((text, asked) => (asked === request ? put : text));
        }
      }
    },
  );

  it('does so where the vendor turns down and echoes the whole request', async () => {
    const status = fc.constantFrom(400, 401, 403, 404, 422, 429, 500);
    const operation = fc.nat({ max: operationsOf(start((send) => send)).length - 1 });
    await fc.assert(
      fc.asyncProperty(operation, status, fc.nat({ max: 3 }), async (place, code, from) => {
        let requests = 0;
        const started = start((send) => async (asked) => {
          requests += 1;
          if (requests <= from) return send(asked);
          const echo = JSON.stringify([asked.headers, asked.body]);
          const error = { code: Object.values(asked.headers).join(' '), type: echo, message: echo, details: echo };
          return {
            status: code,
            headers: { 'x-request-id': echo, 'request-id': echo },
            body: JSON.stringify({ error }),
          };
        });
        const [, ask] = operationsOf(started)[place]!;
        await outcomeOf(ask, started.secrets);
      }),
      { numRuns: 200 },
    );
  });
});

/** The value's text, each time with one thing in it another, or gone. */
const spoilt = (value: unknown): readonly string[] => {
  if (typeof value !== 'object' || value === null) return sharp;
  const entries = Object.entries(value);
  return [
    ...sharp,
    ...entries.flatMap(([name, inner]) => [
      ...spoilt(inner).map((put) => written(value, entries, [name, put])),
      written(
        value,
        entries.filter(([other]) => other !== name),
      ),
    ]),
  ];
};

const written = (
  whole: object,
  entries: readonly [string, unknown][],
  [name, put]: readonly [string, string] | readonly [] = [],
): string => {
  const texts = entries.map(
    ([key, inner]) => [key, (key === name ? put : undefined) ?? JSON.stringify(inner)] as const,
  );
  if (Array.isArray(whole)) return `[${texts.map(([, text]) => text).join(',')}]`;
  return `{${texts.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`;
};

describe.each(Object.values(providers))('$id, whatever stands in the register or the admin secret', (provider) => {
  it('reads it or throws a SettingsError that quotes nothing of it', () => {
    fc.assert(
      fc.property(fc.oneof(json, fc.constantFrom('', 'sk-admin-', canary)), (text) => {
        for (const read of [
          () => provider.admin(new SecretValue(text)),
          () => provider.settings(text.startsWith('{') ? JSON.parse(text) : text),
        ]) {
          try {
            read();
          } catch (error) {
            expect(error).toBeInstanceOf(SettingsError);
            expect(String(error)).not.toContain(canary);
          }
        }
      }),
      { numRuns: 200 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});
