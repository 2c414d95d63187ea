import { KMSClient } from '@aws-sdk/client-kms';
import { expect, it } from 'vitest';
import { awsFingerprints } from '../../functions/aws/fingerprints.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { formsOf } from '../../functions/shell/secret-forms.ts';
import { failure, type Reply, stubService } from './stub-service.ts';

const canary = 'sk-proj-canary-0123456789abcdef';

const fingerprintsThat = async (reply: Reply) => {
  const { client, received } = await stubService([reply]);
  return { fingerprints: awsFingerprints('alias/keyturn/fingerprints', new KMSClient(client)), received };
};

it('asks the key that it was given, and shows it nothing of the value', async () => {
  const mac = Buffer.alloc(32, 0xa5);
  const { fingerprints, received } = await fingerprintsThat({ status: 200, body: { Mac: mac.toString('base64') } });
  const print = await fingerprints.of(new SecretValue(canary));
  expect(print.fingerprint).toBe(mac.toString('hex'));
  expect(received.map(({ operation }) => operation)).toEqual(['GenerateMac']);
  const body = received[0]?.body ?? '';
  expect(JSON.parse(body)).toMatchObject({ KeyId: 'alias/keyturn/fingerprints', MacAlgorithm: 'HMAC_SHA_256' });
  expect(formsOf(canary).filter((form) => body.includes(form))).toEqual([]);
});

it.each([
  ['NothingChanged', 'lost'],
  ['NothingChanged', failure(500, 'KMSInternalException')],
  ['NothingChanged', failure(500, 'DependencyTimeoutException')],
  ['NothingChanged', failure(500, 'KeyUnavailableException')],
  ['NothingChanged', failure(400, 'ThrottlingException')],
  ['NothingChanged', { status: 200, body: {} }],
  ['NeedsPerson', failure(400, 'AccessDeniedException')],
  ['NeedsPerson', failure(400, 'KMSInvalidStateException')],
  ['NeedsPerson', failure(400, 'DisabledException')],
  ['NeedsPerson', failure(400, 'NotFoundException')],
] as const)('says %s for %j, and nothing of the value', async (name, reply) => {
  const { fingerprints } = await fingerprintsThat(reply);
  const error: unknown = await fingerprints.of(new SecretValue(canary)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name });
  expect(String(error)).not.toContain('canary');
});
