import { current, holderOf } from '../../domain/labels.ts';
import { HttpFailure } from '../../ports.ts';
import { gitguardianOrigin, listGitguardianIncidents } from '../../triggers/sources/gitguardian-api.ts';
import { githubOrigin, listGithubAlerts } from '../../triggers/sources/github-api.ts';
import { throttled } from '../../triggers/sources/source-call.ts';
import {
  readSourceToken,
  type SourceSecret,
  sourceSecretName,
  type WebhookSource,
  webhookSources,
} from '../../triggers/sources/source-secret.ts';
import type { Check, Surroundings } from './check.ts';
import { couldNotLook } from './could-not-look.ts';
import { intakePart, stackOf } from './expected.ts';
import { amiss, type Seen, well } from './finding.ts';

const right =
  "secretsmanager:DescribeSecret and GetSecretValue on keyturn/sources/*, and kms:Decrypt on alias/keyturn/admin-secrets; Keyturn's own functions may";

const askForUrl = `aws cloudformation describe-stacks --stack-name ${stackOf(intakePart)} --query "Stacks[0].Outputs[?OutputKey=='WebhookUrl'].OutputValue" --output text`;

/** A source that was set up can reach us, is checked when it does, and tells us when it is asked. */
export const sources: Check = {
  name: 'sources',
  right,
  fix: 'keyturn sources set --help',
  look: async (surroundings) =>
    (await Promise.all(webhookSources.map((source) => ofSource(source, surroundings)))).flat(),
};

const ofSource = async (source: WebhookSource, surroundings: Surroundings): Promise<readonly Seen[]> => {
  const { adminVault, flags } = surroundings;
  const [webhookSubject, tokenSubject] = [`${source} webhook`, `${source} token`];
  const set = (what: SourceSecret): string => `keyturn sources set ${source} ${what}${flags}`;
  const isStored = async (what: SourceSecret): Promise<boolean> =>
    holderOf((await adminVault.describe(sourceSecretName(source, what))) ?? [], current) !== null;

  const webhook = async (): Promise<readonly Seen[]> =>
    (await isStored('webhook')) ? tryWebhook(source, webhookSubject, surroundings) : [];
  const token = async (): Promise<readonly Seen[]> => {
    if (await isStored('token')) return [await tryToken(source, tokenSubject, surroundings)];
    if (!(await isTokenNeeded(source, () => isStored('webhook'), surroundings))) return [];
    return [
      amiss('broken', tokenSubject, 'No token is stored, so what the source found cannot be read.', set('token')),
    ];
  };
  const seen = await Promise.all([
    webhook().catch((error: unknown) => [couldNotLook(webhookSubject, error, { right, fix: set('webhook') })]),
    token().catch((error: unknown) => [
      couldNotLook(tokenSubject, error, { right, fix: `Let the token read alerts, or store another: ${set('token')}` }),
    ]),
  ]);
  return seen.flat();
};

/** For a poll; and GitHub's webhook only hints at an alert, which is then read with the token. */
const isTokenNeeded = async (
  source: WebhookSource,
  hasWebhook: () => Promise<boolean>,
  { settings, deployment }: Surroundings,
): Promise<boolean> => {
  if (deployment === null) return false;
  return source === 'github' ? settings.githubScopes !== '' || (await hasWebhook()) : settings.gitguardianPoll;
};

/** What nobody has signed must be refused: so it is there, reads its secret, and checks. On one machine there is none. */
const tryWebhook = async (
  source: WebhookSource,
  subject: string,
  { webhooks, http, flags, deployment }: Surroundings,
): Promise<readonly Seen[]> => {
  if (deployment === null) return [];
  if (webhooks === null) {
    const fix = `keyturn doctor --webhooks "$(${askForUrl})"${flags}`;
    return [amiss('unknown', subject, 'Its secret is stored. Nobody has told the address, so it was not tried.', fix)];
  }
  const status = await http
    .send({
      method: 'POST',
      url: `${webhooks}${source}`,
      headers: { 'content-type': 'application/json' },
      body: '{}',
      timeoutSeconds: 15,
    })
    .then((response) => response.status)
    .catch((error: unknown) => {
      if (error instanceof HttpFailure) return null;
      throw error;
    });
  return [judgeStatus(status, subject, `keyturn sources set ${source} webhook${flags}`)];
};

/** @param status null: there was no answer */
const judgeStatus = (status: number | null, subject: string, set: string): Seen => {
  const compare = `Compare the address with the output: ${askForUrl}`;
  if (status === null) return amiss('broken', subject, 'It does not answer.', compare);
  if (status === 401) return well(subject, 'answers, and refuses what is not signed');
  if (status === 503) return amiss('broken', subject, 'It answers, and cannot read its secret (HTTP 503).', set);
  if (status === 429) {
    const fix = 'If so many are wanted, raise webhookConcurrency in cdk.json and deploy.';
    return amiss('attention', subject, 'It turns webhooks away (HTTP 429): too many come at once.', fix);
  }
  const saw = status < 300 ? 'It takes what nobody has signed' : 'Refusing what is not signed is HTTP 401';
  return amiss('broken', subject, `${saw}; it answers HTTP ${status}.`, compare);
};

const tryToken = async (
  source: WebhookSource,
  subject: string,
  { adminVault, http, settings, ports }: Surroundings,
): Promise<Seen> => {
  const token = await readSourceToken(source, { vault: adminVault });
  if (source === 'gitguardian') {
    const listed = await listGitguardianIncidents(ports.clock.now(), null, { http, token, origin: gitguardianOrigin });
    return judgeListing(subject, listed === throttled);
  }
  const scopes = settings.githubScopes.split(',').filter((scope) => scope !== '');
  if (scopes.length === 0) {
    const fix =
      'Name what GitHub is asked about in cdk.json, as "githubScopes": "orgs/acme", and deploy: then it is polled too.';
    return amiss('unknown', subject, 'It is stored. Nothing says what to ask GitHub about, so it was not tried.', fix);
  }
  const call = { http, token, origin: githubOrigin };
  const listed = await Promise.all(scopes.map((scope) => listGithubAlerts(scope, null, call)));
  return judgeListing(subject, listed.includes(throttled));
};

const judgeListing = (subject: string, isThrottled: boolean): Seen =>
  isThrottled
    ? amiss('unknown', subject, 'The source throttles.', 'Run the same command in an hour.')
    : well(subject, 'is accepted, and may read what it must');
