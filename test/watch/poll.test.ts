import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { instant } from '../../functions/domain/identifiers.ts';
import { startSimulator } from '../../functions/local/simulated/server.ts';
import { fetchHttp } from '../../functions/shell/fetch-http.ts';
import { acceptReport, usualOptions } from '../../functions/triggers/compromise.ts';
import { takeIn } from '../../functions/triggers/take-in.ts';
import { pollGitguardian } from '../../functions/watch/poll-gitguardian.ts';
import { pollGithub } from '../../functions/watch/poll-github.ts';
import { recorded } from '../triggers/sources/recorded.ts';
import { simulatedGitguardian } from '../triggers/sources/simulated-gitguardian.ts';
import { simulatedGithub } from '../triggers/sources/simulated-github.ts';
import { memoryIntake, sourceWorld } from '../triggers/sources/source-world.ts';

const githubToken = 'github_pat_canary_0123456789';
const gitguardianToken = 'gitguardian-canary-0123456789';

const start = async () => {
  const world = sourceWorld();
  const github = await startSimulator(simulatedGithub, { options: { token: githubToken, perPage: 2 } });
  const gitguardian = await startSimulator(simulatedGitguardian, { options: { token: gitguardianToken, perPage: 2 } });
  onTestFinished(() => Promise.all([github.close(), gitguardian.close()]).then(() => undefined));
  await world.store('keyturn/sources/github/token', githubToken);
  await world.store('keyturn/sources/gitguardian/token', gitguardianToken);
  const queue = memoryIntake();
  const http = fetchHttp({ ...github.origins, ...gitguardian.origins });
  const ports = { ...world.ports, http, intake: queue.intake };
  const options = { ...usualOptions, letCallsLandSeconds: 900 };
  return {
    ...world,
    github,
    gitguardian,
    ...queue,
    ports,
    takeAllIn: async () => {
      const messages = queue.messages();
      queue.kept.clear();
      for (const message of messages)
        await takeIn(message, ports, (report) => acceptReport(report, world.ports, options));
    },
  };
};
let world: Awaited<ReturnType<typeof start>>;
beforeEach(async () => {
  world = await start();
});

describe('GitHub', () => {
  const poll = (since: string | null = null, scopes = ['orgs/acme']) =>
    pollGithub({ scopes, since: since === null ? null : instant(Date.parse(since)) }, world.ports);
  const add = (number: number, updatedAt: string, more: object = {}) =>
    world.github.world.alerts.push({ repository: 'acme/chat', number, secret: 'canary', updatedAt, more: { ...more } });

  it('finds every open alert, to the last page, without asking for a value', async () => {
    for (let day = 1; day <= 5; day += 1) add(day, `2026-11-0${day}T00:00:00Z`);
    add(6, '2026-11-06T00:00:00Z', { state: 'resolved' });
    expect(await poll()).toEqual({ seen: 5, queued: 5, unread: 0, complete: true });
    expect(world.github.requests).toHaveLength(3);
    expect(world.messages()[0]).toEqual({
      kind: 'github-alert',
      alert: { repository: 'acme/chat', number: 5, seen: 'listed', at: '2026-11-05T00:00:00.000Z' },
    });
    expect(JSON.stringify(world.messages())).not.toContain('canary');
  });

  it('goes back no further than it was told', async () => {
    for (let day = 1; day <= 5; day += 1) add(day, `2026-11-0${day}T00:00:00Z`);
    expect(await poll('2026-11-05T00:00:00Z')).toEqual({ seen: 1, queued: 1, unread: 0, complete: true });
    expect(world.github.requests).toHaveLength(1);
  });

  it('lists a repository, which its listing does not name, and one scope after the other', async () => {
    add(1, '2026-11-01T00:00:00Z');
    world.github.world.alerts.push({
      repository: 'beta/app',
      number: 9,
      secret: 'x',
      updatedAt: '2026-11-02T00:00:00Z',
    });
    expect(await poll(null, ['repos/acme/chat', 'orgs/beta'])).toMatchObject({ queued: 2, complete: true });
    expect(world.messages()).toMatchObject([
      { alert: { repository: 'acme/chat', number: 1 } },
      { alert: { repository: 'beta/app', number: 9 } },
    ]);
  });

  it('passes over what is an incident by then, and not what has become worse since', async () => {
    add(1, '2026-11-01T00:00:00Z');
    await poll();
    await world.takeAllIn();
    expect(await poll()).toMatchObject({ seen: 1, queued: 0 });
    world.github.world.alerts.splice(0);
    add(1, '2026-11-02T00:00:00Z', { validity: 'active' });
    expect(await poll()).toMatchObject({ seen: 1, queued: 1 });
  });

  it('stops when GitHub throttles, and goes on at the next poll', async () => {
    for (let day = 1; day <= 5; day += 1) add(day, `2026-11-0${day}T00:00:00Z`);
    world.github.fail({ kind: 'status', status: 429, skip: 1 });
    expect(await poll()).toEqual({ seen: 2, queued: 2, unread: 0, complete: false });
    await world.takeAllIn();
    expect(await poll()).toEqual({ seen: 5, queued: 3, unread: 0, complete: true });
  });

  it.each([{ 'x-ratelimit-remaining': '0' }, { 'retry-after': '60' }])(
    'takes 403 with %j for throttling',
    async (headers) => {
      const send = () => Promise.resolve({ status: 403, headers, body: '{"message":"API rate limit exceeded"}' });
      const polled = await pollGithub({ scopes: ['orgs/acme'], since: null }, { ...world.ports, http: { send } });
      expect(polled).toMatchObject({ complete: false });
    },
  );

  it('follows no link to another host: the token goes with it', async () => {
    const asked: string[] = [];
    const elsewhere = { link: '<https://api.github.com.evil.example/orgs/acme?after=2>; rel="next"' };
    const send = ({ url }: { readonly url: string }) => {
      asked.push(new URL(url).host);
      return Promise.resolve({ status: 200, headers: elsewhere, body: '[]' });
    };
    await pollGithub({ scopes: ['orgs/acme'], since: null }, { ...world.ports, http: { send } });
    expect(asked).toEqual(['api.github.com']);
  });

  it('a token that is turned down is for a person to mend, and is not shown', async () => {
    world.github.configure({ token: 'another' });
    const fault = await poll().catch((error: unknown) => error);
    expect(fault).toMatchObject({ name: 'NeedsPerson' });
    expect(String(fault)).not.toContain('canary');
  });
});

