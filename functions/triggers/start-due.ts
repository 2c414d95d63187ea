import type { Credential, Strategy } from '../domain/credential.ts';
import { type DueDecision, type DueView, decideDue, dueInstant } from '../domain/decisions/due.ts';
import { Fault } from '../domain/fault.ts';
import { type CredentialId, type Instant, type RotationId, secondsBetween } from '../domain/identifiers.ts';
import { type CredentialRecord, emptyRecord, type OpenRotation, type RotationRequest } from '../domain/rotation.ts';
import type { Ports } from '../ports.ts';
import { emergencyAgain } from './emergency-again.ts';
import { inGroups } from './in-groups.ts';
import { remind } from './remind.ts';
import { rotationRequest } from './request.ts';

export type StartDueOptions = {
  /** Only this provider's; null, or left out: every provider's. */
  readonly provider?: string | null;
  /** The strategy of a provider, by its id. */
  readonly strategyOf: (provider: string) => Strategy;
  /** How many rotations one run starts. Emergencies that are taken up do not count. */
  readonly maximumStarts: number;
  readonly letCallsLandSeconds: number;
};

export type StartDueReport = {
  readonly started: readonly { readonly credentialId: CredentialId; readonly rotationId: RotationId }[];
  readonly reminded: readonly CredentialId[];
  readonly skipped: readonly { readonly credentialId: CredentialId; readonly reason: SkipReason }[];
  /** Credentials for which a port did not answer. The next run tries them again. */
  readonly failed: readonly { readonly credentialId: CredentialId; readonly fault: string; readonly detail: string }[];
  /** How many credentials are not due: too many to name. */
  readonly notDue: number;
  /** How many are due and no run is at work on them, for whatever reason. */
  readonly waiting: number;
  /** How long the one of these has been due that has waited longest; 0 when none waits. What was never rotated has no such time. */
  readonly oldestWaitingSeconds: number;
};

export type SkipReason =
  | Exclude<Extract<DueDecision, { kind: 'skip' }>['reason'], 'not-due'>
  /** Another credential of one of its consumers is being rotated. */
  | 'consumer-busy'
  /** This run has started as many as it may. */
  | 'paced'
  /** The day's attempt has been made; there is one a day. */
  | 'already-started'
  | 'already-reminded';

type SweepPorts = Pick<Ports, 'clock' | 'ledger' | 'notices' | 'executions' | 'register'>;
type Candidate = { readonly credential: Credential; readonly request: RotationRequest; readonly since: string };

/**
 * Starts what is due, oldest first, and reminds people of the keys that only they can make. It keeps nothing between
 * its runs: what was missed is still due at the next one, and the same start twice is one start.
 * @throws Fault when register or ledger cannot be read; nothing was started
 */
