import { describe, expect, it } from 'vitest';
import { loadRegister } from '../../functions/register/load.ts';
import { isProduction, policyRules } from '../../functions/register/policy.ts';
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

const edit = (edits: readonly (readonly [string, string])[]): string =>
  edits.reduce((text, [from, to]) => change(from, to, text), goodRegister);

type Edits = readonly (readonly [string, string])[];
type Example = {
  readonly rule: string;
  readonly broken: Edits;
  /** The text that the problem must point at. */
  readonly at: string;
  readonly says: string;
  /** The nearest register that the rule allows. */
  readonly allowed: Edits;
};

const twin = (text: string): Edits => [['  - id: shop-search\n', `${text}  - id: shop-search\n`]];
const entry = (id: string, purpose: string, more = ''): string =>
  [
    `  - id: ${id}`,
    '    account: vendor-production',
    '    service: shop',
    `    purpose: ${purpose}`,
    '    environment: production',
    '    owner: { name: Other team, contact: other@example.com }',
    '    tier: service',
    more,
  ]
    .filter((line) => line !== '')
    .join('\n')
    .concat('\n');

const examples: readonly Example[] = [
  {
    rule: 'unique-id',
    broken: twin(entry('shop-chat', 'triage')),
    at: 'id: shop-chat\n    account: vendor-production\n    service',
    says: 'credential shop-chat is declared twice',
    allowed: twin(entry('shop-triage', 'triage')),
  },
  {
    rule: 'unique-id',
    broken: [['id: vendor-staging\n', 'id: vendor-production\n']],
    at: 'id: vendor-production\n    provider: vendor\n    environment: staging',
    says: 'account vendor-production is declared twice',
    allowed: [],
  },
  {
    rule: 'one-per-purpose',
    broken: twin(entry('shop-chat-again', 'chat')),
    at: 'purpose: chat\n    environment: production\n    owner: {',
    says: 'credentials shop-chat-again and shop-chat both serve shop, production, chat',
    allowed: twin(entry('shop-chat-again', 'chat-again')),
  },
  {
    rule: 'own-secret',
    broken: twin(entry('shop-triage', 'triage', '    secret: shop/vendor-key # mine')),
    at: 'secret: shop/vendor-key # mine',
    says: 'credentials shop-triage and shop-chat both write the secret shop/vendor-key',
    allowed: twin(entry('shop-triage', 'triage', '    secret: shop/other-key')),
  },
  {
    rule: 'own-secret',
    broken: [['secret: shop/vendor-key', 'secret: keyturn/admin/other']],
    at: 'secret: keyturn/admin/other',
    says: 'would write over the admin secret',
    allowed: [['secret: shop/vendor-key', 'secret: keyturn/other']],
  },
  {
    rule: 'own-secret',
    broken: [
      [
        '    environment: staging\n    settings',
        '    environment: staging\n    adminSecret: shop/vendor-key\n    settings',
      ],
    ],
    at: 'secret: shop/vendor-key',
    says: 'would write over the admin secret',
    allowed: [
      [
        '    environment: staging\n    settings',
        '    environment: staging\n    adminSecret: shop/admin-key\n    settings',
      ],
    ],
  },
  {
    rule: 'own-holder',
    broken: twin(entry('shop-triage', 'triage', '    settings: { robot: robot-1 }')),
    at: 'settings: { robot: robot-1 }',
    says: 'credentials shop-triage and shop-chat use the same vendor service account',
    allowed: twin(entry('shop-triage', 'triage', '    settings: { robot: robot-3 }')),
  },
  {
    rule: 'environment-of-account',
    broken: [['purpose: search\n    environment: production', 'purpose: search\n    environment: testing']],
    at: 'environment: testing',
    says: 'is for testing, and its account vendor-production for production',
    allowed: [],
  },
  {
    rule: 'production-apart',
    broken: [['{ projectId: project-2 }', '{ projectId: project-1 }']],
    at: 'id: shop-search-staging',
    says: 'live in the same vendor project',
    allowed: [['{ projectId: project-2 }', '{ projectId: project-3 }']],
  },
  {
    rule: 'production-apart',
    broken: [
      [
        '    environment: staging\n    settings',
        '    environment: staging\n    adminSecret: keyturn/admin/vendor/vendor-production\n    settings',
      ],
    ],
    at: 'adminSecret: keyturn/admin/vendor/vendor-production',
    says: 'vendor-staging (staging) and vendor-production (production) use the same admin secret',
    allowed: [
      [
        '    environment: staging\n    settings',
        '    environment: staging\n    adminSecret: keyturn/admin/vendor/elsewhere\n    settings',
      ],
    ],
  },
  {
    rule: 'cadence-within-tier',
    broken: [['cadence: 30d', 'cadence: 31d']],
    at: 'cadence: 31d',
    says: 'is rotated every 31d, and tier service with sensitivity high allows 30d',
    allowed: [['cadence: 30d', 'cadence: 29d']],
  },
  {
    rule: 'cadence-within-tier',
    broken: [['tier: user', 'tier: user\n    cadence: 61d']],
    at: 'cadence: 61d',
    says: 'allows 60d (a user key passes through notebooks and laptops',
    allowed: [['tier: user', 'tier: user\n    cadence: 60d']],
  },
  {
    rule: 'cadence-within-tier',
    broken: [['tier: user', 'tier: user\n    cadence: 0s']],
    at: 'cadence: 0s',
    says: 'no time at all',
    allowed: [['tier: user', 'tier: user\n    cadence: 2d']],
  },
  {
    rule: 'owner-reachable',
    broken: [['contact: search@example.com', "contact: '#search'"]],
    at: "contact: '#search'",
    says: 'neither an e-mail address nor the address of a channel',
    allowed: [['contact: search@example.com', 'contact: https://chat.example.com/search-team']],
  },
  {
    rule: 'overlap-covers-consumers',
    broken: [['overlap: 2h', 'overlap: 1h']],
    at: 'overlap: 1h',
    says: 'shop-api caches for 1h and a revocation at vendor takes 1m',
    allowed: [['overlap: 2h', 'overlap: 61m']],
  },
  {
    rule: 'overlap-covers-consumers',
    broken: [['tier: user', 'tier: user\n    overlap: 59s']],
    at: 'overlap: 59s',
    says: 'has an overlap of 59s, and a revocation at vendor takes 1m',
    allowed: [['tier: user', 'tier: user\n    overlap: 60s']],
  },
  {
    rule: 'maximum-overlap',
    broken: [['maximumOverlap: 3d', 'maximumOverlap: 1h']],
    at: 'maximumOverlap: 1h',
    says: 'has a maximum overlap of 1h, and an overlap of 2h',
    allowed: [['maximumOverlap: 3d', 'maximumOverlap: 2h']],
  },
  {
    rule: 'overlap-within-cadence',
    broken: [['tier: user', 'tier: user\n    cadence: 12h\n    overlap: 12h']],
    at: 'overlap: 12h',
    says: 'has an overlap of 12h, and is rotated every 12h',
    allowed: [['tier: user', 'tier: user\n    cadence: 12h\n    overlap: 11h']],
  },
  {
    rule: 'window-usable',
    broken: [['timeZone: Europe/Berlin', 'timeZone: Europe/Berlino']],
    at: 'timeZone: Europe/Berlino',
    says: 'a time zone that is not known',
    allowed: [['timeZone: Europe/Berlin', 'timeZone: Asia/Tokyo']],
  },
  {
    rule: 'window-usable',
    broken: [['to: 05:00', 'to: 02:29']],
    at: 'to: 02:29',
    says: 'a window of 29 minutes',
    allowed: [['to: 05:00', 'to: 02:30']],
  },
  {
    rule: 'window-usable',
    broken: [
      ['from: 02:00', 'from: 23:45'],
      ['to: 05:00', 'to: 00:14'],
    ],
    at: 'to: 00:14',
    says: 'a window of 29 minutes',
    allowed: [
      ['from: 02:00', 'from: 23:45'],
      ['to: 05:00', 'to: 00:15'],
    ],
  },
];

