import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { providers } from '../../functions/providers/index.ts';
import { type FunctionName, rightsOf } from '../../infra/constructs/permissions.ts';
import { region } from './deploy.ts';

// What the stories asked of AWS, held against what was deployed. They have ended by now: vitest.emulator.config.ts.
const deployed = inject('deployed');

/** Why a row of the permission table is not held to what it used: none of its functions ran. */
const neverRan: Readonly<Partial<Record<FunctionName, string>>> = {};

type Reasons = readonly (readonly [grant: RegExp, reason: string])[];

/** What the emulator cannot show. Of what is excused here nothing may have been used: then the reason is none. */
const invisible: Reasons = [
  [/: kms:(Decrypt|GenerateDataKey) on /, 'Services use a key in the caller’s name; the emulator encrypts nothing.'],
  [/: (logs|xray):/, 'Lambda writes log and trace in the function’s name; the emulator keeps neither.'],
  [/: sqs:SendMessage on keyturn-[a-z-]+-undelivered$/, 'Lambda sends there, in the function’s name.'],
  [/^intake: sqs:(DeleteMessage|GetQueueAttributes|ReceiveMessage) on /, 'Lambda takes it from there, in its name.'],
  [/: secretsmanager:TagResource on /, 'The emulator does not ask for it where a secret is made with its tags.'],
];

