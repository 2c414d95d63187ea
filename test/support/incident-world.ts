import type { Credential } from '../../functions/domain/credential.ts';
import {
  accountId,
  credentialId,
  fingerprint,
  type Instant,
  incidentId,
  instant,
  keyId,
  rotationId,
  secretName,
} from '../../functions/domain/identifiers.ts';
import type { Incident } from '../../functions/domain/incident.ts';
import type { Obligation } from '../../functions/domain/obligation.ts';
import { emptyRecord, type OpenRotation, open } from '../../functions/domain/rotation.ts';
import { openLocal } from '../../functions/local/ports.ts';
import type { Notice, Ports } from '../../functions/ports.ts';
import { scratchFolder } from './scratch-folder.ts';

const start = Date.UTC(2026, 10, 21, 9);

/** So many seconds after the acceptance of the sample incident. */
export const at = (seconds: number): Instant => instant(start + seconds * 1000);

const target = {
  provider: 'openai',
  account: accountId('openai-production'),
  adminSecret: secretName('keyturn/admin/openai/openai-production'),
  settings: { projectId: 'proj_1' },
};

export const sampleIncident = (change: Partial<Incident> = {}): Incident => ({
  incidentId: incidentId('inc-20261121-0000000a'),
  source: 'github',
  reference: 'https://github.com/example/app/security/secret-scanning/1',
  reason: 'found in a public repository',
  reportedAt: at(-4),
  acceptedAt: at(0),
  leak: { kind: 'fingerprint', fingerprint: fingerprint('abc') },
  proof: 'fingerprint',
  state: 'accepted',
  containFirst: null,
  decidedBy: null,
  decidedAt: null,
  told: [],
  ...change,
});

export const sampleObligation = (key: string, change: Partial<Obligation> = {}): Obligation => ({
  keyId: keyId(key),
  target,
  credentialId: credentialId('assistant'),
  incidentId: incidentId('inc-20261121-0000000a'),
  rotationId: rotationId('assistant-20261121-00000001'),
  reason: 'found in a public repository',
  reportedAt: at(-4),
  acceptedAt: at(0),
  containedAt: null,
  firstRefusedAt: null,
  replacedAt: null,
  consumersMovedAt: null,
  refusedAt: null,
  evidence: null,
  ...change,
});

/** An obligation that is seen refused, so many seconds after its acceptance. */
export const refusedAfter = (key: string, seconds: number, change: Partial<Obligation> = {}): Obligation =>
  sampleObligation(key, {
    containedAt: at(1),
    firstRefusedAt: at(1.5),
    replacedAt: at(5),
    consumersMovedAt: at(65),
    refusedAt: at(seconds),
    evidence: 'was refused 3 times: HTTP 401 invalid_api_key',
    ...change,
  });

const sampleCredential = (id: string, contact: string): Credential => ({
  id: credentialId(id),
  target,
  secret: secretName(`keyturn/openai/${id}`),
  service: id,
  purpose: 'chat',
  environment: 'production',
  owner: { name: 'Team', contact },
  tier: 'service',
  sensitivity: 'standard',
  cadenceSeconds: 7_776_000,
  window: null,
  overlapSeconds: 86_400,
  maximumOverlapSeconds: 604_800,
  consumers: [{ name: 'api', cacheTtlSeconds: 60 }],
  expects: { models: [], permissions: [] },
  spendAlertUsd: null,
  emergency: 'contain-first',
});

export const sampleRotation = (key: string, change: Partial<OpenRotation> = {}): OpenRotation => ({
  rotationId: rotationId('assistant-20261121-00000001'),
  urgency: 'emergency',
  startedAt: at(0),
  credential: sampleCredential('assistant', 'team@example.com'),
  old: { keyId: keyId(key), versionId: null },
  attempts: [],
  new: null,
  phase: 'begun',
  containedAt: null,
  cutOverAt: null,
  oldRevokedAt: null,
  oldKeyProof: null,
  endedAs: null,
  ...change,
});

export interface IncidentWorld {
  readonly ports: Ports;
  /** What was sent, oldest first; `failing.send` makes the channel fail. */
  readonly sent: Notice[];
  readonly failing: { send: boolean };
  /** Sets the time, in seconds after the acceptance. */
  readonly setTime: (seconds: number) => void;
  readonly write: (incident: Incident, ...obligations: readonly Obligation[]) => Promise<void>;
  readonly openRotation: (rotation: OpenRotation) => Promise<void>;
  readonly told: (incident?: Incident) => Promise<readonly string[]>;
  readonly close: () => void;
}

/** The ports of one machine, with two credentials of two owners, and a channel to people that can fail. */
export const incidentWorld = (): IncidentWorld => {
  const sent: Notice[] = [];
  const failing = { send: false };
  let now = at(0);
  const local = openLocal({
    folder: scratchFolder('incident'),
    credentials: [sampleCredential('assistant', 'team@example.com'), sampleCredential('search', 'search@example.com')],
    clock: { now: () => now, sleep: async () => undefined },
    onNotice: (notice) => {
      if (failing.send) throw new Error('The channel is down.');
      sent.push(notice);
    },
  });
  const { ledger } = local.ports;
  return {
    ports: local.ports,
    sent,
    failing,
    setTime: (seconds) => {
      now = at(seconds);
    },
    write: async (incident, ...obligations) => {
      for (const obligation of obligations) await ledger.putObligation(obligation);
      const known = await ledger.incident(incident.incidentId);
      if (!(await ledger.replaceIncident(incident, known?.revision ?? 0))) throw new Error('It was not written.');
    },
    openRotation: async (rotation) => {
      const id = rotation.credential.id;
      const { revision } = await ledger.read(id);
      await ledger.replace(open(emptyRecord(id), rotation, now), revision);
    },
    told: async (incident = sampleIncident()) =>
      ((await ledger.incident(incident.incidentId))?.incident.told ?? []).map(({ to, what }) => `${to}: ${what}`),
    close: local.close,
  };
};