describe.each(examples)('$rule: $says', ({ rule, broken, at, says, allowed }) => {
  it('is refused, with its place', () => {
    const text = edit(broken);
    const found = problemsOf(text);
    const mine = found.filter((problem) => problem.startsWith(`credentials.yaml:${placeOf(at, text)} ${rule}: `));
    expect(mine, found.join('\n')).toHaveLength(1);
    expect(mine[0]).toContain(says);
    expect(mine[0]).toMatch(/, because .+; .+\.$/);
  });

  it('allows its twin', () => {
    expect(problemsOf(edit(allowed))).toEqual([]);
  });
});

describe('the policy', () => {
  it('has an example of every rule', () => {
    expect(new Set(examples.map(({ rule }) => rule))).toEqual(new Set(policyRules.map(({ id }) => id)));
  });

  it('names every credential that shares a secret', () => {
    const text = edit(
      twin(['one', 'two'].map((name) => entry(`shop-${name}`, name, '    secret: shop/vendor-key')).join('')),
    );
    expect(problemsOf(text).filter((problem) => problem.includes('own-secret'))).toHaveLength(2);
  });

  it('looks at what is right although something else is wrong', () => {
    const text = edit([
      ['      contact: shop@example.com', '      contact: nobody'],
      ['tier: user', 'tier: user\n    cadence: often'],
    ]);
    expect(problemsOf(text).map((problem) => problem.split(' ')[1])).toEqual(['owner-reachable:', 'shape:']);
  });

  it.each([
    ['production', true],
    ['production-eu', true],
    ['prod', true],
    ['prd', true],
    ['live', true],
    ['staging', false],
    ['pre-production', false],
    ['product-team', false],
    ['preprod', false],
  ])('%s is production: %s', (environment, expected) => {
    expect(isProduction(environment)).toBe(expected);
  });
});
