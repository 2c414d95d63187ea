import * as z from 'zod/mini';
import { Fault } from '../domain/fault.ts';
import type { CompromiseReport } from '../domain/incident.ts';
import { busDetailType } from '../domain/report-events.ts';
import type { Http, Ports } from '../ports.ts';
import { type IntakeMessage, messageForm } from './intake.ts';
import { hearAwsHealth } from './sources/aws-health.ts';
import { hearBus } from './sources/bus.ts';
import { githubOrigin, readGithubAlert } from './sources/github-api.ts';
import { hearGuardduty } from './sources/guardduty.ts';
import { type Heard, heard, ignored } from './sources/heard.ts';
import { hearOkta } from './sources/okta.ts';
import { hearQuarantine } from './sources/quarantine.ts';
import { readSourceToken } from './sources/source-secret.ts';

export type TakeInPorts = Pick<Ports, 'vault' | 'ledger' | 'fingerprints'> & { readonly http: Http };

export type TakenIn<T> =
  | { readonly kind: 'accepted'; readonly accepted: readonly T[] }
  | { readonly kind: 'ignored'; readonly why: string };

/**
 * One message of the intake queue: what a webhook or a poll left there, or an event as EventBridge delivered it.
 *
 * @param accept `acceptReport`, with its ports and options
 * @throws Fault `NeedsPerson` for what no source understands, so that it ends where people look, and is not lost; else
 *   as the source and `accept` do. The same message again is no harm.
 */
export const takeIn = async <T>(
  message: unknown,
  ports: TakeInPorts,
  accept: (report: CompromiseReport) => Promise<T>,
): Promise<TakenIn<T>> => {
  const told = await hear(message, ports);
  switch (told.kind) {
    case 'ignored':
      return told;
    case 'malformed':
      throw new Fault(
        'NeedsPerson',
        `A message of the intake queue has not the form of its source (at: ${told.where}). Nothing was accepted from ` +
          'it. If it reports a leak, report that by hand: keyturn compromised --help',
      );
    case 'heard': {
      const accepted: T[] = [];
      for (const report of told.items) accepted.push(await accept(report));
      return { kind: 'accepted', accepted };
    }
  }
};

const hear = async (message: unknown, ports: TakeInPorts): Promise<Heard<CompromiseReport>> => {
  const ours = messageForm.safeParse(message);
  if (ours.success) return hearOurs(ours.data, ports);
  const envelope = envelopeForm.safeParse(message);
  if (!envelope.success) return { kind: 'malformed', where: 'the whole' };
  const source = sources.find(({ sends }) => sends(envelope.data));
  return source === undefined ? ignored('an event of no source that is listened to') : source.hear(message);
};

const hearOurs = async (message: IntakeMessage, ports: TakeInPorts): Promise<Heard<CompromiseReport>> => {
  if (message.kind === 'report') return heard(message.report);
  const token = await readSourceToken('github', ports);
  return readGithubAlert(message.alert, { http: ports.http, token, origin: githubOrigin }, ports);
};

/** EventBridge's own envelope: nobody but AWS can put an event whose source begins with `aws.`. */
const envelopeForm = z.object({ source: z.string(), 'detail-type': z.string(), detail: z.unknown() });
type Envelope = z.infer<typeof envelopeForm>;

type EventSource = {
  readonly sends: (envelope: Envelope) => boolean;
  readonly hear: (event: unknown) => Heard<CompromiseReport>;
};

const sources: readonly EventSource[] = [
  { sends: ({ source }) => source === 'aws.health', hear: hearAwsHealth },
  { sends: ({ source }) => source === 'aws.guardduty', hear: hearGuardduty },
  { sends: ({ source }) => source === 'aws.iam', hear: hearQuarantine },
  { sends: ({ source }) => source.startsWith('aws.partner/okta.com/'), hear: hearOkta },
  { sends: (envelope) => envelope['detail-type'] === busDetailType, hear: hearBus },
];
