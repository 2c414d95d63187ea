import { Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { nagPacks } from '../../infra/constructs/nag-packs.ts';
import { DeploymentError, readSettings } from '../../infra/settings.ts';
import { appOf, providerIds, registerOf } from './synthesised.ts';

describe('the deployment', () => {
  it('has the foundation, one stack for each provider of the register, and the intake', () => {
    const stacks = appOf(registerOf(1)).node.children.filter((child) => child instanceof Stack);
    expect(stacks.map(({ stackName }) => stackName)).toEqual([
      'keyturn-foundation',
      ...providerIds.map((provider) => `keyturn-${provider}`),
      'keyturn-intake',
    ]);
  });

  it('leaves out the providers that the register has no account of', () => {
    const { accounts } = registerOf(0);
    const app = appOf({ accounts: accounts.filter(({ provider }) => provider === 'pinecone'), credentials: [] });
    expect(app.node.children.map(({ node }) => node.id)).toContain('keyturn-pinecone');
    expect(app.node.children.map(({ node }) => node.id)).not.toContain('keyturn-openai');
  });

  it('has as many resources for 200 credentials of each provider as for one', () => {
    const [one, many] = [1, 200].map((credentialsEach) => {
      const assembly = appOf(registerOf(credentialsEach)).synth();
      return assembly.stacks.map(({ stackName, template }) => {
        const { Resources } = template as { Resources: Record<string, unknown> };
        return [stackName, Object.keys(Resources).length, JSON.stringify(template).length];
      });
    });
    expect(many).toEqual(one);
  });

  it('passes cdk-nag, each finding that is accepted being accepted on its own construct', () => {
    const app = appOf(registerOf(1));
    for (const pack of nagPacks(app)) {
      expect(pack.validateScope(app).violations).toEqual([]);
    }
    // Not on an app or a stack, where one acceptance would cover what is added later.
    const accepting = app.node.findAll().filter(({ node }) => JSON.stringify(node.metadata).includes('AwsSolutions-'));
    expect(accepting.length).toBeGreaterThan(50);
    for (const scope of [app, ...app.node.children]) expect(accepting).not.toContain(scope);
  });

  it('is not synthesised when a finding is left', () => {
    const app = appOf(registerOf(0));
    new Bucket(new Stack(app, 'more'), 'Unprotected');
    expect(() => app.synth()).toThrow(/The S3 Bucket has server access logs disabled/);
  });

  it('passes the rules of CloudFormation itself', () => {
    expect(() => appOf(registerOf(1), {}, { builtinCloudFormationValidation: true }).synth()).not.toThrow();
  });

  it.each([
    [
      'letCallsLandSeconds',
      120,
      /letCallsLandSeconds is 120, but a call of CreateKey may be in flight for 120 seconds/,
    ],
    ['environment', 'staging', /environment: /],
    ['logRetentionDays', 42, /logRetentionDays: .*CloudWatch Logs/],
    ['dueSweepMinutes', 0, /dueSweepMinutes: /],
    ['githubScopes', 'acme', /githubScopes: must be like orgs\/acme,repos\/acme\/app/],
    ['oktaEventBus', 'default', /oktaEventBus: is no partner event bus of Okta/],
    ['runbookUrl', 'https://wiki.example.com/keyturn#alarms', /runbookUrl: is not where RUNBOOK\.md is read/],
  ])('refuses %s = %s, and says what to change', (name, value, message) => {
    expect(() => appOf(registerOf(1), { [name]: value })).toThrow(message);
    expect(() => appOf(registerOf(1), { [name]: value })).toThrow(DeploymentError);
  });

  it('takes settings from the command line, where everything is text', () => {
    const { node } = appOf(registerOf(0), { dueSweepMinutes: '30' });
    expect(readSettings(node).dueSweepMinutes).toBe(30);
  });
});
