import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { providers as realProviders } from '../../functions/providers/index.ts';
import { loadRegister, parseRegister } from '../../functions/register/load.ts';
import { formatProblem, RegisterError } from '../../functions/register/problem.ts';
import { change, goodRegister, placeOf, providers } from './fixture.ts';

const problemsOf = (text: string): readonly string[] => {
  try {
    loadRegister(text, 'credentials.yaml', { providers });
    return [];
  } catch (error) {
    if (error instanceof RegisterError) return error.problems.map(formatProblem);
    throw error;
  }
};

describe('a good register', () => {
  it('becomes accounts and credentials with every default filled in', () => {
    const { accounts, credentials } = loadRegister(goodRegister, 'credentials.yaml', { providers });
    expect(accounts.map(({ id, adminSecret }) => [id, adminSecret])).toEqual([
      ['vendor-production', 'keyturn/admin/vendor/vendor-production'],
      ['vendor-staging', 'keyturn/admin/vendor/vendor-staging'],
    ]);
    expect(credentials[0]).toEqual({
      id: 'shop-chat',
      target: {
        provider: 'vendor',
        account: 'vendor-production',
        adminSecret: 'keyturn/admin/vendor/vendor-production',
        settings: { projectId: 'project-1', robot: 'robot-1' },
      },
      secret: 'shop/vendor-key',
      service: 'shop',
      purpose: 'chat',
      environment: 'production',
      owner: { name: 'Shop team', contact: 'shop@example.com' },
      tier: 'service',
      sensitivity: 'high',
      cadenceSeconds: 2_592_000,
      window: { days: ['mon', 'tue'], from: '02:00', to: '05:00', timeZone: 'Europe/Berlin' },
      overlapSeconds: 7_200,
      maximumOverlapSeconds: 259_200,
      consumers: [{ name: 'shop-api', cacheTtlSeconds: 3_600 }],
      expects: { models: ['model-1'], permissions: ['read'] },
      spendAlertUsd: 100,
      emergency: 'replace-first',
    });
    expect(credentials[1]).toEqual({
      id: 'shop-search',
      target: {
        provider: 'vendor',
        account: 'vendor-production',
        adminSecret: 'keyturn/admin/vendor/vendor-production',
        settings: { projectId: 'project-1' },
      },
      secret: 'keyturn/vendor/shop-search',
      service: 'shop',
      purpose: 'search',
      environment: 'production',
      owner: { name: 'Search team', contact: 'https://chat.example.com/search' },
      tier: 'infrastructure',
      sensitivity: 'standard',
      cadenceSeconds: 2_592_000,
      window: null,
      overlapSeconds: 86_400,
      maximumOverlapSeconds: 691_200,
      consumers: [],
      expects: { models: [], permissions: [] },
      spendAlertUsd: null,
      emergency: 'replace-first',
    });
  });

  it.each([
    ['infrastructure', 'standard', 30, 'replace-first'],
    ['infrastructure', 'high', 30, 'replace-first'],
    ['service', 'standard', 90, 'contain-first'],
    ['service', 'high', 30, 'contain-first'],
    ['user', 'standard', 60, 'contain-first'],
    ['user', 'high', 30, 'contain-first'],
  ])('tier %s with sensitivity %s: %i days, %s', (tier, sensitivity, days, emergency) => {
    const text = change('    tier: infrastructure\n', `    tier: ${tier}\n    sensitivity: ${sensitivity}\n`);
    const credential = loadRegister(text, 'credentials.yaml', { providers }).credentials[1];
    expect(credential).toMatchObject({ cadenceSeconds: days * 86_400, emergency });
  });

  it.each([
    ['90d', '24h', 8 * 86_400],
    ['3d', '24h', 3 * 86_400],
    ['30d', '29d', 30 * 86_400],
  ])('cadence %s and overlap %s: an old key in use is waited for at most %i s', (cadence, overlap, seconds) => {
    const text = change('tier: user\n', `tier: service\n    cadence: ${cadence}\n    overlap: ${overlap}\n`);
    expect(loadRegister(text, 'f', { providers }).credentials[2]?.maximumOverlapSeconds).toBe(seconds);
  });

  it('lets a setting of the credential win over the account', () => {
    const text = change('robot: robot-1', 'robot: robot-1\n      projectId: project-9');
    const credential = loadRegister(text, 'credentials.yaml', { providers }).credentials[0];
    expect(credential?.target.settings).toEqual({ projectId: 'project-9', robot: 'robot-1' });
  });

  it.each([
    ['with a byte order mark', `\uFEFF${goodRegister}`],
    ['with CRLF', goodRegister.replaceAll('\n', '\r\n')],
    ['as JSON', JSON.stringify({ accounts: [], credentials: [] })],
  ])('is read %s', (_name, text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  it('may repeat a part by alias', () => {
    const text = change('    tier: user\n', '    tier: user\n    window: *window\n').replace(
      'window:\n',
      'window: &window\n',
    );
    const [first, , third] = loadRegister(text, 'credentials.yaml', { providers }).credentials;
    expect(third?.window).toEqual(first?.window);
  });

  it('keeps the country code of Norway a text', () => {
    const text = goodRegister.replaceAll('environment: staging', 'environment: no');
    expect(loadRegister(text, 'credentials.yaml', { providers }).accounts[1]?.environment).toBe('no');
  });

  it('is the example at the top of the repository, with the real providers', () => {
    const text = readFileSync(new URL('../../credentials.yaml', import.meta.url), 'utf8');
    const { accounts, credentials } = loadRegister(text, 'credentials.yaml', { providers: realProviders });
    expect(accounts).toHaveLength(4);
    expect(credentials.map(({ target }) => target.provider)).toEqual([
      'openai',
      'pinecone',
      'azure-openai',
      'anthropic',
    ]);
  });
});

describe('a bad register', () => {
  it('has every problem named at once, in the order of the file', () => {
    const text = [
      ['cadence: 30d', 'cadence: monthly'],
      ['tier: user', 'teir: user'],
      ['contact: search@example.com', 'contact: nobody'],
      ['purpose: search\n    environment: staging', 'purpose: Search\n    environment: staging'],
    ].reduce((before, [from = '', to = '']) => change(from, to, before), goodRegister);
    expect(problemsOf(text).map((problem) => problem.split(',')[0])).toEqual([
      `credentials.yaml:${placeOf('cadence: monthly', text)} shape: \`cadence\` of credential shop-chat has not the right form ("monthly")`,
      `credentials.yaml:${placeOf('id: shop-chat-staging', text)} shape: credential shop-chat-staging has no \`tier\``,
      `credentials.yaml:${placeOf('teir: user', text)} shape: credential shop-chat-staging has an unknown key "teir"`,
      `credentials.yaml:${placeOf('purpose: Search', text)} shape: \`purpose\` of credential shop-search-staging has not the right form ("Search")`,
    ]);
  });

  it('says what, why and what to do in one line, and that nothing was changed', () => {
    const text = change('overlap: 2h', 'overlap: 5m');
    const place = placeOf('overlap: 5m', text);
    expect(() => loadRegister(text, 'credentials.yaml', { providers })).toThrow(
      new RegisterError([
        {
          file: 'credentials.yaml',
          line: Number(place.split(':')[0]),
          column: 5,
          rule: 'overlap-covers-consumers',
          what: 'credential shop-chat has an overlap of 5m, and shop-api caches for 1h and a revocation at vendor takes 1m',
          why: 'a consumer that still serves its cached key when that key dies would fail',
          next: 'write an `overlap` of 61m or more, or shorten the cache',
        },
      ]),
    );
    try {
      loadRegister(text, 'credentials.yaml', { providers });
    } catch (error) {
      expect(error).toMatchObject({ name: 'RegisterError' });
      expect(String(error)).toBe(
        [
          'RegisterError: credentials.yaml has one problem:',
          `  credentials.yaml:${place} overlap-covers-consumers: credential shop-chat has an overlap of 5m, and shop-api ` +
            'caches for 1h and a revocation at vendor takes 1m, because a consumer that still serves its cached key when ' +
            'that key dies would fail; write an `overlap` of 61m or more, or shorten the cache.',
          'Nothing was changed. Correct the file and run the same command again.',
        ].join('\n'),
      );
    }
  });

  // What is wrong, where the problem must point, and what its text must have in it.
  const rows: readonly (readonly [string, string, string, string])[] = [
    ['sensitivity: high', 'sensitivty: high', 'sensitivty: high', 'write `sensitivity`'],
    ['  - id: shop-chat\n', '  - id: Shop_Chat\n', 'id: Shop_Chat', 'lower-case letters'],
    ['  - id: shop-chat\n', '  - id: 42\n', 'id: 42', 'is a number (put text in quotes) and not text'],
    ['  - id: shop-chat\n', '  - id: no\n    id: yes\n', 'id: yes', 'stands twice'],
    ['  - id: shop-chat\n', `  - id: ${'a'.repeat(41)}\n`, 'id: aaaa', 'is longer than 40'],
    ['cadence: 30d', 'cadence: 30', 'cadence: 30', 'for example 30d'],
    ['cadence: 30d', 'cadence: 366d', 'cadence: 366d', 'is longer than 365d'],
    ['      - name: shop-api\n', '      - nmae: shop-api\n', 'nmae: shop-api', 'write `name`'],
    ['cacheTtl: 1h', 'cacheTtl:', 'cacheTtl:', 'is empty and not text'],
    ['from: 02:00', 'from: 24:00', 'from: 24:00', 'for example 02:00'],
    ['days: [mon, tue]', 'days: [mon, tu]', 'tu]', 'write `tue`'],
    ['days: [mon, tue]', 'days: []', 'days: []', 'is empty'],
    ['spendAlertUsd: 100', 'spendAlertUsd: -1', 'spendAlertUsd: -1', 'is not more than 0'],
    ['spendAlertUsd: 100', 'spendAlertUsd: .inf', 'spendAlertUsd: .inf', 'is without bounds'],
    ['emergency: replace-first', 'emergency: contain', 'emergency: contain', 'contain-first, replace-first'],
    ['secret: shop/vendor-key', 'secret: shop key', 'secret: shop key', 'right form'],
    [
      '    account: vendor-production\n    settings',
      '    account: vendor-prodution\n    settings',
      'account: vendor-prodution',
      'write `vendor-production`',
    ],
    ['robot: robot-1', 'robto: robot-1', 'settings:\n      robto', 'do not fit vendor'],
    [
      '    provider: vendor\n    environment: staging',
      '    provider: vendro\n    environment: staging',
      'provider: vendro',
      'write `vendor`',
    ],
    ['    tier: infrastructure', '    <<: { tier: infrastructure }', '<<:', 'unknown key "<<"'],
    ['    tier: infrastructure', '    __proto__: { tier: infrastructure }', '__proto__', 'a key is `__proto__`'],
    ['robot: robot-1', 'robot: robot-1\n      __proto__: { a: 1 }', '__proto__', 'a key is `__proto__`'],
    ['cadence: 30d', 'cadence: 0123456789abcdef0123456789abcdef', 'cadence: 0', 'a text of 32 characters'],
    ['    tier: infrastructure', '    ? [tier]\n    : infrastructure', '[tier]', 'a key is not text'],
    ['    tier: infrastructure', '\ttier: infrastructure', '\ttier', 'indent with spaces'],
    ['    tier: infrastructure', '    tier: *unknown', '*unknown', 'an alias names nothing'],
    ['    tier: infrastructure', '    tier: !secret infrastructure', '!secret', 'not YAML'],
  ];
  it.each(rows)('%j written as %j', (from, to, part, words) => {
    const text = change(from, to);
    const expected = `credentials.yaml:${placeOf(part, text)} `;
    const found = problemsOf(text).filter((problem) => problem.startsWith(expected));
    expect(found.join('\n'), problemsOf(text).join('\n')).toContain(words);
  });

  it.each([
    ['', 'the file is empty'],
    ['# nothing\n', 'the file is empty'],
    ['credentials: []\n', 'the register has no `accounts`'],
    ['accounts: {}\ncredentials: []\n', '`accounts` of the register is a group of keys and not a list'],
    ['accounts: []\ncredentials: [1]\n', 'the form of credential 1 is a number'],
    ['- 1\n', 'the register'],
    ['text', 'the register'],
    ['%YAML 1.1\n---\naccounts: []\ncredentials: []\n', 'YAML 1.1'],
    ['accounts: []\ncredentials: []\n---\naccounts: []\n', 'a second document'],
    ['accounts: []\0', 'not UTF-8'],
    [`accounts: ${'['.repeat(50_000)}`, 'too deeply'],
    [`accounts: ${'[ '.repeat(40)}${'] '.repeat(40)}\ncredentials: []`, 'too deeply'],
    ['accounts: &a [*a]\ncredentials: []', 'too deeply'],
  ])('text %# that is no register', (text, words) => {
    expect(problemsOf(text).join('\n')).toContain(words);
  });

  it('is not filled by aliases that multiply', () => {
    const levels = Array.from({ length: 9 }, (_, level) =>
      level === 0 ? 'a0: &a0 [x, x, x, x, x, x, x, x, x]' : `a${level}: &a${level} [${`*a${level - 1}, `.repeat(9)}]`,
    );
    expect(problemsOf(levels.join('\n')).join('\n')).toContain('aliases repeat too much');
  });

  it('with many equal keys is read in time that grows with their number', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n');
    expect(problemsOf(`accounts: []\ncredentials: []\n${keys}`)).toHaveLength(20_000);
  });

  it.each([['sk-proj-AbCdEfGhIjKlMnOpQrStUvWx'], ['pcsk_AbCdEf_GhIjKlMnOpQrStUvWxYz'], ['AKIAIOSFODNN7EXAMPLE']])(
    'that holds a key never repeats it: %s',
    (key) => {
      for (const [from, to] of [
        ['secret: shop/vendor-key', `secret: ${key}`],
        ['robot: robot-1', `robot: ${key}`],
        ['cadence: 30d', `cadence: ${key}`],
        ['  - id: shop-chat\n', `  - id: ${key}\n`],
        ['    account: vendor-production\n    settings', `    account: ${key}\n    settings`],
      ] as const) {
        const found = problemsOf(change(from, to)).join('\n');
        expect(found).toContain('no-key-in-register');
        expect(found).not.toContain(key);
      }
      const broken = problemsOf(change('    tier: infrastructure', `    tier: infrastructure: "${key}`)).join('\n');
      expect(broken).toContain('not YAML');
      expect(broken).not.toContain(key);
    },
  );

  it('can be parsed without the policy', () => {
    const text = change('overlap: 2h', 'overlap: 5m');
    expect(parseRegister(text, 'credentials.yaml', { providers }).credentials[0]?.overlapSeconds).toBe(300);
  });

  it('with a thousand problems shows fifty and says how many more there are', () => {
    const text = `accounts: []\ncredentials:\n${'  - {}\n'.repeat(100)}`;
    try {
      loadRegister(text, 'credentials.yaml', { providers });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(RegisterError);
      const lines = String(error).split('\n');
      expect(lines).toHaveLength(53);
      expect(lines[51]).toBe('  ... and 650 more.');
    }
  });
});
