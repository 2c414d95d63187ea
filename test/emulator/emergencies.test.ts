import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { fingerprint } from '../../functions/domain/identifiers.ts';
import type { Incident } from '../../functions/domain/incident.ts';
import { busDetailType } from '../../functions/domain/report-events.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { printOf } from '../../functions/domain/value-print.ts';
import { busName } from '../../infra/constructs/names.ts';
import { clientOf } from '../conformance/ports/aws-client.ts';
import { recorded } from '../triggers/sources/recorded.ts';
import { credentialOf, type Story } from './register.ts';
import { githubRepository, webhookSecrets } from './sources.ts';
import { type Served, worldOf } from './world.ts';

const deployed = inject('deployed');

describe.skipIf(deployed === null)('a leak that is reported', () => {
  let world: ReturnType<typeof worldOf>;
  let bus: EventBridgeClient;

  beforeAll(() => {
    if (deployed === null) return;
    world = worldOf(deployed);
    bus = new EventBridgeClient(clientOf(deployed.endpoint));
  });

  const incidentsOf = async (reference: string): Promise<readonly Incident[]> =>
    (await world.ledger.incidents(null)).filter((incident) => incident.reference === reference);
  const leakHashOf = (value: string): string => printOf(new SecretValue(value), fingerprint('')).leakHash;
  const find = (path: 'alerts' | 'incidents', found: object) =>
    fetch(`${deployed?.sources ?? ''}/${path}`, { method: 'POST', body: JSON.stringify(found) });
  const putOnBus = async (detail: object): Promise<void> => {
    const Detail = JSON.stringify(detail);
    const event = { EventBusName: busName, Source: 'acme.deploy', DetailType: busDetailType, Detail };
    expect(await bus.send(new PutEventsCommand({ Entries: [event] }))).toMatchObject({ FailedEntryCount: 0 });
  };

  /** From the report on: the key is dead at its provider, another serves, and one incident tells of it, closed. */
  const isDealtWith = async (story: Story, reference: string, report: (leaked: Served) => Promise<unknown>) => {
    const leaked = await world.atRest(credentialOf(story), 'pinecone');
    await report(leaked);
    const refused = await world.until(async () => {
      const obligations = await world.ledger.obligations('all');
      return obligations.find(({ keyId, refusedAt }) => keyId === leaked.keyId && refusedAt !== null) ?? null;
    });
    // In this order, and none of it is missing.
    const times = [refused.acceptedAt, refused.containedAt, refused.replacedAt, refused.refusedAt];
    expect(times).toEqual(times.map(() => expect.any(String)));
    expect(times).toEqual(times.toSorted());
    const now = await world.atRest(credentialOf(story), 'pinecone');
    const keys = await world.keysOf('pinecone');
    expect(keys.find(({ id }) => id === leaked.keyId)?.refusedAt).toEqual(expect.any(String));
    expect(keys.find(({ id }) => id === now.keyId)?.refusedAt).toBeNull();
    const incidents = await incidentsOf(reference);
    expect(incidents).toMatchObject([{ incidentId: refused.incidentId, state: 'accepted' }]);
    const { json, text } = await world.keyturn(`incident ${refused.incidentId ?? ''}`);
    expect(json['clock']).toMatchObject({ state: 'closed' });
    expect(text).not.toContain(leaked.apiKey);
  };

  describe.concurrent('is contained first, and closed when the key was seen refused', () => {
    it('on the bus, by a system of ours', async () => {
      const reference = 'https://ci.example/4711';
      await isDealtWith('bus', reference, async ({ apiKey }) => {
        const leak = { kind: 'leak-hash', leakHash: leakHashOf(apiKey) };
        await putOnBus({ id: 'deploy-4711', reason: 'printed in a build log', reference, leak });
      });
    });

    it('by a webhook of GitHub, which comes twice, and once with a signature that does not hold', async () => {
      const url = await world.functionUrl('keyturn-intake-webhook');
      const number = 1;
      const hook = recorded('github-webhook');
      Object.assign(hook.alert, { number });
      Object.assign(hook.repository, { full_name: githubRepository });
      // Bytes that a parser would not write again as they came.
      const body = Buffer.from(`${JSON.stringify({ ...hook, note: 'ä ☂' }, null, 3)}\n`);
      const deliver = async (secret: string): Promise<number> => {
        const signature = createHmac('sha256', secret).update(body).digest('hex');
        const headers = {
          'content-type': 'application/json',
          'x-github-event': 'secret_scanning_alert',
          'x-hub-signature-256': `sha256=${signature}`,
        };
        return (await fetch(`${url}github`, { method: 'POST', body, headers })).status;
      };
      const reference = `https://github.com/${githubRepository}/security/secret-scanning/${number}`;
      await isDealtWith('webhook', reference, async ({ apiKey }) => {
        await find('alerts', {
          repository: githubRepository,
          number,
          secret: apiKey,
          updatedAt: new Date().toISOString(),
        });
        expect(await deliver('a secret of somebody else')).toBe(401);
        expect(sentBy('keyturn-intake-webhook')).toBe(0);
        expect(await deliver(webhookSecrets.github)).toBe(202);
        expect(await deliver(webhookSecrets.github)).toBe(202);
        expect(sentBy('keyturn-intake-webhook')).toBe(2);
      });
    });

    it('to GitHub, whose webhook never came', async () => {
      const number = 2;
      const reference = `https://github.com/${githubRepository}/security/secret-scanning/${number}`;
      await isDealtWith('github', reference, async ({ apiKey }) => {
        await find('alerts', {
          repository: githubRepository,
          number,
          secret: apiKey,
          updatedAt: new Date().toISOString(),
        });
        await world.wake('keyturn-intake-poll-github');
      });
    });

    it('to GitGuardian, whose webhook never came', async () => {
      const found = recorded('gitguardian-incident');
      await isDealtWith('gitguardian', found.gitguardian_url, async ({ apiKey }) => {
        await find('incidents', { ...found, date: new Date().toISOString(), hmsl_hash: leakHashOf(apiKey) });
        await world.wake('keyturn-intake-poll-gitguardian');
      });
    });

    it('by a person, who pipes the value to the command', async () => {
      await isDealtWith('command', 'keyturn compromised', async ({ apiKey }) => {
        const { exitCode, text } = await world.keyturn('compromised --yes', apiKey);
        expect(exitCode, text).toBe(0);
        expect(text).not.toContain(apiKey);
      });
    });

    it('of an admin key: which a person replaces, so it stays open', async () => {
      const reference = 'https://ci.example/4712';
      const leak = { kind: 'admin-key', account: 'anthropic-demo' };
      await putOnBus({ id: 'deploy-4712', reason: 'printed in a build log', reference, leak });
      const { incidentId } = await world.until(async () => (await incidentsOf(reference))[0] ?? null);
      const obligations = (await world.ledger.obligations('open')).filter((one) => one.incidentId === incidentId);
      expect(obligations).toMatchObject([{ target: { account: leak.account }, refusedAt: null }]);
    });
  });

  it('is told of to its end, by the escalation that its schedule wakes', async () => {
    await world.until(async () => {
      const ended = (await world.ledger.incidents(null)).filter(({ leak }) => leak.kind !== 'admin-key');
      return ended.every(({ told }) => told.some(({ what }) => what === 'closed')) ? ended : null;
    });
  });
});

/** How many messages a function has asked SQS to keep. */
const sentBy = (name: string): number =>
  readFileSync(deployed?.callsFile ?? '', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`"who": "${name}", "action": "sqs:SendMessage"`)).length;
