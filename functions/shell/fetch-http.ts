import { type Http, HttpFailure, type HttpRequest, type HttpResponse } from '../ports.ts';

type Origins = Readonly<Record<string, string>>;

/**
 * The `Http` port on Node's own fetch: sends once, follows no redirect, retries nothing.
 * Each request has a connection of its own: one that idled while a Lambda was frozen may be dead, and then nobody
 * could tell whether the request was sent.
 *
 * @param origins where requests to an origin really go: `https://api.openai.com` -> `http://127.0.0.1:1234`. With it,
 *   every other origin is out of reach, so that a rehearsal can never touch a real provider.
 */
export const fetchHttp = (origins?: Origins): Http => ({
  send: async (request) => {
    const address = addressOf(request, origins);
    const where = `${request.method} ${new URL(request.url).host}`;
    try {
      return await exchange(address, request);
    } catch (error) {
      throw new HttpFailure(`${where}: ${causeOf(error)}`, !surelyUnsent(error));
    }
  },
});

const exchange = async (address: string, request: HttpRequest): Promise<HttpResponse> => {
  const response = await fetch(address, {
    method: request.method,
    headers: { ...request.headers, connection: 'close' },
    body: request.body ?? null,
    redirect: 'manual',
    signal: AbortSignal.timeout(request.timeoutSeconds * 1000),
  });
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
};

const addressOf = ({ url }: HttpRequest, origins: Origins | undefined): string => {
  if (origins === undefined) return url;
  const { origin } = new URL(url);
  const target = origins[origin];
  if (target === undefined) throw new HttpFailure(`${origin} is not simulated here; nothing was sent.`, false);
  return `${target}${url.slice(origin.length)}`;
};

/** Failures that come before the first byte of the request. Of all others, a time-out among them, nobody knows. */
const surelyUnsent = (error: unknown): boolean =>
  causes(error).some(
    (cause) =>
      cause.syscall === 'connect' || cause.syscall === 'getaddrinfo' || cause.code === 'UND_ERR_CONNECT_TIMEOUT',
  );

/** The error's code, never its message: a message may quote the request. */
const causeOf = (error: unknown): string => {
  const [first] = causes(error);
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in time';
  return first?.code ?? 'the connection failed';
};

type Cause = { readonly code: string | undefined; readonly syscall: string | undefined };

/** What lies under fetch's "fetch failed": one system error, or one for each address that was tried. */
const causes = (error: unknown): readonly Cause[] => {
  const under = error instanceof Error ? error.cause : undefined;
  if (!(under instanceof Error)) return [];
  const tried: readonly unknown[] = under instanceof AggregateError ? under.errors : [];
  return [under, ...tried].map((each) => ({ code: textAt(each, 'code'), syscall: textAt(each, 'syscall') }));
};

const textAt = (holder: unknown, name: string): string | undefined => {
  if (typeof holder !== 'object' || holder === null) return undefined;
  const value: unknown = Reflect.get(holder, name);
  return typeof value === 'string' ? value : undefined;
};
