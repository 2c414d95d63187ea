import {
  type AccountId,
  type CredentialId,
  type Instant,
  instant,
  type KeyId,
  milliseconds,
  secondsBetween,
} from './identifiers.ts';
import { expiryOf, type Incident } from './incident.ts';
import { incidentPolicy } from './incident-policy.ts';
import type { Obligation } from './obligation.ts';
import type { OpenRotation } from './rotation.ts';

/** A time, and how many seconds after the acceptance it was. */
export type Reading = { readonly at: Instant; readonly seconds: number };

export const keyTimes = ['contained', 'firstRefused', 'replaced', 'refused', 'consumersMoved'] as const;
export type KeyTime = (typeof keyTimes)[number];

/** Something that policy wanted by `dueAt`, and that had not happened by then. */
export type Overdue = {
  readonly what: 'decide' | 'contain' | 'replace' | 'prove' | 'report';
  /** Null: of the whole incident. */
  readonly keyId: KeyId | null;
  readonly dueAt: Instant;
};

export type KeyClock = Readonly<Record<KeyTime, Reading | null>> & {
  readonly keyId: KeyId;
  readonly provider: string;
  readonly account: AccountId;
  readonly credentialId: CredentialId | null;
  readonly acceptedAt: Instant;
};

export type IncidentClock = {
  /**
   * - `waiting`: for a person, who approves or dismisses.
   * - `open`: a key of it has not been seen refused.
   * - `closed`: all of them have.
   * - `none`: there is nothing to do, or a person said so.
   */
  readonly state: 'waiting' | 'open' | 'closed' | 'none';
  readonly reportedAt: Instant;
  readonly acceptedAt: Instant;
  readonly decided: Reading | null;
  /** In order of credential and key. */
  readonly keys: readonly KeyClock[];
  /** When the last of the keys had come so far; null while one has not. */
  readonly all: Readonly<Record<KeyTime, Reading | null>>;
  readonly closedAt: Instant | null;
  readonly reportDueAt: Instant;
  /** The earliest first. */
  readonly overdue: readonly Overdue[];
};

/**
 * The measured times of an incident.
 *
 * @param obligations those that carry its id; others are left out
 * @param rotations the open ones: what a rotation that is at work has reached is on no obligation yet
 */
export const incidentClock = (
  incident: Incident,
  obligations: readonly Obligation[],
  rotations: readonly OpenRotation[],
  now: Instant,
): IncidentClock => {
  const { reportedAt, acceptedAt, decidedAt } = incident;
  const own = obligations
    .filter(({ incidentId }) => incidentId === incident.incidentId)
    .sort((left, right) => (orderOf(left) < orderOf(right) ? -1 : 1));
  const keys = own.map((obligation) => keyClock(obligation, rotationOf(obligation, rotations)));
  const state = stateOf(incident, own);
  const reportDueAt = after(expiryOf(incident) ?? acceptedAt, incidentPolicy.reportWithinSeconds);
  const overdue = [
    ...(state === 'waiting'
      ? [{ what: 'decide', keyId: null, dueAt: after(acceptedAt, incidentPolicy.decideWithinSeconds) } as const]
      : []),
    ...own.flatMap((obligation) => dues(obligation, incident, rotationOf(obligation, rotations))),
    ...(state === 'none' || isReported(incident) ? [] : [{ what: 'report', keyId: null, dueAt: reportDueAt } as const]),
  ];
  return {
    state,
    reportedAt,
    acceptedAt,
    decided: reading(acceptedAt, decidedAt),
    keys,
    all: {
      contained: last(keys, 'contained'),
      firstRefused: last(keys, 'firstRefused'),
      replaced: last(keys, 'replaced'),
      refused: last(keys, 'refused'),
      consumersMoved: last(keys, 'consumersMoved'),
    },
    closedAt: state === 'closed' ? (last(keys, 'refused')?.at ?? decidedAt ?? acceptedAt) : null,
    reportDueAt,
    overdue: overdue.filter(({ dueAt }) => dueAt < now).sort((left, right) => (left.dueAt < right.dueAt ? -1 : 1)),
  };
};

