import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { instant } from '../../functions/domain/identifiers.ts';
import type { CompromiseReport } from '../../functions/domain/incident.ts';
import { startSimulator } from '../../functions/local/simulated/server.ts';
import { fetchHttp } from '../../functions/shell/fetch-http.ts';
import { behindWall } from '../../functions/shell/wall.ts';
import { acceptReport, usualOptions } from '../../functions/triggers/compromise.ts';
import { type IntakeMessage, messageForm } from '../../functions/triggers/intake.ts';
import { reportOfFinding } from '../../functions/triggers/sources/finding.ts';
import { readGitleaks } from '../../functions/triggers/sources/gitleaks.ts';
import { readTrufflehog } from '../../functions/triggers/sources/trufflehog.ts';
import { takeIn } from '../../functions/triggers/take-in.ts';
import { recorded } from './sources/recorded.ts';
import { simulatedGithub } from './sources/simulated-github.ts';
import {
  gitguardianHeaders,
  githubHeaders,
  memoryIntake,
  receiver,
  signatureToken,
  sourceWorld,
  webhookSecret,
} from './sources/source-world.ts';

const value = 'sk-proj-canary-Qw8ZtkL2mN4pR6sT8vX0123456789';
const token = 'github_pat_canary_0123456789';

const start = async () => {
  const world = sourceWorld();
  const github = await startSimulator(simulatedGithub, { options: { token } });
  onTestFinished(() => github.close());
  await world.store('keyturn/sources/github/token', `${token}\n`);
  await world.store('keyturn/sources/github/webhook', webhookSecret);
  await world.store('keyturn/sources/gitguardian/webhook', signatureToken);
  const ports = { ...world.ports, http: fetchHttp(github.origins) };
  const reports: CompromiseReport[] = [];
  const accept = (report: CompromiseReport) => {
    reports.push(report);
    return acceptReport(report, world.ports, { ...usualOptions, letCallsLandSeconds: 900 });
  };
  return {
    ...world,
    github,
    reports,
    takeIn: (message: unknown) => behindWall(() => takeIn(message, ports, accept)),
    accept,
    leak: (secret: string, more: object = {}) =>
      github.world.alerts.push({
        repository: 'acme/chat',
        number: 42,
        secret,
        updatedAt: '2026-11-20T10:00:03Z',
        more: { ...more },
      }),
  };
};
let world: Awaited<ReturnType<typeof start>>;
beforeEach(async () => {
  world = await start();
});

const alert = (change: object = {}): IntakeMessage => ({
  kind: 'github-alert',
  alert: { repository: 'acme/chat', number: 42, seen: 'created', at: instant(Date.UTC(2026, 10, 20, 10)), ...change },
});

