import { createHmac } from 'node:crypto';
import { KMSClient } from '@aws-sdk/client-kms';
import { awsFingerprints } from '../../../functions/aws/fingerprints.ts';
import { type Reply, stubService } from '../../aws/stub-service.ts';
import { fingerprintsSuite } from './fingerprints-suite.ts';

/** GenerateMac takes 1 to 4,096 bytes: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html, 2026-11. */
const kms: Reply = (received) => {
  const { Message, MacAlgorithm } = JSON.parse(received.at(-1)?.body ?? '') as Record<string, string>;
  const message = Buffer.from(Message ?? '', 'base64');
  if (message.length < 1 || message.length > 4096 || MacAlgorithm !== 'HMAC_SHA_256') {
    return { status: 400, body: { __type: 'ValidationException' } };
  }
  const Mac = createHmac('sha256', 'a key that never leaves KMS').update(message).digest('base64');
  return { status: 200, body: { KeyId: 'key', Mac, MacAlgorithm } };
};

fingerprintsSuite('on KMS', async () => {
  const { client } = await stubService([kms]);
  return awsFingerprints('alias/keyturn/fingerprints', new KMSClient(client));
});