const stateOf = ({ state }: Incident, own: readonly Obligation[]): IncidentClock['state'] => {
  switch (state) {
    case 'awaiting-approval':
    case 'contained-only':
      return 'waiting';
    case 'accepted':
      // One without any has keys that an earlier report had named: theirs is the clock.
      return own.some(({ refusedAt }) => refusedAt === null) ? 'open' : 'closed';
    case 'dismissed':
    case 'noted':
      return 'none';
  }
};

/** What the sent report is remembered by. */
export const reportTold = ['closed', 'report'] as const;

const isReported = ({ told }: Incident): boolean =>
  told.some(({ what }) => reportTold.some((report) => report === what));

const orderOf = ({ credentialId, target, keyId }: Obligation): string =>
  [credentialId ?? '', target.provider, target.account, keyId].join(' ');

/** The open rotation that is to end this key. */
const rotationOf = ({ keyId, target }: Obligation, rotations: readonly OpenRotation[]): OpenRotation | null =>
  rotations.find(({ old, credential }) => old?.keyId === keyId && credential.target.account === target.account) ?? null;

const keyClock = (obligation: Obligation, rotation: OpenRotation | null): KeyClock => {
  const { keyId, target, credentialId, acceptedAt } = obligation;
  const replacedAt = obligation.replacedAt ?? rotation?.cutOverAt ?? null;
  const read = (at: Instant | null): Reading | null => reading(acceptedAt, at);
  return {
    keyId,
    provider: target.provider,
    account: target.account,
    credentialId,
    acceptedAt,
    contained: read(obligation.containedAt ?? rotation?.containedAt ?? null),
    firstRefused: read(obligation.firstRefusedAt),
    replaced: read(replacedAt),
    refused: read(obligation.refusedAt),
    consumersMoved: read(obligation.consumersMovedAt),
  };
};

/** What policy wants of a key and has not happened: all that is left once it was seen refused is nothing. */
const dues = (obligation: Obligation, incident: Incident, rotation: OpenRotation | null): readonly Overdue[] => {
  const { keyId, credentialId, acceptedAt, containedAt, firstRefusedAt, replacedAt, refusedAt } = obligation;
  if (refusedAt !== null || incident.state === 'dismissed') return [];
  const expiresAt = expiryOf(incident);
  if (expiresAt !== null) return [{ what: 'prove', keyId, dueAt: expiresAt }];
  const { containWithinSeconds, replaceWithinSeconds, proveWithinSeconds } = incidentPolicy;
  const due = (what: Overdue['what'], seconds: number): Overdue => ({ what, keyId, dueAt: after(acceptedAt, seconds) });
  const stopped = containedAt ?? rotation?.containedAt ?? firstRefusedAt;
  // Nobody stops a key first whose credential is to be replaced first; who cannot tell assumes the worse.
  const toBeStopped = incident.containFirst ?? rotation?.credential.emergency !== 'replace-first';
  // An admin key is replaced by a person, and what is only contained waits for one.
  const toBeReplaced = credentialId !== null && incident.state !== 'contained-only';
  return [
    ...(stopped === null && toBeStopped ? [due('contain', containWithinSeconds)] : []),
    ...(toBeReplaced && (replacedAt ?? rotation?.cutOverAt ?? null) === null
      ? [due('replace', replaceWithinSeconds)]
      : []),
    due('prove', proveWithinSeconds),
  ];
};

const last = (keys: readonly KeyClock[], time: KeyTime): Reading | null =>
  keys.reduce<Reading | null>((latest, { [time]: read }, index) => {
    if (read === null || (index > 0 && latest === null)) return null;
    return latest === null || read.at > latest.at ? read : latest;
  }, null);

const reading = (from: Instant, at: Instant | null): Reading | null =>
  at === null ? null : { at, seconds: secondsBetween(from, at) };

const after = (at: Instant, seconds: number): Instant => instant(milliseconds(at) + seconds * 1000);