describe('from what was sent to the obligation', () => {
  const obliged = async () => (await world.ports.ledger.obligations('open')).map(({ keyId }) => keyId);
  /** What a webhook leaves in the queue, as it comes out of it. */
  const throughQueue = async (path: string, body: string, headers: Readonly<Record<string, string>>) => {
    const queue = memoryIntake();
    const { receive } = receiver(world, queue);
    const answer = await receive({ method: 'POST', path, headers: Object.entries(headers), body: Buffer.from(body) });
    expect(answer.status).toBe(202);
    return queue.messages().map((message): unknown => JSON.parse(JSON.stringify(message)));
  };

  it('GitHub: webhook, alert read again, fingerprint, obligation', async () => {
    await world.know(value);
    world.leak(value);
    const body = JSON.stringify(recorded('github-webhook'));
    for (const message of await throughQueue('/github', body, githubHeaders(body))) {
      expect(await world.takeIn(message)).toMatchObject({
        kind: 'accepted',
        accepted: [{ proof: 'fingerprint', state: 'accepted', repeated: false }],
      });
      expect(await world.takeIn(message)).toMatchObject({ accepted: [{ repeated: true }] });
    }
    expect(await obliged()).toEqual(['key_1']);
  });

  it('GitGuardian: webhook, hash, obligation', async () => {
    const { leakHash } = await world.know(value);
    const event = recorded('gitguardian-webhook');
    const body = JSON.stringify({ ...event, incident: { ...event.incident, hmsl_hash: leakHash } });
    for (const message of await throughQueue('/gitguardian', body, gitguardianHeaders(body, world.ports.clock.now()))) {
      expect(await world.takeIn(message)).toMatchObject({ accepted: [{ proof: 'fingerprint', state: 'accepted' }] });
    }
    expect(await obliged()).toEqual(['key_1']);
  });

  it.each([
    ['TruffleHog', () => readTrufflehog(JSON.stringify({ ...recorded('trufflehog'), Raw: value }))],
    ['gitleaks', () => readGitleaks(JSON.stringify([{ ...recorded('gitleaks')[0], Secret: value }]))],
  ])('%s: output, fingerprint, obligation', async (_, scan) => {
    await world.know(value);
    for (const finding of scan().findings) {
      await world.accept(await reportOfFinding(finding, world.ports.clock.now(), world.ports));
    }
    expect(await obliged()).toEqual(['key_1']);
  });

  it.each([
    ['aws-health', 'aws-health', 'reach'],
    ['guardduty', 'guardduty', 'reach'],
    ['quarantine', 'quarantine', 'reach'],
  ])('%s: an event that names who could read waits for a person', async (name, source, proof) => {
    const taken = await world.takeIn(recorded(name));
    expect(taken).toMatchObject({ kind: 'accepted', accepted: [{ proof, state: 'awaiting-approval' }] });
    expect(world.reports).toMatchObject([{ source }]);
    expect(await obliged()).toEqual([]);
  });

  it('okta: what hangs off the person waits for a person', async () => {
    const taken = await world.takeIn(recorded('okta'));
    expect(taken).toMatchObject({ accepted: [{ proof: 'reach', state: 'awaiting-approval' }] });
    expect(world.reports).toMatchObject([{ source: 'okta', leak: { kind: 'person', person: 'dana@acme.example' } }]);
  });

  it('bus: the hash of a value is proof, and an obligation', async () => {
    const { leakHash } = await world.know(value);
    const event = recorded('bus');
    const taken = await world.takeIn({ ...event, detail: { ...event.detail, leak: { kind: 'leak-hash', leakHash } } });
    expect(taken).toMatchObject({ accepted: [{ proof: 'fingerprint', state: 'accepted' }] });
    expect(await obliged()).toEqual(['key_1']);
  });
});

describe('a GitHub alert', () => {
  it('is reported as the API tells it, not as the webhook did', async () => {
    const { fingerprint } = await world.know(value);
    world.leak(value, { validity: 'active', publicly_leaked: true });
    await world.takeIn(alert());
    expect(world.reports).toEqual([
      {
        source: 'github',
        dedupeKey: 'acme/chat#42 open active public',
        reference: 'https://github.com/acme/chat/security/secret-scanning/42',
        reason: 'GitHub found a secret (openai_api_key) in acme/chat; open active public',
        reportedAt: '2026-11-20T10:00:00.000Z',
        leak: { kind: 'fingerprint', fingerprint },
      },
    ]);
    expect(world.github.requests).toEqual([{ method: 'GET', path: '/repos/acme/chat/secret-scanning/alerts/42' }]);
  });

  it('opened again is a report of its own, at that time', async () => {
    world.leak(value);
    await world.takeIn(alert({ seen: 'reopened', at: instant(Date.UTC(2026, 10, 22)) }));
    expect(world.reports).toMatchObject([
      { dedupeKey: 'acme/chat#42 reopened 2026-11-22T00:00:00.000Z', reportedAt: '2026-11-22T00:00:00.000Z' },
    ]);
  });

  it('in base64 is read as GitHub says, and as it stands', async () => {
    const { fingerprint } = await world.know(value);
    world.leak(Buffer.from(value).toString('base64'), { is_base64_encoded: true });
    await world.takeIn(alert());
    expect(world.reports).toMatchObject([{ leak: { kind: 'fingerprint', fingerprint } }]);
  });

  it('that a person closed is reported when it is a key of ours, and not when it is none', async () => {
    world.leak(value, { state: 'resolved', resolution: 'false_positive' });
    expect(await world.takeIn(alert())).toMatchObject({ kind: 'ignored' });
    await world.know(value);
    expect(await world.takeIn(alert())).toMatchObject({ kind: 'accepted', accepted: [{ proof: 'fingerprint' }] });
  });

  it('of an unknown key is noted', async () => {
    world.leak(value);
    expect(await world.takeIn(alert())).toMatchObject({ accepted: [{ proof: 'none', state: 'noted' }] });
  });

  it('without a value is noted', async () => {
    world.leak(value, { secret: null });
    expect(await world.takeIn(alert())).toMatchObject({ accepted: [{ proof: 'none', state: 'noted' }] });
  });

  it('that our token may not see is noted, and not passed over', async () => {
    expect(await world.takeIn(alert())).toMatchObject({ accepted: [{ state: 'noted' }] });
    expect(world.reports).toMatchObject([{ dedupeKey: 'acme/chat#42 hidden', leak: { kind: 'unknown' } }]);
  });

  it.each([
    ['GitHub is down', { kind: 'status', status: 500 } as const, 'NothingChanged'],
    ['GitHub breaks off', { kind: 'lost-response' } as const, 'NothingChanged'],
    ['half an answer comes', { kind: 'malformed' } as const, 'NothingChanged'],
    ['GitHub throttles', { kind: 'status', status: 429 } as const, 'NothingChanged'],
  ])('%s: a fault, so that the queue delivers it again', async (_, fault, name) => {
    world.leak(value);
    world.github.fail(fault);
    await expect(world.takeIn(alert())).rejects.toMatchObject({ name });
    expect(await world.takeIn(alert())).toMatchObject({ kind: 'accepted' });
  });

  it('needs a token, and says so without showing one', async () => {
    world.leak(value);
    world.github.configure({ token: 'another' });
    const turnedDown = await world.takeIn(alert()).catch((error: unknown) => error);
    expect(turnedDown).toMatchObject({ name: 'NeedsPerson' });
    expect(String(turnedDown)).toContain('keyturn/sources/github/token');
    expect(String(turnedDown)).not.toContain('canary');
    await world.store('keyturn/sources/github/token', ' ');
    await expect(world.takeIn(alert())).rejects.toMatchObject({ name: 'NeedsPerson' });
  });
});

