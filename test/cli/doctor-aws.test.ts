import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { expectedParts } from '../../functions/cli/doctor/expected.ts';
import type { Finding } from '../../functions/cli/doctor/finding.ts';
import { runCommand } from '../../functions/cli/run-command.ts';
import { registerText } from '../../functions/local/demo/register.ts';
import { providers } from '../../functions/providers/index.ts';
import { parseRegister } from '../../functions/register/load.ts';
import { manualClock } from '../support/manual-clock.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { listening, receiver, sourceWorld, webhookSecret } from '../triggers/sources/source-world.ts';
import { type Account, type AlarmThere, accountOf, serve, topicArn } from './deployed-account.ts';
import { makeIo } from './world.ts';

const now = Date.UTC(2026, 0, 1);
const hour = 3600;
const register = parseRegister(registerText, 'credentials.yaml', { providers });

let deployed: Account;
beforeAll(() => {
  deployed = accountOf(register, {}, now - hour * 1000);
});

let account: Account;
beforeEach(() => {
  account = structuredClone(deployed);
});

const examine = async (line = 'doctor --json') => {
  const endpoint = await serve(account);
  const folder = scratchFolder('doctor');
  writeFileSync(join(folder, 'credentials.yaml'), registerText);
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  try {
    const { io, output } = makeIo({}, folder, manualClock(now), () => 'id');
    const code = await runCommand(line.split(' '), io);
    const { findings } = JSON.parse(output.stdout) as { readonly findings: readonly Finding[] };
    return { code, findings, of: (check: string) => findings.filter((finding) => finding.check === check) };
  } finally {
    vi.unstubAllEnvs();
  }
};

/** What is not well in these checks, after that change. */
const amissAfter = async (change: () => void, ...checks: readonly string[]): Promise<readonly Finding[]> => {
  change();
  const { findings } = await examine();
  return findings.filter(({ check, state }) => checks.includes(check) && state !== 'well');
};

const alarm = (name: string): AlarmThere => {
  const found = account.alarms.get(name);
  if (found === undefined) throw new TypeError(`The templates have no alarm ${name}.`);
  return found;
};

test('as cdk deploy leaves it, nothing is broken', async () => {
  const { code, findings, of } = await examine();
  expect(findings.filter(({ state }) => state === 'broken')).toEqual([]);
  expect(code).toBe(0);
  for (const check of [
    'state machines',
    'schedules',
    'alarms',
    'people',
    'dead letters',
    'ledger',
    'fingerprint key',
  ]) {
    expect(of(check).map(({ state }) => state)).toEqual(of(check).map(() => 'well'));
    expect(of(check).length).toBeGreaterThan(0);
  }
});

test.each([
  ['polls nothing', '', false],
  ['polls both', 'orgs/acme', true],
])(
  'every alarm and dead-letter queue of the templates is looked at, where it %s',
  (_, githubScopes, gitguardianPoll) => {
    const there = accountOf(register, { githubScopes, gitguardianPoll }, now);
    const parts = expectedParts(Object.keys(providers), { githubScopes, gitguardianPoll });
    const alarms = parts.flatMap(({ stack, alarms: names }) => names.map((name) => `${stack}-${name}`));
    expect(alarms.toSorted()).toEqual([...there.alarms.keys()].toSorted());
    const waiting = 'keyturn-intake.fifo';
    const queues = parts.flatMap(({ deadLetters }) => deadLetters);
    expect([...queues, waiting].toSorted()).toEqual([...there.queues.keys()].toSorted());
  },
);

describe('admin keys', () => {
  test('that whoever asks may not read are unknown, with the right that is missing; an absent one is broken', async () => {
    const found = await amissAfter(() => account.secrets.delete('keyturn/admin/openai/openai-demo'), 'admin keys');
    expect(found.map(({ subject, state }) => `${subject} ${state}`)).toEqual([
      'openai-demo broken',
      'pinecone-demo unknown',
      'azure-demo unknown',
      'anthropic-demo unknown',
    ]);
    expect(found[0]?.fix).toBe('keyturn admin set openai-demo');
    expect(found[1]?.fix).toContain('GetSecretValue');
    expect(found[1]?.saw).toContain('Stored 31 days ago.');
  });
});

test('a secret that has a version, and none that serves', async () => {
  const found = await amissAfter(
    () => account.secrets.set('keyturn/openai/assistant-openai', ['AWSPREVIOUS']),
    'credentials',
  );
  expect(found[0]).toMatchObject({
    subject: 'assistant-openai',
    state: 'broken',
    fix: expect.stringContaining('update-secret-version-stage --secret-id keyturn/openai/assistant-openai'),
  });
});

