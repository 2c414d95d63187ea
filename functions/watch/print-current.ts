import type { Credential } from '../domain/credential.ts';
import { current, holderOf } from '../domain/labels.ts';
import type { Ports } from '../ports.ts';

/** `nothing-serves`: no value to print; `unknown-key`: nobody can say which key the value belongs to. */
export type PrintedCurrent = 'known' | 'recorded' | 'nothing-serves' | 'unknown-key';

/**
 * Records which key AWSCURRENT holds, if that is not on record yet: a key that a person put there, or that served
 * before Keyturn did. The provider is asked only for a key that has no print and no id beside its value.
 *
 * @throws Fault when the vault, the key service, the ledger or the provider does not answer
 */
export const printCurrent = async (
  { id, secret, target }: Pick<Credential, 'id' | 'secret' | 'target'>,
  {
    vault,
    fingerprints,
    ledger,
    clock,
    connect,
  }: Pick<Ports, 'vault' | 'fingerprints' | 'ledger' | 'clock' | 'connect'>,
): Promise<PrintedCurrent> => {
  const versionId = holderOf((await vault.describe(secret)) ?? [], current);
  const payload = versionId && (await vault.read(secret, versionId, current));
  if (!payload) return 'nothing-serves';
  const print = await fingerprints.of(payload.apiKey);
  const known = await ledger.findPrints({ fingerprint: print.fingerprint });
  if (known.length > 0) return 'known';
  const keyId = payload.keyId ?? (await (await connect(target)).identifyKey?.(payload.apiKey)) ?? null;
  if (keyId === null) return 'unknown-key';
  await ledger.putPrint({ ...print, keyId, target, credentialId: id, recordedAt: clock.now() });
  return 'recorded';
};
