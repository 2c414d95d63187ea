import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { secretName } from '../../functions/domain/identifiers.ts';
import { readSourceToken, readWebhookSecrets } from '../../functions/triggers/sources/source-secret.ts';
import { makeWorld, type World } from './world.ts';

const [older, former, newer] = ['canaryOlder0123456789', 'canaryFormer0123456789', 'canaryNewer0123456789'] as const;

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(async () => {
  expect(world.printed()).not.toContain('canary');
  await world.close();
});

/** As the webhook's function reads them. */
const webhooks = (): Promise<readonly string[]> =>
  world.ports(async (ports) => (await readWebhookSecrets('github', ports)).map((secret) => secret.expose()));

describe('sources set', () => {
  test('a webhook secret keeps the former one beside it, so that no delivery is lost', async () => {
    expect((await world.run('sources set github webhook', { stdin: `${older}\n` })).code).toBe(0);
    expect(await webhooks()).toEqual([older]);
    await world.run('sources set github webhook', { stdin: former });
    expect(await webhooks()).toEqual([former, older]);
    const { stdout } = await world.run('sources set github webhook', { typed: `${newer}\r` });
    expect(stdout).toContain('The one before counts too.');
    expect(await webhooks()).toEqual([newer, former]);
  });

  test('--only ends the former one; the same secret again is not kept twice', async () => {
    await world.run('sources set github webhook', { stdin: former });
    await world.run('sources set github webhook', { stdin: newer });
    await world.run('sources set github webhook', { stdin: newer });
    expect(await webhooks()).toEqual([newer, former]);
    const { stdout } = await world.run('sources set github webhook --only --json', { stdin: newer });
    expect(JSON.parse(stdout)).toEqual({ source: 'github', secret: 'keyturn/sources/github/webhook', count: 1 });
    expect(await webhooks()).toEqual([newer]);
  });

  test('both may be given, one a line, by somebody who may not read the one that is stored', async () => {
    await world.run('sources set github webhook', { stdin: older });
    await world.run('sources set github webhook', { stdin: `${newer}\n${former}\n` });
    expect(await webhooks()).toEqual([newer, former]);
  });

  test('a token is another secret, and has no former one', async () => {
    await world.run('sources set gitguardian token', { stdin: former });
    await world.run('sources set gitguardian token', { stdin: ` "${newer}" ` });
    const token = await world.ports((ports) => readSourceToken('gitguardian', ports));
    expect(token.expose()).toBe(newer);
    expect(
      await world.ports(({ vault }) => vault.readAdmin(secretName('keyturn/sources/gitguardian/webhook'))),
    ).toBeNull();
  });

  test.each([
    ['sources set gitub webhook', newer, 'Perhaps you meant github.'],
    ['sources set github webhoook', newer, 'Perhaps you meant webhook.'],
    ['sources set github', newer, 'The secret is missing.'],
    ['sources set github webhook', 'canaryShort', 'This is no webhook secret.'],
    ['sources set github webhook', `${newer}\n${former}\n${older}`, 'This is no webhook secret.'],
    ['sources set github token', 'canary with spaces', 'This is no API token.'],
    ['sources set github token', '', 'nothing was given'],
    ['sources set github token canarySecretWord', '', 'takes no key as an argument'],
  ])('%s, given %j, is bad input, and nothing is stored', async (line, stdin, says) => {
    const { code, stderr } = await world.run(line, { stdin });
    expect(code).toBe(2);
    expect(stderr).toContain(says);
    await expect(webhooks()).rejects.toThrow('keyturn sources set github webhook');
  });
});