export const startDue = async (ports: SweepPorts, options: StartDueOptions): Promise<StartDueReport> => {
  const now = ports.clock.now();
  const records = new Map((await ports.ledger.all()).map((record) => [record.credentialId, record]));
  const credentials = await credentialsOf(ports, records, options);

  const started: StartDueReport['started'][number][] = [];
  const reminded: CredentialId[] = [];
  const skipped: StartDueReport['skipped'][number][] = [];
  const failed: StartDueReport['failed'][number][] = [];
  let notDue = 0;
  /** One credential that fails does not keep the others from being rotated. */
  const alone = async (credentialId: CredentialId, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failed.push({ credentialId, ...faultOf(error) });
    }
  };

  const candidates: Candidate[] = [];
  const busyConsumers = new Set<string>();
  /** Since when each that is due waits, in seconds. */
  const waiting = new Map<CredentialId, number>();
  await inGroups(credentials, atOnce, async (credential) => {
    const credentialId = credential.id;
    const record = records.get(credentialId) ?? emptyRecord(credentialId);
    await alone(credentialId, async () => {
      const owner = await ownerOf(record, credential, now, ports);
      if (owner === 'running' && !waitsOutOverlap(record)) occupy(busyConsumers, credential);
      const strategy = options.strategyOf(credential.target.provider);
      const decision = decideDue({ now, credential, strategy, record, retired: record.retirement !== null, owner });
      const dueSeconds = dueForSeconds(credential, record, now);
      if (leavesWaiting(decision) && dueSeconds >= 0) waiting.set(credentialId, dueSeconds);
      switch (decision.kind) {
        case 'start':
          candidates.push(first(credential, decision.dueAt, now, options));
          return;
        case 'resume':
          candidates.push(again(credential, decision.rotation, now, options));
          return;
        case 'remind':
          if (await remind(credential, record, decision.dueAt, now, ports)) reminded.push(credentialId);
          else skipped.push({ credentialId, reason: 'already-reminded' });
          return;
        case 'skip':
          if (decision.reason === 'not-due') notDue += 1;
          else skipped.push({ credentialId, reason: decision.reason });
          return;
      }
    });
  });

  let starts = 0;
  for (const { credential, request } of candidates.toSorted(byUrgencyThenAge)) {
    const { credentialId, rotationId } = request;
    const scheduled = request.urgency === 'scheduled';
    await alone(credentialId, async () => {
      if (scheduled && isBusy(busyConsumers, credential)) {
        skipped.push({ credentialId, reason: 'consumer-busy' });
      } else if (scheduled && starts >= options.maximumStarts) {
        skipped.push({ credentialId, reason: 'paced' });
      } else if (records.get(credentialId)?.lastEnded?.rotationId === rotationId) {
        skipped.push({ credentialId, reason: 'already-started' });
      } else if ((await ports.executions.start(request)) === 'started') {
        occupy(busyConsumers, credential);
        if (scheduled) starts += 1;
        started.push({ credentialId, rotationId });
        waiting.delete(credentialId);
      } else {
        skipped.push({ credentialId, reason: 'already-started' });
        // Started by an earlier run, it may not have taken its lease yet.
        const { status } = await ports.executions.look({ rotationId, provider: request.target.provider });
        if (status !== 'ended') occupy(busyConsumers, credential);
      }
    });
  }
  const oldestWaitingSeconds = Math.max(0, ...waiting.values());
  return { started, reminded, skipped, failed, notDue, waiting: waiting.size, oldestWaitingSeconds };
};

/** How many executions, and reminders, are asked about side by side. */
const atOnce = 16;

/**
 * The register's, and those that have left it with a rotation open: that one works on its copy of the entry, and is
 * taken up until no key of it is left over. Nothing new is started for them.
 */
const credentialsOf = async (
  { register }: Pick<Ports, 'register'>,
  records: ReadonlyMap<CredentialId, CredentialRecord>,
  { provider = null }: StartDueOptions,
): Promise<readonly Credential[]> => {
  const declared = await register.credentials();
  const known = new Set(declared.map(({ id }) => id));
  const open = [...records.values()].flatMap(({ rotation }) => (rotation === null ? [] : [rotation.credential]));
  return [
    ...declared,
    ...open.filter(({ id, target }) => !known.has(id) && (provider === null || target.provider === provider)),
  ];
};

/** Not what a run is at work on, nor what nobody wants a key of any more. */
const leavesWaiting = (decision: DueDecision): boolean =>
  decision.kind !== 'skip' || (decision.reason !== 'busy' && decision.reason !== 'retired');

/** Below zero when it is not due yet. */
const dueForSeconds = (credential: Credential, { lastRotatedAt }: CredentialRecord, now: Instant): number => {
  const dueAt = dueInstant(credential, lastRotatedAt);
  return dueAt === null ? 0 : secondsBetween(dueAt, now);
};

