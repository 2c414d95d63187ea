import { type Act, acts, type FaultKind, readFaults, writeFaults } from './plan.ts';
import type { Site } from './seam.ts';

/**
 * What can go wrong at a call, without what is the same as another case:
 *
 * - A crash at a read is the crash before the next write of the same invocation; every step ends with a write.
 * - To everybody but a vendor, a throttled read is a read that failed.
 */
const faultsAt = (site: Site): readonly FaultKind[] => {
  if (site.kind === 'write') return site.port === 'http' ? [...writeFaults, 'malformed'] : writeFaults;
  return readFaults.filter((kind) => {
    switch (kind) {
      case 'crash-before':
        return false;
      case 'throttle':
      case 'malformed':
      case 'slow':
        return site.port === 'http';
      case 'stale':
        return site.canBeStale;
      case 'truncated':
        return site.canBeTruncated;
      case 'err5xx':
      case 'outage':
      case 'denied':
      case 'duplicate':
        return true;
    }
  });
};

/**
 * What others do in the instant before a call, where the call could tell: an act before a call that touches nothing of
 * what the act touches is the act after that call, which is the act before the next one.
 */
const actsAt = (site: Site): readonly Act[] =>
  acts.filter((act) => site.acts.includes(act) && touches(act, site));

const touches = (act: Act, { port, kind, operation }: Site): boolean => {
  switch (act) {
    case 'person-moves-current':
    case 'person-rolls-back':
    case 'secret-deleted':
      return (port === 'vault' && operation !== 'readAdmin') || (port === 'http' && kind === 'write');
    case 'provider-kills-old':
    case 'person-kills-new':
      return port === 'http';
    case 'admin-revoked':
      return port === 'http' || operation === 'readAdmin';
    case 'clock+10':
    case 'clock-10':
      return port === 'ledger';
    case 'new-definition':
      return port === 'executions' || operation === 'replace';
    case 'second-schedule':
    case 'duplicate-trigger':
    case 'compromise-old':
    case 'compromise-new':
    case 'sweep-now':
      return kind === 'write' || port === 'ledger' || port === 'executions';
  }
};

/** Every single fault and act of a recorded run. */
export const singlesOf = (sites: readonly Site[]): readonly (readonly [string, FaultKind | Act])[] =>
  sites.flatMap((site) => [...faultsAt(site), ...actsAt(site)].map((kind) => [site.name, kind] as const));

/** After these nobody knows what happened, or the caller's double has acted. */
const dangerous: readonly FaultKind[] = ['lost', 'late', 'overdue', 'crash-after', 'duplicate'];

/** The calls that cannot be taken back: keys are made and stopped, values stored, labels moved. */
const isDangerous = ({ kind, port, operation }: Site): boolean =>
  kind === 'write' && (port === 'http' || operation === 'store' || operation === 'moveLabel');

export const dangerousOf = (sites: readonly Site[]): readonly (readonly [string, FaultKind])[] =>
  sites.filter(isDangerous).flatMap((site) => dangerous.map((kind) => [site.name, kind] as const));

/** The sites that come after that one: a second fault strikes somewhere after the first, in the run as the first made it. */
export const after = (sites: readonly Site[], first: string): readonly Site[] =>
  sites.slice(sites.findIndex(({ name }) => name === first) + 1);