const ledger = 'table/keyturn-ledger with ';
/** What a function needs when something has gone wrong that no story is sure to bring about. */
const inNeed: Reasons = [
  [
    new RegExp(`: dynamodb:GetItem on ${ledger}(rotation#|ends#|hint#|incidents)`),
    'Only when a write is refused: its answer was lost, or its number is taken.',
  ],
  [new RegExp(`create-key: dynamodb:GetItem on ${ledger}print#`), 'The same.'],
  [
    /^(validate|human-created\/create-key): secretsmanager:DescribeSecret on /,
    'Only when a version cannot be read: where its label is tells why.',
  ],
  [
    /: secretsmanager:GetSecretValue on .* with AWSPREVIOUS$/,
    'Only when somebody has taken our own label off the old version.',
  ],
  [/^begin: (dynamodb:PutItem on .* with ends#|states:DescribeExecution on )/, 'Only after a run that was lost.'],
  [
    /^begin: secretsmanager:GetSecretValue on .* with keyturn-new-\*$/,
    'Only after a run that had stored a key was lost.',
  ],
  [new RegExp(`^record-outcome: dynamodb:Query on ${ledger}rotation#`), 'Only after a run that was lost.'],
  [
    new RegExp(`(^disable-old|revoke-old|roll-back): dynamodb:Query on ${ledger}obligations`),
    'Only when a disabled key is to come back: one that was reported does not.',
  ],
  [
    new RegExp(`^record-outcome: dynamodb:(Get|Put)Item on ${ledger}obligations`),
    'Only when an emergency ends before its obligation is on record.',
  ],
  [
    new RegExp(`^escalate: dynamodb:(Get|Put)Item on ${ledger}(incidents|obligations)`),
    'Only for a leaked key that nobody reported.',
  ],
  [
    new RegExp(
      `^intake: (dynamodb:Query on ${ledger}(credentials|hint)#|secretsmanager:GetSecretValue on .*<provider>)`,
    ),
    'Only for a leak that no print fits.',
  ],
  [
    new RegExp(`^(escalate|reconcile|start-due|sweep-strays): dynamodb:(Get|Put)Item on ${ledger}credentials#`),
    'Only for what is found at that moment: a run at work, a left key that has died.',
  ],
  [
    /^start-due: (dynamodb:(PutItem|Query) on .* with rotation#|events:PutEvents on |sns:Publish on )/,
    'Only when a person has to be asked for a key.',
  ],
  [
    new RegExp(
      `^reconcile: dynamodb:(Query on ${ledger}hint#|(Get|Put)Item on ${ledger}obligations|PutItem on ${ledger}(ends|hint|print|incident))`,
    ),
    'Only for what a run that was lost left behind.',
  ],
  [
    /^reconcile: secretsmanager:(GetSecretValue on .* with keyturn-|UpdateSecretVersionStage on .* with (AWSP|keyturn-))/,
    'The same.',
  ],
];

/** A line of the emulator's record: a call that was held to the policies of who made it. */
const callForm = z.object({
  who: z.string(),
  action: z.string(),
  resource: z.string(),
  with: z.record(z.string(), z.unknown()),
  allowed: z.boolean(),
});
type Call = z.infer<typeof callForm>;

const texts = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const policyForm = z.object({
  Statement: z.array(
    z.object({
      Effect: z.literal('Allow'),
      Action: texts,
      Resource: texts,
      Condition: z.optional(z.record(z.string(), z.record(z.string(), texts))),
    }),
  ),
});
const functionsForm = z.object({
  Functions: z.array(
    z.object({
      FunctionName: z.string(),
      Role: z.string(),
      Environment: z.optional(z.object({ Variables: z.record(z.string(), z.string()) })),
    }),
  ),
  NextMarker: z.nullish(z.string()),
});

/** One thing that a function may do: an action, on what, and in which partition or under which label. */
type Grant = { readonly action: string; readonly on: string; readonly bound: { key: string; value: string } | null };

/** Of each of these a request has one value, so each value is a grant of its own. */
const toldApart = ['dynamodb:LeadingKeys', 'secretsmanager:VersionStage'];

const grantsIn = (policy: unknown): readonly Grant[] =>
  policyForm.parse(policy).Statement.flatMap(({ Action, Resource, Condition = {} }) => {
    const bounds = Object.values(Condition)
      .flatMap((keys) => Object.entries(keys))
      .filter(([key]) => toldApart.includes(key))
      .flatMap(([key, values]) => values.map((value) => ({ key, value })));
    return Action.flatMap((action) =>
      Resource.flatMap((on) => (bounds.length === 0 ? [null] : bounds).map((bound) => ({ action, on, bound }))),
    );
  });

const fits = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .replaceAll(/[$()+.[\\\]^{|}]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(text);

const uses = ({ action, on, bound }: Grant, call: Call): boolean =>
  call.action === action &&
  fits(on, call.resource) &&
  (bound === null || [call.with[bound.key]].flat().every((value) => fits(bound.value, String(value))));

const anyProvider = new RegExp(`(keyturn[-/](?:admin/)?)(?:${Object.keys(providers).join('|')})(?=[:/]|$)`, 'g');

/** As it is told to a person: all providers in one, because which of them a story is about is chance. */
const told = (row: string, { action, on, bound }: Grant): string => {
  const resource = on.replace(/^arn:aws:[a-z]+:[a-z0-9-]*:\d*:/, '').replaceAll(anyProvider, '$1<provider>');
  return `${row}: ${action} on ${resource}${bound === null ? '' : ` with ${bound.value}`}`;
};

describe.skipIf(deployed === null)('of all that the stories asked of AWS', () => {
  const endpoint = deployed?.endpoint ?? '';
  let calls: readonly Call[] = [];
  /** From the name of a function to its row of the permission table. */
  const rows = new Map<string, string>();
  let ran: ReadonlySet<string> = new Set();
  /** What was deployed, from how it is told: whether some function of the row has used it. */
  const isUsed = new Map<string, boolean>();

  /** By hand, because the clients of Lambda and IAM would be two more packages for three calls. */
  const ask = async (service: string, path: string): Promise<string> => {
    const authorization = `AWS4-HMAC-SHA256 Credential=test/20261121/${region}/${service}/aws4_request`;
    const answer = await fetch(`${endpoint}${path}`, { headers: { authorization } });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${text}`);
    return text;
  };
  const askIam = (query: string): Promise<string> => ask('iam', `/?Version=2010-05-08&${query}`);

  const deployedFunctions = async (marker = ''): Promise<z.infer<typeof functionsForm>['Functions']> => {
    const answer = await ask('lambda', `/2015-03-31/functions?Marker=${encodeURIComponent(marker)}`);
    const { Functions, NextMarker } = functionsForm.parse(JSON.parse(answer));
    return NextMarker ? [...Functions, ...(await deployedFunctions(NextMarker))] : Functions;
  };

  const grantsOf = async (roleArn: string): Promise<readonly Grant[]> => {
    const role = `RoleName=${roleArn.replace(/^.*\//, '')}`;
    const names = (await askIam(`Action=ListRolePolicies&${role}`)).matchAll(/<member>([^<]+)<\/member>/g);
    const policies = [...names].map(async ([, name = '']) => {
      const answer = await askIam(`Action=GetRolePolicy&${role}&PolicyName=${name}`);
      const [, document = ''] = /<PolicyDocument>([^<]*)<\/PolicyDocument>/.exec(answer) ?? [];
      return grantsIn(JSON.parse(decodeURIComponent(document)));
    });
    return (await Promise.all(policies)).flat();
  };

  beforeAll(async () => {
    const lines = readFileSync(deployed?.callsFile ?? '', 'utf8')
      .trim()
      .split('\n');
    calls = lines.map((line) => callForm.parse(JSON.parse(line)));
    for (const { FunctionName, Role, Environment } of await deployedFunctions()) {
      if (!FunctionName.startsWith('keyturn-')) continue;
      const { KEYTURN_STEP, KEYTURN_PROVIDER = 'intake' } = Environment?.Variables ?? {};
      const row = KEYTURN_STEP ?? FunctionName.replace(`keyturn-${KEYTURN_PROVIDER}-`, '');
      rows.set(FunctionName, row);
      const own = calls.filter(({ who }) => who === FunctionName);
      for (const grant of await grantsOf(Role)) {
        const name = told(row, grant);
        isUsed.set(name, isUsed.get(name) === true || own.some((call) => uses(grant, call)));
      }
    }
    ran = new Set(calls.flatMap(({ who }) => rows.get(who) ?? []));
  });

  it('every row of the permission table is deployed, and ran, but for those whose reason stands here', () => {
    expect([...new Set(rows.values())].toSorted()).toEqual(Object.keys(rightsOf).toSorted());
    expect(Object.keys(rightsOf).filter((row) => !ran.has(row))).toEqual(Object.keys(neverRan));
  });

  it('nothing was denied', () => {
    expect(calls.filter(({ allowed }) => !allowed)).toEqual([]);
  });

  it('everything that is granted was used, but for what cannot be seen here or was not needed', () => {
    const grants = [...isUsed].filter(([grant]) => ran.has(grant.replace(/: .*$/, '')));
    const unused = grants.filter(([, used]) => !used).map(([grant]) => grant);
    const excused = (reasons: Reasons) => (grant: string) => reasons.some(([which]) => which.test(grant));
    expect(unused.filter((grant) => !excused([...invisible, ...inNeed])(grant)).toSorted()).toEqual([]);
    expect(grants.filter(([grant, used]) => used && excused(invisible)(grant))).toEqual([]);
    const idle = [...invisible, ...inNeed].filter(([which]) => !grants.some(([grant]) => which.test(grant)));
    expect(idle.map(([which]) => which)).toEqual([]);
    const counts = [
      `${grants.length - unused.length} used`,
      `${unused.filter(excused(invisible)).length} that the emulator cannot show`,
      `${unused.filter(excused(inNeed)).length} not needed this time`,
    ];
    console.info(`Of ${grants.length} grants of ${ran.size} rows ${counts.join(', ')}; ${calls.length} calls.`);
  });

  it('every read of a workload’s value named its version and its label', () => {
    const reads = calls.filter(
      ({ who, action, resource }) =>
        rows.has(who) &&
        action === 'secretsmanager:GetSecretValue' &&
        !/:secret:keyturn\/(admin|sources)\//.test(resource),
    );
    expect(reads.length).toBeGreaterThan(0);
    const half = reads.filter(
      (call) => !('secretsmanager:VersionId' in call.with && 'secretsmanager:VersionStage' in call.with),
    );
    expect(half).toEqual([]);
  });
});