describe('GitGuardian', () => {
  const poll = (since: string | null = null) =>
    pollGitguardian({ since: since === null ? null : instant(Date.parse(since)) }, world.ports);
  const add = (id: number, more: object = {}) =>
    world.gitguardian.world.incidents.push({ ...recorded('gitguardian-incident'), id, ...more });

  it('finds every open incident, to the last page, as the webhook would have told it', async () => {
    for (const id of [1, 2, 3, 4, 5]) add(id);
    add(6, { status: 'IGNORED' });
    add(7, { status: 'ASSIGNED' });
    expect(await poll()).toEqual({ seen: 6, queued: 6, unread: 0, complete: true });
    expect(world.gitguardian.requests).toHaveLength(4);
    expect(world.messages()[0]).toMatchObject({
      kind: 'report',
      report: { source: 'gitguardian', dedupeKey: '1 open', leak: { kind: 'leak-hash' } },
    });
  });

  it('goes back no further than it was told', async () => {
    add(1, { date: '2026-11-01T00:00:00.000Z' });
    add(2, { date: '2026-11-19T00:00:00.000Z' });
    expect(await poll('2026-11-10T00:00:00Z')).toMatchObject({ seen: 1, queued: 1 });
  });

  it('passes over what is an incident by then', async () => {
    add(1);
    await poll();
    await world.takeAllIn();
    expect(await poll()).toMatchObject({ seen: 1, queued: 0 });
  });

  it('stops when GitGuardian throttles, and goes on at the next poll', async () => {
    for (const id of [1, 2, 3]) add(id);
    world.gitguardian.fail({ kind: 'status', status: 429, skip: 1 });
    expect(await poll()).toEqual({ seen: 2, queued: 2, unread: 0, complete: false });
    await world.takeAllIn();
    expect(await poll()).toEqual({ seen: 3, queued: 1, unread: 0, complete: true });
  });

  it('counts what is not in the documented form, and reads the rest', async () => {
    add(1, { date: 'yesterday' });
    add(2);
    expect(await poll()).toEqual({ seen: 1, queued: 1, unread: 1, complete: true });
  });

  it.each(['', ' \n'])('says so when there is no token (%j)', async (text) => {
    await world.store('keyturn/sources/gitguardian/token', text);
    await expect(poll()).rejects.toMatchObject({ name: 'NeedsPerson' });
  });
});
