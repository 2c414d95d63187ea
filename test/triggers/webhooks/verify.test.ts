import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { instant } from '../../../functions/domain/identifiers.ts';
import { SecretValue } from '../../../functions/domain/secret-value.ts';
import { verifyGitguardian } from '../../../functions/triggers/webhooks/verify-gitguardian.ts';
import { verifyGithub } from '../../../functions/triggers/webhooks/verify-github.ts';

const bytes = (text: string) => Buffer.from(text);
const secrets = (...texts: readonly string[]) => texts.map((text) => new SecretValue(text));

describe('GitHub', () => {
  // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
  const published = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
  const secret = "It's a Secret to Everybody";

  it('accepts the example that GitHub publishes', () => {
    expect(verifyGithub(published, bytes('Hello, World!'), secrets(secret))).toBe(true);
    expect(verifyGithub(published, bytes('Hello, World?'), secrets(secret))).toBe(false);
    expect(verifyGithub(published, bytes('Hello, World!'), secrets(`${secret}!`))).toBe(false);
  });

  it('accepts either of two secrets, in either order, and none of none', () => {
    expect(verifyGithub(published, bytes('Hello, World!'), secrets('another', secret))).toBe(true);
    expect(verifyGithub(published, bytes('Hello, World!'), secrets(secret, 'another'))).toBe(true);
    expect(verifyGithub(published, bytes('Hello, World!'), [])).toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['the older form', published.replace('sha256', 'sha1')],
    ['upper case', published.toUpperCase()],
    ['a digit less', published.slice(0, -1)],
    ['a digit more', `${published}0`],
    ['two in one', `${published}, ${published}`],
    ['a line more', `${published}\n`],
    ['a space before', ` ${published}`],
  ])('refuses %s', (_, signature) => {
    expect(verifyGithub(signature, bytes('Hello, World!'), secrets(secret))).toBe(false);
  });
});

describe('GitGuardian', () => {
  // Its own unit test: docs.gitguardian.com/platform/configure-alerting/notifiers-integrations/custom-webhook, 2026-11.
  const published = 'sha256=172fe3d694b734aa53dc892fd3b8d62163fc240064de570ba006900bb54a0fc2';
  const body = bytes('bar');
  const tokens = secrets('foo');
  const signedAt = (timestamp: string) =>
    `sha256=${createHmac('sha256', `${timestamp}foo`).update(body).digest('hex')}`;

  it('accepts the example that GitGuardian publishes, at its time', () => {
    expect(verifyGitguardian({ signature: published, timestamp: '0', body }, tokens, instant(0))).toBe(true);
    expect(verifyGitguardian({ signature: published, timestamp: '0', body }, secrets('fog'), instant(0))).toBe(false);
  });

  it.each([
    [300, true],
    [-300, true],
    [301, false],
    [-301, false],
  ])('sent %s s ago: %s', (seconds, accepted) => {
    const now = Date.UTC(2026, 10, 20);
    const sent = now - seconds * 1000;
    for (const timestamp of [String(sent / 1000), new Date(sent).toISOString()]) {
      const signature = signedAt(timestamp);
      expect(verifyGitguardian({ signature, timestamp, body }, tokens, instant(now))).toBe(accepted);
    }
  });

  it.each(['', 'now', 'NaN', '-1', '1e3', '0'.repeat(41), '0\n'])(
    'refuses the time %j, though it is signed',
    (timestamp) => {
      const signature = signedAt(timestamp);
      expect(verifyGitguardian({ signature, timestamp, body }, tokens, instant(0))).toBe(false);
    },
  );
});