/** A start on schedule: one a day, which is part of the id, so that what was rolled back is tried again tomorrow, and not all day long. */
const first = (credential: Credential, dueAt: Instant | null, now: Instant, options: StartDueOptions): Candidate => ({
  credential,
  since: dueAt ?? '',
  request: rotationRequest({
    credential,
    urgency: 'scheduled',
    requestKey: `scheduled/${dueAt ?? 'never'}`,
    at: now,
    reason: dueAt === null ? 'never rotated yet' : `due since ${dueAt}`,
    letCallsLandSeconds: options.letCallsLandSeconds,
  }),
});

/**
 * A start that takes up what an earlier run left: once a day, and once an hour in an emergency. It names the key that
 * must die, where it lives: the register may have moved on since.
 */
const again = (credential: Credential, left: OpenRotation, now: Instant, options: StartDueOptions): Candidate => {
  const reason = `takes up ${left.rotationId}, which ended ${left.endedAs ?? 'without a record of how'}`;
  const { letCallsLandSeconds } = options;
  const request =
    left.urgency === 'emergency'
      ? emergencyAgain({
          credential: left.credential,
          keyId: left.old?.keyId ?? null,
          // What was contained stays so: the run must know that there is no way back. What a person chose to replace
          // first is not contained for want of a replacement.
          containFirst: left.containedAt !== null,
          at: now,
          reason,
          letCallsLandSeconds,
        })
      : rotationRequest({
          credential,
          urgency: 'scheduled',
          requestKey: 'resume/day',
          at: now,
          reason,
          letCallsLandSeconds,
        });
  return { credential, since: left.startedAt, request };
};

const byUrgencyThenAge = (left: Candidate, right: Candidate): number =>
  Number(left.request.urgency === 'scheduled') - Number(right.request.urgency === 'scheduled') ||
  compare(left.since, right.since) ||
  compare(left.credential.id, right.credential.id);

const compare = (left: string, right: string): number => (left < right ? -1 : Number(left > right));

const ownerOf = async (
  { lease, rotation }: CredentialRecord,
  credential: Credential,
  now: Instant,
  { executions }: Pick<Ports, 'executions'>,
): Promise<DueView['owner']> => {
  if (lease === null) return 'none';
  // Whoever took it up would wait as well; and at thousands of them, nobody could look at each in each sweep.
  if (rotation !== null && isWaiting(rotation, now)) return 'running';
  const { provider } = (rotation?.credential ?? credential).target;
  try {
    const { status } = await executions.look({ rotationId: lease.rotationId, provider });
    return status === 'ended' ? 'ended' : 'running';
  } catch (error) {
    // Could not look is never "has ended".
    if (error instanceof Fault) return 'running';
    throw error;
  }
};

/** Its overlap is not over. Should its run have ended, reconcile finds that within the hour. */
const isWaiting = ({ phase, urgency, cutOverAt, credential }: OpenRotation, now: Instant): boolean =>
  phase === 'confirmed' &&
  urgency === 'scheduled' &&
  cutOverAt !== null &&
  secondsBetween(cutOverAt, now) < credential.overlapSeconds;

/** Both keys work, so nothing can happen to its consumers; held up by that, one with many credentials would fall behind. */
const waitsOutOverlap = ({ rotation }: CredentialRecord): boolean => rotation?.phase === 'confirmed';

/** The same name in another environment is another program. */
const consumersOf = ({ environment, consumers }: Credential): readonly string[] =>
  consumers.map(({ name }) => `${environment}/${name}`);

const occupy = (busy: Set<string>, credential: Credential): void => {
  for (const consumer of consumersOf(credential)) busy.add(consumer);
};

const isBusy = (busy: ReadonlySet<string>, credential: Credential): boolean =>
  consumersOf(credential).some((consumer) => busy.has(consumer));

const faultOf = (error: unknown): { readonly fault: string; readonly detail: string } => {
  if (error instanceof Fault) return { fault: error.name, detail: error.message };
  // An error of unknown make may quote anything.
  return { fault: error instanceof Error ? error.name : 'unknown', detail: 'An error that nobody expected.' };
};
