import { type Act, acts, type FaultKind, readFaults, writeFaults } from './plan.ts';
import type { Site } from './seam.ts';
import { type SettingName, settings } from './settings.ts';

/**
 * What can go wrong at a call, without what is the same as another case:
 *
 * - A crash at a read is the crash before the next write of the same invocation; every step ends with a write.
 * - To everybody but a vendor, a throttled read is a read that failed.
 */
const faultsAt = (site: Site): readonly FaultKind[] => {
  if (site.kind === 'write') {
    const kinds = writeFaults.filter((kind) => kind !== 'again-later' || site.isFirst);
    return site.port === 'http' ? [...kinds, 'malformed'] : kinds;
  }
  const isAnother = (kind: (typeof readFaults)[number]): boolean => {
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
      case 'again-later':
        return site.isFirst;
      case 'err5xx':
      case 'outage':
      case 'denied':
      case 'duplicate':
        return true;
    }
  };
  return readFaults.filter(isAnother);
};

/**
 * What others do in the instant before a call, where the call could tell: an act before a call that touches nothing of
 * what the act touches is the act after that call, which is the act before the next one.
 */
const actsAt = (site: Site): readonly Act[] => acts.filter((act) => site.acts.includes(act) && touches(act, site));

const touches = (act: Act, { port, kind, operation }: Site): boolean => {
  switch (act) {
    case 'person-moves-current':
    case 'person-rolls-back':
    case 'person-cuts-over':
    case 'secret-deleted':
      return (port === 'vault' && operation !== 'readAdmin') || (port === 'http' && kind === 'write');
    case 'provider-kills-old':
    case 'person-kills-new':
    case 'vendor-refuses-all':
    case 'vendor-refuses-values':
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

type Single = readonly [site: string, kind: FaultKind | Act];

/** Every single fault and act of a recorded run. */
export const singlesOf = (sites: readonly Site[]): readonly Single[] => sites.flatMap(singlesAt);

/** Those of them that can end otherwise than under `prompt`, where `npm test` runs them all. */
export const singlesTouchedBy = (setting: SettingName, sites: readonly Site[]): readonly Single[] =>
  sites.flatMap((site) => singlesAt(site).filter(([, kind]) => setting === 'prompt' || isTouched(setting, site, kind)));

const singlesAt = (site: Site): readonly Single[] =>
  [...faultsAt(site), ...actsAt(site)].map((kind) => [site.name, kind] as const);

/** A step that asks the same for the fourth time is polling; what it has asked three times can fail the fourth. */
const polls = 3;

/**
 * Nothing but a call that lands late asks how late; nothing but a vendor is slow or has pages. What a vendor's lag makes
 * of a fault elsewhere (a ledger that is down while a key is not yet accepted) is left to `npm run simulate`.
 */
const isTouched = (name: SettingName, { name: site, port }: Site, kind: FaultKind | Act): boolean => {
  const { lateSeconds, activationLagSeconds, revocationLagSeconds } = settings[name];
  const isOtherwiseLate =
    lateSeconds !== settings.prompt.lateSeconds && ['late', 'overdue', 'again-later'].includes(kind);
  const isVendorSlow = activationLagSeconds > 0 || revocationLagSeconds > 0;
  return isOtherwiseLate || (isVendorSlow && port === 'http' && Number(site.split('#')[1]) <= polls);
};

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