describe('the queue', () => {
  it('holds what a message holds, and reads it back as it was', () => {
    const report: CompromiseReport = {
      source: 'github',
      dedupeKey: 'a',
      reference: 'b',
      reason: 'c',
      reportedAt: instant(0),
      leak: { kind: 'unknown', why: 'd' },
    };
    for (const message of [alert(), { kind: 'report' as const, report }]) {
      expect(messageForm.parse(JSON.parse(JSON.stringify(message)))).toEqual(message);
    }
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'text'],
    ['a message of another form', { ...alert(), more: 1 }],
    ['an alert that leads out of the API', alert({ repository: '../../user' })],
    ['an event without detail type', { source: 'aws.health' }],
    ['a health event of another form', { ...recorded('aws-health'), detail: {} }],
  ])('%s: a fault for a person, so that it ends where people look', async (_, message) => {
    await expect(world.takeIn(message)).rejects.toMatchObject({ name: 'NeedsPerson' });
    expect(world.reports).toEqual([]);
  });

  it.each([
    ['another source', { ...recorded('aws-health'), source: 'aws.ec2' }],
    ['a source that says it is AWS', { ...recorded('aws-health'), source: 'acme.aws.health' }],
    ['an own bus that says it is Okta', { ...recorded('okta'), source: 'aws.partner.okta.com/acme' }],
  ])('%s: ignored', async (_, message) => {
    expect(await world.takeIn(message)).toMatchObject({ kind: 'ignored' });
  });
});

it('no report, incident, obligation, notice or fault holds the value or the token', async () => {
  await world.know(value);
  const texts: string[] = [];
  for (const secret of [value, `"${value}"`, `${value}x`, Buffer.from(value).toString('base64')]) {
    world.github.world.alerts.splice(0);
    world.leak(secret);
    for (const fault of [null, 'malformed', 'status', 'lost-response'] as const) {
      if (fault !== null) world.github.fail({ kind: fault, status: 503 });
      texts.push(
        await world
          .takeIn(alert())
          .then(JSON.stringify, (error: unknown) => `${String(error)} ${JSON.stringify(error)}`),
      );
    }
  }
  const { ledger } = world.ports;
  texts.push(JSON.stringify([world.reports, await ledger.incidents(null), await ledger.obligations('all')]));
  for (const hidden of [value, token]) {
    for (const form of [
      hidden,
      hidden.slice(0, 14),
      Buffer.from(hidden).toString('base64').slice(0, 40),
      Buffer.from(hidden).toString('hex'),
    ]) {
      for (const text of texts) expect(text).not.toContain(form);
    }
  }
});
