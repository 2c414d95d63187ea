import type { Incident, Leak, LeakProof, ReportSource } from './incident.ts';
import type { IncidentClock, KeyClock, KeyTime, Overdue } from './incident-clock.ts';
import type { Obligation } from './obligation.ts';
import type { OpenRotation } from './rotation.ts';
import { durationOf, timeOf } from './time-words.ts';

export const sourceWords: Readonly<Record<ReportSource, string>> = {
  github: 'GitHub secret scanning',
  gitguardian: 'GitGuardian',
  trufflehog: 'TruffleHog',
  gitleaks: 'gitleaks',
  'aws-health': 'AWS Health',
  guardduty: 'Amazon GuardDuty',
  quarantine: "AWS's quarantine policy",
  okta: 'Okta',
  bus: 'an event on the bus',
  'security-lead': 'the security lead',
};

export const proofWords: Readonly<Record<LeakProof, string>> = {
  fingerprint: 'proven: the reported value has the fingerprint of a key of ours',
  named: 'named by a person who may',
  hint: 'a hint: one key fits what is known of the value',
  reach: 'within reach: somebody could have read the keys',
  none: 'none: nothing of ours is named',
};

export const stateWords: Readonly<Record<Incident['state'], string>> = {
  'awaiting-approval': 'waits for approval; nothing was touched',
  accepted: 'accepted; each key must be seen refused',
  'contained-only': 'beyond the budget: the keys are stopped, their replacement waits for approval',
  dismissed: 'dismissed by a person',
  noted: 'noted; it names no key of ours',
};

/** What is said to have leaked, as the rest of a sentence. */
export const leakWords = (leak: Leak): string => {
  switch (leak.kind) {
    case 'fingerprint':
    case 'leak-hash':
      return 'a value, known by its fingerprint';
    case 'key':
      return `the key ${leak.keyId} of ${leak.provider}, account ${leak.account}`;
    case 'credential':
      return `the key that ${leak.credentialId} served`;
    case 'hint':
      return `a value that ends in ${leak.hint}${leak.provider === null ? '' : `, of ${leak.provider}`}`;
    case 'provider':
      return `every key of ${leak.provider}`;
    case 'account':
      return `every key of the account ${leak.account}`;
    case 'owner':
      return `every key that ${leak.owner} answers for`;
    case 'person':
      return `what hangs off the person ${leak.person}`;
    case 'principal':
      return `what ${leak.principal} could read`;
    case 'admin-key':
      return `the admin key of the account ${leak.account}${leak.expiresAt === undefined ? '' : `, which expires at ${timeOf(leak.expiresAt)}`}`;
    case 'unknown':
      return `a value of none of our keys: ${leak.why}`;
  }
};

export const timeWords: Readonly<Record<KeyTime, string>> = {
  contained: 'stopped',
  firstRefused: 'first refused',
  replaced: 'replaced',
  refused: 'proven refused',
  consumersMoved: 'consumers moved',
};

export const overdueWords = ({ what, keyId }: Overdue): string => {
  const key = keyId === null ? '' : ` ${keyId}`;
  switch (what) {
    case 'decide':
      return 'nobody has approved or dismissed it';
    case 'contain':
      return `the key${key} is not stopped`;
    case 'replace':
      return `nothing serves in place of the key${key}`;
    case 'prove':
      return `the key${key} is not seen refused`;
    case 'report':
      return 'the report was not sent';
  }
};

/** The key, and how far it has come. */
export const keyWords = (key: KeyClock): string => {
  const times = (['contained', 'replaced', 'refused'] as const).flatMap((time) => {
    const reading = key[time];
    return reading === null ? [] : [`${timeWords[time]} after ${durationOf(reading.seconds)}`];
  });
  const name = key.credentialId ?? `admin key of ${key.account}`;
  return `${name}: ${key.keyId} at ${key.provider}, ${times.length === 0 ? 'accepted' : times.join(', ')}`;
};

/**
 * The one next command; null when there is nothing to do.
 *
 * @param rotations the open ones of the incident's credentials
 */
export const nextCommand = (
  { incidentId }: Incident,
  { state }: IncidentClock,
  obligations: readonly Obligation[],
  rotations: readonly OpenRotation[],
): string | null => {
  switch (state) {
    case 'waiting':
      return `keyturn approve ${incidentId}`;
    case 'open': {
      const open = obligations.filter((one) => one.incidentId === incidentId && one.refusedAt === null);
      const admin = open.find(({ credentialId }) => credentialId === null);
      const ids = new Set(open.map(({ credentialId }) => credentialId));
      const parked = rotations.find(({ credential, endedAs }) => endedAs !== null && ids.has(credential.id));
      if (parked !== undefined) return `keyturn resume ${parked.rotationId}`;
      return admin === undefined ? `keyturn incident ${incidentId}` : `keyturn admin set ${admin.target.account}`;
    }
    case 'closed':
    case 'none':
      return null;
  }
};
