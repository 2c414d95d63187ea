import * as z from 'zod/mini';
import { Fault } from '../domain/fault.ts';
import type { CompromiseReport } from '../domain/incident.ts';
import { guardOutput } from '../shell/guard-output.ts';
import { behindWall } from '../shell/wall.ts';
import { parseJson } from '../triggers/parse-json.ts';
import { type TakeInPorts, takeIn } from '../triggers/take-in.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, read 2026-11. */
const queueEvent = z.object({ Records: z.array(z.object({ messageId: z.string(), body: z.string() })) });

/** What SQS is to deliver again, and in the end to put with the dead letters. */
export type BatchAnswer = { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] };

/**
 * The intake's Lambda: takes in what waits in the queue, each message by itself. Its event source mapping must have
 * ReportBatchItemFailures, so that one message that fails is delivered again alone.
 */
export const intakeHandler = (
  ports: TakeInPorts,
  accept: (report: CompromiseReport) => Promise<unknown>,
): ((event: unknown) => Promise<BatchAnswer>) => {
  guardOutput();
  return async (event) => {
    const { Records } = queueEvent.parse(event);
    const failed: { itemIdentifier: string }[] = [];
    for (const { messageId, body } of Records) {
      try {
        const taken = await behindWall(() => takeIn(parseJson(body), ports, accept));
        const ignored = taken.kind === 'ignored' && taken;
        console.info({ what: 'Took in a message.', messageId, taken: taken.kind, ...ignored });
      } catch (error) {
        failed.push({ itemIdentifier: messageId });
        console.error({ what: 'Could not take in a message.', messageId, ...said(error) });
      }
    }
    return { batchItemFailures: failed };
  };
};

/** An error of unknown make may quote anything. */
const said = (error: unknown): { readonly fault: string; readonly detail: string } =>
  error instanceof Fault
    ? { fault: error.name, detail: error.message }
    : { fault: error instanceof Error ? error.name : 'unknown', detail: 'An error that nobody expected.' };
