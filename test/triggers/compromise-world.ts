import type { Credential } from '../../functions/domain/credential.ts';
import { Fault } from '../../functions/domain/fault.ts';
import { fingerprint, type Instant, instant, keyId, leakHash, versionId } from '../../functions/domain/identifiers.ts';
import type { CompromiseReport, Incident } from '../../functions/domain/incident.ts';
import type { KeyPrint } from '../../functions/domain/key-print.ts';
import { type Obligation, withReport } from '../../functions/domain/obligation.ts';
import { emptyRecord, type RotationRequest } from '../../functions/domain/rotation.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import type { Notice, Ports } from '../../functions/ports.ts';
import { credentialOf } from './sweep-world.ts';

export interface CompromiseWorld {
  readonly ports: Ports;
  readonly credentials: readonly Credential[];
  readonly starts: readonly RotationRequest[];
  readonly notices: readonly Notice[];
  readonly obligations: () => readonly Obligation[];
  readonly incidents: () => readonly Incident[];
  readonly advance: (seconds: number) => void;
  /** Called with the name of every operation that changes something, before it does. */
  before: (operation: string) => void;
}

export const keyOf = (credential: Pick<Credential, 'id'>) => keyId(`key-of-${credential.id}`);
export const printOf = (text: string) => fingerprint(`print-of-${text}`);

/** Ports in memory, fast enough for storms: what the acceptance of a report touches, and nothing more. */
export const compromiseWorld = (count: number): CompromiseWorld => {
  const credentials = Array.from({ length: count }, (_, index) => credentialOf(`credential-${index}`));
  let now = Date.parse('2026-11-21T12:00:00Z');
  const starts: RotationRequest[] = [];
  const notices: Notice[] = [];
  const obligations = new Map<string, Obligation>();
  const incidents = new Map<string, { incident: Incident; revision: number }>();
  const clockNow = (): Instant => instant(now);
  const prints: readonly KeyPrint[] = credentials.map((credential) => ({
    fingerprint: printOf(credential.id),
    leakHash: leakHash(`hash-of-${credential.id}`),
    hint: credential.id.slice(-4),
    keyId: keyOf(credential),
    target: credential.target,
    credentialId: credential.id,
    recordedAt: clockNow(),
  }));
  const unused = (): never => {
    throw new TypeError('The acceptance of a report has no business here.');
  };
  const version = versionId('11111111-aaaa-4aaa-8aaa-111111111111');
  const world: CompromiseWorld = {
    credentials,
    starts,
    notices,
    obligations: () => [...obligations.values()],
    incidents: () => [...incidents.values()].map(({ incident }) => incident),
    advance: (seconds) => {
      now += seconds * 1000;
    },
    before: () => undefined,
    ports: {
      clock: { now: clockNow, sleep: unused },
      fingerprints: { of: unused },
      connect: unused,
      register: {
        credential: (id) => Promise.resolve(credentials.find((credential) => credential.id === id) ?? null),
        credentials: () => Promise.resolve(credentials),
      },
      vault: {
        create: unused,
        store: unused,
        moveLabel: unused,
        readAdmin: unused,
        writeAdmin: unused,
        describe: () => Promise.resolve([{ versionId: version, labels: ['AWSCURRENT'] }]),
        read: (secret) => {
          const credential = credentials.find((one) => one.secret === secret);
          if (credential === undefined) return Promise.resolve(null);
          return Promise.resolve({ apiKey: new SecretValue('unread'), keyId: keyOf(credential), rotationId: null });
        },
      },
      notices: {
        send: async (notice) => {
          world.before('send');
          notices.push(notice);
          return Promise.resolve();
        },
      },
      executions: {
        start: async (request) => {
          world.before('start');
          if (starts.some(({ rotationId }) => rotationId === request.rotationId))
            return Promise.resolve('already-started');
          starts.push(request);
          return Promise.resolve('started');
        },
        look: ({ rotationId }) => {
          const isKnown = starts.some((start) => start.rotationId === rotationId);
          return Promise.resolve({ status: isKnown ? 'running' : 'unknown', outcome: null });
        },
      },
      ledger: {
        replace: unused,
        append: unused,
        entries: unused,
        ends: unused,
        putPrint: unused,
        all: () => Promise.resolve([]),
        read: (id) => Promise.resolve({ record: emptyRecord(id), revision: 0 }),
        findPrints: (question) =>
          Promise.resolve(
            prints.filter((print) =>
              'hint' in question
                ? print.hint === question.hint
                : 'leakHash' in question
                  ? print.leakHash === question.leakHash
                  : print.fingerprint === question.fingerprint,
            ),
          ),
        putObligation: async (report) => {
          world.before('putObligation');
          obligations.set(report.keyId, withReport(obligations.get(report.keyId) ?? null, report));
          return Promise.resolve();
        },
        obligations: (filter) =>
          Promise.resolve([...obligations.values()].filter(({ refusedAt }) => filter === 'all' || refusedAt === null)),
        incident: (id) => Promise.resolve(incidents.get(id) ?? null),
        replaceIncident: async (incident, revision) => {
          world.before('replaceIncident');
          if ((incidents.get(incident.incidentId)?.revision ?? 0) !== revision) return Promise.resolve(false);
          incidents.set(incident.incidentId, { incident, revision: revision + 1 });
          return Promise.resolve(true);
        },
        incidents: (since) =>
          Promise.resolve(world.incidents().filter(({ acceptedAt }) => since === null || acceptedAt >= since)),
      },
    },
  };
  return world;
};

export const reportOf = (change: Partial<CompromiseReport> = {}): CompromiseReport => ({
  source: 'github',
  dedupeKey: 'alert 1',
  reference: 'https://github.example/alerts/1',
  reason: 'a test',
  reportedAt: instant(Date.parse('2026-11-21T11:59:00Z')),
  leak: { kind: 'fingerprint', fingerprint: printOf('credential-0') },
  ...change,
});

/** Fails once, at the nth change of the world. */
export const failAt = (world: CompromiseWorld, nth: number): (() => boolean) => {
  let seen = 0;
  world.before = (operation) => {
    seen += 1;
    if (seen === nth) throw new Fault('OutcomeUnknown', `${operation} did not answer.`);
  };
  return () => seen >= nth;
};
