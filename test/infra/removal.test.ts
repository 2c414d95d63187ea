import { Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { appOf, providerIds, registerOf } from './synthesised.ts';

type Resource = { readonly Type: string; readonly DeletionPolicy?: string; readonly UpdateReplacePolicy?: string };
type Template = { readonly Resources: Record<string, Resource>; readonly Outputs?: Record<string, object> };

const register = registerOf(1);
const without = (provider: string) => ({
  accounts: register.accounts.filter((account) => account.provider !== provider),
  credentials: register.credentials.filter(({ target }) => target.provider !== provider),
});
const synthesised = (declared = register): ReadonlyMap<string, Template> =>
  new Map(
    appOf(declared)
      .synth()
      .stacks.map(({ stackName, template }) => [stackName, template as Template]),
  );

/** What holds something that nobody can make again. */
const keeps = ['AWS::DynamoDB::Table', 'AWS::KMS::Key', 'AWS::S3::Bucket', 'AWS::SecretsManager::Secret'];

describe('a provider, or all of Keyturn, removed', () => {
  const stacks = synthesised();

  it('takes nothing with it that cannot be made again: that is in the foundation, and stays', () => {
    for (const [name, { Resources }] of stacks) {
      const kept = Object.values(Resources).filter(({ Type }) => keeps.includes(Type));
      expect(kept.length > 0, name).toBe(name === 'keyturn-foundation');
      for (const { Type, DeletionPolicy, UpdateReplacePolicy } of kept) {
        expect([Type, DeletionPolicy, UpdateReplacePolicy]).toEqual([Type, 'Retain', 'Retain']);
      }
    }
  });

  it('deletes no secret: none is a resource of a stack, and no role may', () => {
    for (const { Resources } of stacks.values()) {
      const text = JSON.stringify(Resources);
      expect(text).not.toContain('AWS::SecretsManager::');
      expect(text).not.toMatch(/secretsmanager:(Delete|\*)/);
      expect(text).not.toMatch(/dynamodb:(Delete|BatchWrite|\*)/);
    }
  });

  it('is not done by mistake in production', () => {
    for (const environment of ['production', 'development']) {
      const children = appOf(register, { environment }).node.children.filter((child) => child instanceof Stack);
      for (const { stackName, terminationProtection } of children) {
        expect([stackName, terminationProtection]).toEqual([stackName, environment === 'production']);
      }
    }
  });

  it.each(providerIds)(
    '%s: its stack is no longer synthesised, and the others stand on the same as before',
    (provider) => {
      const rest = synthesised(without(provider));
      expect([...rest.keys()]).toEqual([...stacks.keys()].filter((name) => name !== `keyturn-${provider}`));
      // An export that went away would keep the deploy from being made while the stack is still there.
      expect(rest.get('keyturn-foundation')?.Outputs).toEqual(stacks.get('keyturn-foundation')?.Outputs);
    },
  );
});
