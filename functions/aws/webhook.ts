import * as z from 'zod/mini';
import { guardOutput } from '../shell/guard-output.ts';
import { behindWall } from '../shell/wall.ts';
import { receive, type WebhookPorts, type WebhookRequest } from '../triggers/webhooks/receive.ts';

/**
 * A request to a Function URL, payload format 2.0: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html,
 * read 2026-11. The same header twice is one with a comma here, which no signature of ours has.
 */
const urlEvent = z.object({
  rawPath: z.string(),
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
  headers: z.record(z.string(), z.string()),
  body: z.optional(z.string()),
  isBase64Encoded: z.boolean(),
});

export type UrlAnswer = {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** The webhook's Lambda. It logs how each request was answered, and nothing of the request. */
export const webhookHandler = (ports: WebhookPorts): ((event: unknown) => Promise<UrlAnswer>) => {
  guardOutput();
  return async (event) => {
    const parsed = urlEvent.safeParse(event);
    const { status, body } = parsed.success
      ? await behindWall(() => receive(requestOf(parsed.data), ports))
      : { status: 400, body: 'No request to a Function URL.' };
    console.info({ what: 'Answered a webhook.', status, answer: body });
    return { statusCode: status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
  };
};

const requestOf = ({
  rawPath,
  requestContext,
  headers,
  body,
  isBase64Encoded,
}: z.infer<typeof urlEvent>): WebhookRequest => ({
  method: requestContext.http.method,
  path: rawPath,
  headers: Object.entries(headers),
  body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
});