describe('state machines', () => {
  const change = (from: string, to: string): void => {
    account.machines.set('keyturn-openai', account.machines.get('keyturn-openai')?.replace(from, to) ?? '');
  };
  test.each([
    ['another flow', '"TimeoutSeconds": 60', '"TimeoutSeconds": 61'],
    ["a step that calls another's function", 'keyturn-openai-revoke-old', 'keyturn-openai-roll-back'],
    ["another provider's function", 'keyturn-openai-stage', 'keyturn-pinecone-stage'],
    ['nothing that can be read', '{', ''],
  ])('that run %s are a forgotten deploy', async (_, from, to) => {
    const found = await amissAfter(() => change(from, to), 'state machines');
    expect(found).toMatchObject([
      { subject: 'keyturn-openai', state: 'broken', fix: 'npx cdk deploy keyturn-openai keyturn-intake' },
    ]);
  });

  test('may call a version or an alias', async () => {
    expect(
      await amissAfter(
        () => change(':function:keyturn-openai-stage', ':function:keyturn-openai-stage:live'),
        'state machines',
      ),
    ).toEqual([]);
  });

  test('that are missing, and that nobody declares', async () => {
    const found = await amissAfter(() => {
      account.machines.delete('keyturn-pinecone');
      account.machines.set('keyturn-mistral', '{}');
    }, 'state machines');
    expect(found).toMatchObject([
      { subject: 'keyturn-pinecone', state: 'broken', fix: 'npx cdk deploy keyturn-pinecone keyturn-intake' },
      { subject: 'keyturn-mistral', state: 'attention' },
    ]);
  });
});

describe('alarms', () => {
  test.each([
    ['is missing', () => account.alarms.delete('keyturn-openai-rotation-failed'), 'broken', '--revert-drift'],
    [
      'is switched off',
      () => Object.assign(alarm('keyturn-openai-rotation-failed'), { ActionsEnabled: false }),
      'broken',
      'aws cloudwatch enable-alarm-actions --alarm-names keyturn-openai-rotation-failed',
    ],
    [
      'tells nobody',
      () => Object.assign(alarm('keyturn-openai-rotation-failed'), { AlarmActions: [] }),
      'broken',
      '--revert-drift',
    ],
    [
      'tells another topic',
      () => Object.assign(alarm('keyturn-openai-rotation-failed'), { AlarmActions: [`${topicArn}-no`] }),
      'broken',
      '--revert-drift',
    ],
    [
      'has gone off',
      () => Object.assign(alarm('keyturn-openai-rotation-failed'), { StateValue: 'ALARM' }),
      'attention',
      'RUNBOOK',
    ],
    [
      'has had no data for long',
      () =>
        Object.assign(alarm('keyturn-openai-rotation-failed'), {
          StateValue: 'INSUFFICIENT_DATA',
          StateUpdatedTimestamp: now / 1000 - 2 * hour,
        }),
      'attention',
      'RUNBOOK',
    ],
  ] as const)('one that %s', async (_, change, state, fix) => {
    expect(await amissAfter(change, 'alarms', 'schedules')).toMatchObject([
      { check: 'alarms', subject: 'keyturn-openai-rotation-failed', state, fix: expect.stringContaining(fix) },
    ]);
  });

  test('one that was made a moment ago has no data yet', async () => {
    const fresh = { StateValue: 'INSUFFICIENT_DATA', StateUpdatedTimestamp: now / 1000 - 60 };
    expect(await amissAfter(() => Object.assign(alarm('keyturn-openai-rotation-failed'), fresh), 'alarms')).toEqual([]);
  });

  test('a schedule that is dead is broken', async () => {
    const found = await amissAfter(
      () => {
        alarm('keyturn-openai-reconcile-silent').StateValue = 'ALARM';
      },
      'schedules',
      'alarms',
    );
    expect(found).toMatchObject([{ check: 'schedules', subject: 'keyturn-openai-reconcile-silent', state: 'broken' }]);
    expect(found[0]?.saw).toContain('since 2025-12-31 23:00:00Z');
  });
});

describe('people', () => {
  test.each([
    ['nobody', [], 'broken', 'Nobody is told of anything.'],
    ['one who has not confirmed', [{ arn: 'PendingConfirmation' }], 'broken', '1 are not confirmed yet'],
    [
      'one who filters',
      [{ arn: `${topicArn}:one`, filter: '{"severity":["page"]}' }],
      'broken',
      'nobody hears an alarm',
    ],
    [
      'one more who has not confirmed',
      [{ arn: `${topicArn}:one` }, { arn: 'PendingConfirmation' }],
      'attention',
      '1 are not',
    ],
    ['no topic', null, 'broken', 'There is no such topic.'],
  ])('%s', async (_, subscriptions, state, saw) => {
    const found = await amissAfter(() => Object.assign(account, { subscriptions }), 'people');
    expect(found).toMatchObject([{ subject: 'keyturn-people', state, saw: expect.stringContaining(saw) }]);
  });

  test('an empty filter filters nothing', async () => {
    const subscriptions = [{ arn: `${topicArn}:one`, filter: '{}' }];
    expect(await amissAfter(() => Object.assign(account, { subscriptions }), 'people')).toEqual([]);
  });
});

