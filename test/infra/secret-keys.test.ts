import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DeploymentError } from '../../infra/settings.ts';
import { appOf, registerOf, resourcesOf, stackOf, textOf } from './synthesised.ts';

const policyForm = z.object({
  Statement: z.array(
    z.looseObject({
      Effect: z.string(),
      Action: z.unknown(),
      Principal: z.unknown(),
      Condition: z.optional(z.unknown()),
    }),
  ),
});
const operator = 'arn:aws:iam::123456789012:role/security-lead';
const breakGlass = 'arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_BreakGlass_*';

const accounts = registerOf(0).accounts.slice(0, 1);

/** What is denied on each of our keys, in the order of the keys. */
const deniedWith = (operatorRoles: string) =>
  resourcesOf(stackOf(appOf({ accounts, credentials: [] }, { operatorRoles }), 'foundation'), 'AWS::KMS::Key').map(
    ([, { Properties }]) =>
      policyForm.parse(Properties['KeyPolicy']).Statement.filter(({ Effect }) => Effect === 'Deny'),
  );

describe('the keys of secrets', () => {
  it('are denied to everybody but Keyturn’s roles and those that the setting names: admin secrets whole, others to write', () => {
    const [admin, managed, ...others] = deniedWith(`${operator},${breakGlass}`);
    const writing = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptTo'];
    expect(admin?.map(({ Action }) => Action)).toEqual([['kms:Decrypt', 'kms:ReEncryptFrom', ...writing].toSorted()]);
    // Consumers read: who they are is nobody's list.
    expect(managed?.map(({ Action }) => Action)).toEqual([writing]);
    for (const { Principal, Condition } of [...(admin ?? []), ...(managed ?? [])]) {
      expect(Principal).toEqual({ AWS: '*' });
      const { ArnNotLike } = Condition as { ArnNotLike: Record<string, unknown[]> };
      expect(Object.keys(Condition as object)).toEqual(['ArnNotLike']);
      expect(ArnNotLike['aws:PrincipalArn']?.map(textOf)).toEqual([
        'arn:{partition}:iam::{accountid}:role/keyturn-*',
        operator,
        breakGlass,
      ]);
    }
    expect(others.flat()).toEqual([]);
  });

  it('can be administered by the account all the same, so that a wrong setting can be mended', () => {
    for (const denied of deniedWith(operator).flat()) {
      expect(JSON.stringify(denied.Action)).not.toMatch(/PutKeyPolicy|kms:\*|Administ/);
    }
  });

  it('are denied to nobody while the setting names nobody', () => {
    expect(deniedWith('').flat()).toEqual([]);
  });

  it.each(['security-lead', '*', `${operator}, ${operator}`])('refuse %s as a role', (operatorRoles) => {
    expect(() => deniedWith(operatorRoles)).toThrow(DeploymentError);
  });
});
