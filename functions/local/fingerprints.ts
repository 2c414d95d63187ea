import { fingerprint } from '../domain/identifiers.ts';
import { digestOf, printOf } from '../domain/value-print.ts';
import type { Fingerprints } from '../ports.ts';
import type { Store } from './store.ts';

/** Fingerprints under a key that is derived from the folder's `vault.key`: they last as long as the values do. */
export const localFingerprints = (store: Pick<Store, 'mac'>): Fingerprints => ({
  of: (value) => Promise.resolve(printOf(value, fingerprint(store.mac(digestOf(value))))),
});
