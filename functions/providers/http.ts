import type { ZodMiniType } from 'zod/mini';
import { Fault } from '../domain/fault.ts';
import type { Verdict } from '../domain/verdict.ts';
import { type Http, HttpFailure, type HttpRequest } from '../ports.ts';

/** What this file must know of a vendor to read its answers. */
export interface Vendor {
  /** As a person knows it: `OpenAI`. */
  readonly title: string;
  /** The vendor's error code, from the body of an error (parsed JSON, else the text); null where it has none. */
  readonly code: (body: unknown) => string | null;
  /** In lower case; null where the vendor has none. */
  readonly requestIdHeader: string | null;
  /** Error codes that only a person can mend, whatever the status: what that person must do. */
  readonly personMust: Readonly<Record<string, string>>;
}

/** A request whose answer is judged by whoever sends it. */
export interface Probe {
  readonly method: HttpRequest['method'];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
}

export interface Request extends Probe {
  /** The deed, for a person: `OpenAI: create a key`. */
  readonly what: string;
  /**
   * Whether the provider's world is the same when this is sent twice, once, or not at all: reads and token fetches.
   * A deletion is not: after a lost answer nobody knows whether the key is dead, and the step must not say it lives.
   */
  readonly repeatable: boolean;
}

/** What came back. `body` may hold a key: it is for the adapter's parser and for nothing else. */
export interface Answer {
  readonly status: number;
  readonly code: string | null;
  readonly requestId: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; the text where it is none. */
  readonly body: unknown;
}

const timeoutSeconds = 15;

/**
 * Sends once and judges nothing: for probes, which judge by the vendor's code.
 * @returns the answer, or the failure as a value when there was none
 */
export const send = async (http: Http, vendor: Vendor, request: Probe): Promise<Answer | HttpFailure> => {
  try {
    const response = await http.send({
      method: request.method,
      url: request.url,
      headers: { accept: 'application/json', ...contentType(request), ...request.headers },
      ...bodyOf(request),
      timeoutSeconds,
    });
    const body = parse(response.body);
    return {
      status: response.status,
      code: isSuccess(response.status) ? null : harmless(vendor.code(body)),
      requestId: harmless(response.headers[vendor.requestIdHeader ?? ''] ?? null, /^[\w-]{1,64}$/),
      headers: response.headers,
      body,
    };
  } catch (failure) {
    if (failure instanceof HttpFailure) return failure;
    throw failure;
  }
};

/**
 * Asks with the admin credential: the one place where an answer becomes a fault.
 *
 * @param request.read the form that a successful answer must have
 * @param request.known answers that the adapter understands better than this table (a 404 that is a wish come true):
 *   what it returns, unless undefined, is the result
 * @throws Fault `NothingChanged` when the request had no effect, `OutcomeUnknown` when it may have had one, `Refused`
 *   when the vendor turned it down, `NeedsPerson` when admin key or money are missing. None quotes the vendor's body:
 *   some vendors echo the key.
 */
export const ask = async <T, Known = never>(
  http: Http,
  vendor: Vendor,
  request: Request & { readonly read: ZodMiniType<T>; readonly known?: (answer: Answer) => Known | undefined },
): Promise<T | Known> => {
  const answer = await send(http, vendor, request);
  if (answer instanceof HttpFailure) {
    if (!answer.sent) throw new Fault('NothingChanged', `${request.what}: ${vendor.title} was not reached.`);
    throw unanswered(request, `${vendor.title} gave no complete answer`);
  }
  const known = request.known?.(answer);
  if (known !== undefined) return known;
  if (!isSuccess(answer.status)) throw faultOf(vendor, request, answer);
  const result = request.read.safeParse(answer.body);
  if (result.success) return result.data;
  const where = result.error.issues.map((issue) => issue.path.join('.') || 'the whole').join(', ');
  throw unanswered(request, `${vendor.title} answered ${told(answer)} in a form that is not its own (at: ${where})`);
};

/**
 * Whether the admin secret opens the door.
 *
 * @param isDead whether the vendor speaks of the secret itself, and not of what it may do
 */
export const probeAdmin = async (
  http: Http,
  vendor: Vendor,
  request: Probe,
  isDead: (answer: Answer) => boolean,
): Promise<Verdict> => {
  const answer = await send(http, vendor, request);
  if (answer instanceof HttpFailure) return { kind: 'unclear', evidence: `${vendor.title} gave no complete answer` };
  const evidence = `${vendor.title} answered ${told(answer)}`;
  if (isSuccess(answer.status)) return { kind: 'accepted', findings: [] };
  return { kind: isDead(answer) ? 'refused' : 'unclear', evidence };
};

/** The answer in a few words that hold no secret: `HTTP 429 rate_limit_exceeded (request req_1)`. */
export const told = ({ status, code, requestId }: Answer): string =>
  [`HTTP ${status}`, code, requestId && `(request ${requestId})`].filter((part) => part !== null).join(' ');

const faultOf = (vendor: Vendor, request: Request, answer: Answer): Fault => {
  const { status } = answer;
  const saw = `${vendor.title} answered ${told(answer)}`;
  const remedy = remedyFor(vendor, answer.code);
  if (remedy !== undefined) return new Fault('NeedsPerson', `${request.what}: ${saw}; nothing was changed. ${remedy}`);
  if (status === 429) return new Fault('NothingChanged', `${request.what}: ${saw}; nothing was changed.`);
  if (status === 401 || status === 403) {
    const next = 'Check the admin key and its permissions; replace it with `keyturn admin set`.';
    return new Fault(
      'NeedsPerson',
      `${request.what}: the admin key was turned down: ${saw}; nothing was changed. ${next}`,
    );
  }
  if (status >= 400 && status < 500 && status !== 408) {
    return new Fault('Refused', `${request.what}: ${saw}; nothing was changed.`);
  }
  return unanswered(request, saw);
};

/** What a person must do about that code; undefined where a person can do nothing. A vendor may answer `constructor`. */
export const remedyFor = ({ personMust }: Vendor, code: string | null): string | undefined =>
  code !== null && Object.hasOwn(personMust, code) ? personMust[code] : undefined;

const unanswered = ({ what, repeatable }: Request, why: string): Fault =>
  repeatable
    ? new Fault('NothingChanged', `${what}: ${why}; nothing was changed.`)
    : new Fault('OutcomeUnknown', `${what}: ${why}; it may have been done, or not.`);

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** A code is a word or a number. What looks otherwise may be an echoed key and is dropped. */
const harmless = (text: string | null, form = /^(?:[A-Za-z][A-Za-z_.-]{0,63}|[0-9]{1,6})$/): string | null =>
  text !== null && form.test(text) ? text : null;

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const contentType = ({ json, form }: Probe): Readonly<Record<string, string>> => {
  if (json !== undefined) return { 'content-type': 'application/json' };
  return form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
};

const bodyOf = ({ json, form }: Probe): { readonly body?: string } => {
  if (json !== undefined) return { body: JSON.stringify(json) };
  return form === undefined ? {} : { body: new URLSearchParams(form).toString() };
};