test('dead letters that lie there, and a queue that is not there', async () => {
  const found = await amissAfter(() => {
    account.queues.set('keyturn-intake-failed.fifo', 2);
    account.queues.delete('keyturn-openai-undelivered');
  }, 'dead letters');
  expect(found).toMatchObject([
    { subject: 'keyturn-openai-undelivered', state: 'broken', saw: 'There is no such queue.' },
    {
      subject: 'keyturn-intake-failed.fifo',
      state: 'broken',
      saw: 'About 2 messages lie there.',
      fix: 'keyturn redrive keyturn-intake-failed.fifo',
    },
  ]);
});

describe('what AWS does not show', () => {
  test.each([
    ['Query', 'ResourceNotFoundException', 'ledger', 'broken'],
    ['Query', 'AccessDeniedException', 'ledger', 'unknown'],
    ['GenerateMac', 'NotFoundException', 'fingerprint key', 'broken'],
    ['GenerateMac', 'AccessDeniedException', 'fingerprint key', 'unknown'],
    ['DescribeAlarms', 'AccessDenied', 'alarms', 'unknown'],
    ['DescribeAlarms', 'ThrottlingException', 'schedules', 'unknown'],
    ['ListSubscriptionsByTopic', 'AuthorizationError', 'people', 'unknown'],
    ['GetSubscriptionAttributes', 'AuthorizationError', 'people', 'unknown'],
    ['GetQueueUrl', 'AccessDenied', 'dead letters', 'unknown'],
    ['DescribeStateMachine', 'AccessDeniedException', 'state machines', 'unknown'],
    ['ListStateMachines', 'AccessDeniedException', 'people', 'unknown'],
    ['DescribeSecret', 'AccessDeniedException', 'credentials', 'unknown'],
  ])('%s answered with %s', async (operation, error, check, state) => {
    account.failing.set(operation, error);
    const { findings, of } = await examine();
    expect(new Set(of(check).map((finding) => finding.state))).toContain(state);
    for (const finding of of(check)) if (finding.state !== 'well') expect(finding.fix).not.toBeNull();
    expect(new Set(findings.map((finding) => finding.check)).size).toBeGreaterThanOrEqual(10);
  });

  test('the ledger, which hides no secret that is missing', async () => {
    const found = await amissAfter(() => {
      account.failing.set('Query', 'AccessDeniedException');
      account.secrets.delete('keyturn/openai/assistant-openai');
    }, 'credentials');
    expect(found).toMatchObject([
      { state: 'unknown', fix: expect.stringContaining('dynamodb:Query') },
      { subject: 'assistant-openai', state: 'broken' },
    ]);
  });

  test('nothing at all: the exit code does not say that all is well', async () => {
    account.failing.set('*', 'ExpiredTokenException');
    const { code, findings } = await examine();
    expect(findings.filter(({ check }) => check !== 'register').map(({ state }) => state)).not.toContain('well');
    expect(code).toBe(1);
  });
});

describe('webhooks', () => {
  const tried = async (webhooks: string | null): Promise<readonly Finding[]> => {
    account.secrets.set('keyturn/sources/github/webhook', ['AWSCURRENT']);
    return (await examine(`doctor --json${webhooks === null ? '' : ` --webhooks ${webhooks}`}`)).of('sources');
  };
  const origin = async (stored: boolean): Promise<string> => {
    const world = sourceWorld();
    if (stored) await world.store('keyturn/sources/github/webhook', webhookSecret);
    return listening(receiver(world).receive);
  };

  test('one that refuses what is not signed is there, and checks', async () => {
    expect(await tried(await origin(true))).toMatchObject([
      { subject: 'github webhook', state: 'well' },
      // What it hints at could not be read.
      { subject: 'github token', state: 'broken', fix: 'keyturn sources set github token' },
    ]);
  });

  test('one that cannot read its secret', async () => {
    expect((await tried(`${await origin(false)}/`)).slice(0, 1)).toMatchObject([
      { state: 'broken', saw: expect.stringContaining('503'), fix: 'keyturn sources set github webhook' },
    ]);
  });

  test('another address than ours', async () => {
    expect((await tried(`${await origin(true)}/elsewhere/`)).slice(0, 1)).toMatchObject([
      { state: 'broken', saw: expect.stringContaining('404') },
    ]);
    expect((await tried('http://127.0.0.1:9/')).slice(0, 1)).toMatchObject([
      { state: 'broken', saw: 'It does not answer.' },
    ]);
  });

  test('one that takes everything', async () => {
    const url = await listening(async () => ({ status: 202, body: 'Accepted.' }));
    expect((await tried(url)).slice(0, 1)).toMatchObject([
      { state: 'broken', saw: expect.stringContaining('nobody has signed') },
    ]);
  });

  test('the token of the API, which the functions alone may read', async () => {
    account.secrets.set('keyturn/sources/github/token', ['AWSCURRENT']);
    const [, token] = await tried(await origin(true));
    expect(token).toMatchObject({
      subject: 'github token',
      state: 'unknown',
      fix: expect.stringContaining('GetSecretValue'),
    });
  });

  test('without the address nobody knows', async () => {
    expect((await tried(null)).slice(0, 1)).toMatchObject([
      { state: 'unknown', fix: expect.stringContaining('--webhooks') },
    ]);
  });
});
