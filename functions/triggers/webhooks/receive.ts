import type { SecretValue } from '../../domain/secret-value.ts';
import type { Clock } from '../../ports.ts';
import { dedupeIdOf, type Intake, type IntakeMessage } from '../intake.ts';
import { parseJson } from '../parse-json.ts';
import { hearGitguardian } from '../sources/gitguardian.ts';
import { hearGithub } from '../sources/github.ts';
import type { Heard } from '../sources/heard.ts';
import type { WebhookSource } from '../sources/source-secret.ts';
import { verifyGitguardian } from './verify-gitguardian.ts';
import { verifyGithub } from './verify-github.ts';

export type WebhookRequest = {
  readonly method: string;
  readonly path: string;
  /** As they came, the same name twice if it came twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** As it came, byte by byte. */
  readonly body: Uint8Array;
};

export type WebhookAnswer = { readonly status: number; readonly body: string };

export type WebhookPorts = {
  readonly clock: Pick<Clock, 'now'>;
  readonly intake: Intake;
  /** The only port before the signature holds; see `cachedSecrets`. */
  readonly secretsOf: (source: WebhookSource) => Promise<readonly SecretValue[]>;
};

/** What a webhook of ours may hold, in bytes: GitHub sends up to 25 MB, but no alert comes near this. */
const longestBody = 1024 * 1024;

/**
 * Answers a webhook: checks the signature, keeps a small message, and nothing more, so that it answers at once. Before
 * the signature holds, nothing is parsed and nothing but the webhook's secret is read; no answer quotes the request.
 *
 * 2xx: kept, or understood as no compromise. 4xx: not taken, and will not be. 503: not taken; try again. The vendors
 * never try again: what is lost here is found by polling.
 */
export const receive = async (request: WebhookRequest, ports: WebhookPorts): Promise<WebhookAnswer> => {
  const webhook = webhooks.find(({ source }) => request.path === `/${source}`);
  if (webhook === undefined) return answer(404, 'There is no such webhook.');
  if (request.method !== 'POST') return answer(405, 'Only POST.');
  if (isTooLong(request)) return answer(413, 'The body is longer than 1 MB.');
  if (!/^application\/json\b/i.test(header(request, 'content-type') ?? '')) {
    return answer(415, 'The content type must be application/json; choose it in the settings of the webhook.');
  }
  let secrets: readonly SecretValue[];
  try {
    secrets = await ports.secretsOf(webhook.source);
  } catch {
    return answer(503, 'The secret of the webhook cannot be read now.');
  }
  if (!webhook.verify(request, secrets, ports)) return answer(401, 'The signature does not hold.');
  const body = jsonOf(request.body);
  if (body === undefined) return answer(400, 'The body is no JSON, or is nested too deep.');
  const told = webhook.hear(request, body);
  switch (told.kind) {
    case 'ignored':
      return answer(200, `Ignored: ${told.why}.`);
    case 'malformed':
      return answer(400, `The body has not the documented form (at: ${told.where}).`);
    case 'heard':
      return keep(told.items, ports.intake);
  }
};

const keep = async (messages: readonly IntakeMessage[], intake: Intake): Promise<WebhookAnswer> => {
  try {
    for (const message of messages) await intake.put(message, dedupeIdOf(message));
    return answer(202, 'Accepted.');
  } catch {
    return answer(503, 'It could not be kept now.');
  }
};

type Webhook = {
  readonly source: WebhookSource;
  readonly verify: (
    request: WebhookRequest,
    secrets: readonly SecretValue[],
    ports: Pick<WebhookPorts, 'clock'>,
  ) => boolean;
  readonly hear: (request: WebhookRequest, body: unknown) => Heard<IntakeMessage>;
};

const webhooks: readonly Webhook[] = [
  {
    source: 'github',
    verify: (request, secrets) => {
      const signature = header(request, 'x-hub-signature-256');
      return signature !== null && verifyGithub(signature, request.body, secrets);
    },
    hear: (request, body) =>
      as(hearGithub(header(request, 'x-github-event') ?? '', body), (alert) => ({ kind: 'github-alert', alert })),
  },
  {
    source: 'gitguardian',
    verify: (request, tokens, { clock }) => {
      const signature = header(request, 'gitguardian-signature');
      const timestamp = header(request, 'timestamp');
      if (signature === null || timestamp === null) return false;
      return verifyGitguardian({ signature, timestamp, body: request.body }, tokens, clock.now());
    },
    hear: (_request, body) => as(hearGitguardian(body), (report) => ({ kind: 'report', report })),
  },
];

const as = <T>(told: Heard<T>, message: (item: T) => IntakeMessage): Heard<IntakeMessage> => {
  if (told.kind !== 'heard') return told;
  const [first, ...rest] = told.items;
  return { kind: 'heard', items: [message(first), ...rest.map(message)] };
};

/** Null when it is missing, and when it came more than once: then nobody knows which one the sender meant. */
const header = ({ headers }: WebhookRequest, name: string): string | null => {
  const [first, ...more] = headers.filter(([given]) => given.toLowerCase() === name);
  return first === undefined || more.length > 0 ? null : first[1];
};

/** By what it says of itself, before a byte of it is looked at; and by what it is. */
const isTooLong = (request: WebhookRequest): boolean =>
  request.body.byteLength > longestBody || Number(header(request, 'content-length') ?? 0) > longestBody;

const utf8 = new TextDecoder('utf-8', { fatal: true });

const jsonOf = (body: Uint8Array): unknown => {
  try {
    return parseJson(utf8.decode(body));
  } catch {
    return undefined;
  }
};

const answer = (status: number, body: string): WebhookAnswer => ({ status, body });
