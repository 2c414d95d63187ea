import { expect, test } from 'vitest';
import { awsDeployment } from '../../functions/aws/deployment.ts';
import type { DeploymentSettings } from '../../functions/cli/deployment-settings.ts';
import type { Surroundings } from '../../functions/cli/doctor/check.ts';
import { sources } from '../../functions/cli/doctor/sources.ts';
import { fetchHttp } from '../../functions/shell/fetch-http.ts';
import { stubService } from '../aws/stub-service.ts';
import { sourceWorld } from '../triggers/sources/source-world.ts';

const polling: DeploymentSettings = { letCallsLandSeconds: 300, githubScopes: 'orgs/acme', gitguardianPoll: true };

/** Nobody asks AWS anything here: that there is a deployment is all that counts. */
const deployment = awsDeployment({
  machines: () => Promise.resolve(new Map()),
  peopleTopicArn: () => Promise.resolve(''),
});

const surroundingsOf = (
  { ports }: ReturnType<typeof sourceWorld>,
  origin: string,
  settings: DeploymentSettings,
): Surroundings => ({
  ports,
  adminVault: ports.vault,
  http: fetchHttp({ 'https://api.github.com': origin, 'https://api.gitguardian.com': origin }),
  deployment,
  flags: '',
  register: { accounts: [], credentials: [] },
  registerFile: 'credentials.yaml',
  settings,
  webhooks: null,
  problems: [],
  records: () => Promise.resolve([]),
  openObligations: () => Promise.resolve([]),
});

test('a source that is to be polled needs a token; one that is not needs none', async () => {
  const world = sourceWorld();
  const found = await sources.look(surroundingsOf(world, 'http://127.0.0.1:9', polling));
  expect(found).toMatchObject([
    { subject: 'github token', state: 'broken', fix: 'keyturn sources set github token' },
    { subject: 'gitguardian token', state: 'broken', fix: 'keyturn sources set gitguardian token' },
  ]);
  const idle = { ...polling, githubScopes: '', gitguardianPoll: false };
  expect(await sources.look(surroundingsOf(world, 'http://127.0.0.1:9', idle))).toEqual([]);
});

test("GitHub's webhook is of no use without the token; GitGuardian's is", async () => {
  const world = sourceWorld();
  await world.store('keyturn/sources/github/webhook', 'canary-0123456789abcdef');
  await world.store('keyturn/sources/gitguardian/webhook', 'canary-0123456789abcdef');
  const idle = { ...polling, githubScopes: '', gitguardianPoll: false };
  expect(await sources.look(surroundingsOf(world, 'http://127.0.0.1:9', idle))).toMatchObject([
    { subject: 'github webhook', state: 'unknown' },
    { subject: 'github token', state: 'broken' },
    { subject: 'gitguardian webhook', state: 'unknown' },
  ]);
});

test.each([
  [200, 'well'],
  [401, 'broken'],
  [404, 'broken'],
  [429, 'unknown'],
  [500, 'unknown'],
])("the token of GitHub's API, where what is polled answers HTTP %i, is %s", async (status, state) => {
  const world = sourceWorld();
  await world.store('keyturn/sources/github/token', 'canary-token');
  const { client, received } = await stubService([{ status, body: [] }]);
  const found = await sources.look(surroundingsOf(world, client.endpoint, { ...polling, gitguardianPoll: false }));
  expect(found).toMatchObject([{ subject: 'github token', state }]);
  expect(received).toHaveLength(1);
  expect(JSON.stringify(found)).not.toContain('canary');
});
