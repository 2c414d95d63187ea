import { Fault } from '../../functions/domain/fault.ts';
import { HttpFailure, type HttpResponse } from '../../functions/ports.ts';
import type { Act, FaultKind } from './plan.ts';

export type PortName = 'vault' | 'ledger' | 'http' | 'executions' | 'notices' | 'register' | 'fingerprints';

/** One call of the outside world, as the seam sees it. */
export interface Question<Answer> {
  readonly port: PortName;
  readonly operation: string;
  readonly kind: 'read' | 'write';
  readonly effect: () => Promise<Answer> | Answer;
  /** What a read is about: the same subject's previous answer is what a stale read gives. */
  readonly subject?: string;
}

/** A call that was made, for the plans that come after. */
export interface Site {
  readonly name: string;
  readonly kind: 'read' | 'write';
  readonly port: PortName;
  readonly operation: string;
  /** A stale read is possible, and would say something else. */
  readonly canBeStale: boolean;
  readonly canBeTruncated: boolean;
  /** The first call of a step's invocation. */
  readonly isFirst: boolean;
  /** The environment's acts that mean something at this moment. */
  readonly acts: readonly Act[];
}

/** How a port says that it failed, as the adapters of functions/aws and of functions/shell/fetch-http.ts say it. */
export const failed = (
  { port, operation, kind }: Pick<Question<unknown>, 'port' | 'operation' | 'kind'>,
  fault: Extract<FaultKind, 'err5xx' | 'throttle' | 'outage' | 'denied' | 'lost'>,
  failure: (status: number) => HttpResponse,
): HttpResponse => {
  if (port === 'http') {
    switch (fault) {
      case 'err5xx':
        return failure(500);
      case 'throttle':
        return failure(429);
      case 'denied':
        return failure(403);
      case 'outage':
        throw new HttpFailure('The provider was not reached.', false);
      case 'lost':
        throw new HttpFailure('The answer was lost.', true);
    }
  }
  const doing = `${port}.${operation}`;
  if (fault === 'denied') throw new Fault('NeedsPerson', `Denied: ${doing}. Nothing was changed.`);
  const unknown = fault === 'lost' || (kind === 'write' && fault === 'err5xx');
  throw new Fault(unknown ? 'OutcomeUnknown' : 'NothingChanged', `${doing} failed (${fault}).`);
};

/** Half of the body, as a connection that breaks leaves it. */
export const malformed = (answer: HttpResponse): HttpResponse => ({
  ...answer,
  body: answer.body.slice(0, Math.floor(answer.body.length / 2)),
});

export const canTruncate = ({ status, body }: HttpResponse): boolean => status === 200 && body.includes('"has_more"');

/** A page that says that there is more, and not where. */
export const truncated = (answer: HttpResponse, saysSo: boolean): HttpResponse => {
  // In a plan of several faults the vendor may have refused this call.
  if (!canTruncate(answer)) return answer;
  const page = JSON.parse(answer.body) as { data: unknown[] };
  return {
    ...answer,
    body: JSON.stringify({ ...page, data: page.data.slice(0, -1), has_more: saysSo, last_id: null }),
  };
};

/** A call's name: `GET api_keys`, `DELETE api_keys/:id`. */
export const operationOf = (method: string, url: string): string => {
  const [path = ''] = url.split('?');
  const segments = path.split('/').filter((segment) => segment !== '');
  const last = segments.at(-1) ?? '';
  const isId = /^(?:key_|apikey_|[0-9a-f]{8}-)/.test(last);
  return `${method} ${isId ? `${segments.at(-2) ?? ''}/:id` : last}`;
};

/** Tokens and Azure's listKeys are asked for by POST, and change nothing. */
export const isRead = (operation: string): boolean =>
  operation.startsWith('GET ') || operation === 'POST token' || operation === 'POST listKeys';
