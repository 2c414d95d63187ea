import { GenerateMacCommand, KMSClient } from '@aws-sdk/client-kms';
import { Fault } from '../domain/fault.ts';
import { fingerprint } from '../domain/identifiers.ts';
import { digestOf, printOf } from '../domain/value-print.ts';
import type { Fingerprints } from '../ports.ts';
import { clientSettings } from './client-settings.ts';
import { faultOf } from './fault-of.ts';

/**
 * Fingerprints under an HMAC key of KMS, which never leaves it: who reads the ledger cannot try values against it.
 *
 * @param kmsKeyId id, ARN or alias of a key with the usage GENERATE_VERIFY_MAC
 */
export const awsFingerprints = (kmsKeyId: string, client: KMSClient = new KMSClient(clientSettings)): Fingerprints => ({
  async of(value) {
    const Message = digestOf(value);
    const command = new GenerateMacCommand({ KeyId: kmsKeyId, MacAlgorithm: 'HMAC_SHA_256', Message });
    const { Mac } = await client.send(command).catch((error: unknown) => {
      throw faultOf(error, 'take a fingerprint', 'read');
    });
    if (Mac === undefined)
      throw new Fault('NothingChanged', 'AWS answered without a fingerprint; nothing was changed.');
    return printOf(value, fingerprint(Buffer.from(Mac).toString('hex')));
  },
});
