import { instant } from '../../functions/domain/identifiers.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { HttpFailure, type HttpRequest } from '../../functions/ports.ts';
import { bind } from '../../functions/providers/connect.ts';
import type { Connection, Provider } from '../../functions/providers/provider.ts';

/** A body that is no text is sent as JSON; `lost`: it was sent, and no answer came. */
export type ScriptedAnswer =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | 'lost';

/**
 * An adapter before a vendor that answers what the test says, in turn, and the last answer for ever: for answers that
 * no simulated vendor gives, and to see what is sent.
 */
export const scripted = <S>(
  provider: Provider<S>,
  account: { readonly settings: unknown; readonly admin: string },
  ...answers: readonly [ScriptedAnswer, ...ScriptedAnswer[]]
): { readonly connection: Connection; readonly sent: readonly HttpRequest[] } => {
  const sent: HttpRequest[] = [];
  const connection = bind(provider, {
    settings: provider.settings(account.settings),
    admin: new SecretValue(account.admin),
    http: {
      send: (request) => {
        const answer = answers[sent.length] ?? answers.at(-1) ?? 'lost';
        sent.push(request);
        if (answer === 'lost') return Promise.reject(new HttpFailure('cut', true));
        const { status, body = '', headers = {} } = answer;
        return Promise.resolve({ status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
      },
    },
    clock: { now: () => instant(Date.UTC(2026, 10, 21)), sleep: () => Promise.resolve() },
    tokens: new Map(),
  });
  return { connection, sent };
};
