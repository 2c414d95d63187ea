import type { App } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { secretName } from '../../functions/domain/identifiers.ts';
import { appOf, credentialOf, providerIds, registerOf, resourcesOf, stackOf, textOf } from './synthesised.ts';

type Statement = {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
};
type Grant = { readonly role: string; readonly actions: readonly string[]; readonly on: string; readonly when: string };

let app: App;
/** With everything that a setting can switch on. */
let fullApp: App;

beforeAll(() => {
  app = appOf(registerOf(1));
  fullApp = appOf(registerOf(1), { githubScopes: 'orgs/acme', gitguardianPoll: true });
});

/** What every role of a stack may do, by the name of its function. */
const grantsOf = (template: Template, provider: string): readonly Grant[] => {
  const roleIds = new Map(
    resourcesOf(template, 'AWS::Lambda::Function').map(([, { Properties }]) => [
      (Properties['Role'] as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0],
      String(Properties['FunctionName']).replace(`keyturn-${provider}-`, ''),
    ]),
  );
  return resourcesOf(template, 'AWS::IAM::Role').flatMap(([id, { Properties }]) => {
    const policies = Properties['Policies'] as { PolicyDocument: { Statement: Statement[] } }[];
    return policies
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .map(({ Effect, Action, Resource, Condition = {} }) => {
        expect(Effect).toBe('Allow');
        return {
          role: roleIds.get(id) ?? id,
          actions: [Action].flat(),
          on: shorten(textOf(Resource)),
          when: Object.values(Condition)
            .flatMap((keys) => Object.entries(keys).map(([key, value]) => `${key}=${shorten(textOf(value))}`))
            .join(' and '),
        };
      });
  });
};

/** ARNs as a reviewer reads them: without what is the same in all of them. */
const shorten = (text: string): string =>
  text
    .replaceAll('arn:{partition}:', '')
    .replaceAll(/:\{region\}:\{accountid\}/g, '')
    .replaceAll('.{region}.amazonaws.com', '')
    .replaceAll(/\{keyturn-foundation:ExportsOutputFnGetAtt(Keys)?([A-Za-z]+?)[0-9A-F]{8}Arn[0-9A-F]{8}\}/g, '{$2}')
    .replaceAll(/\{keyturn-foundation:ExportsOutputRef([A-Za-z]+?)[0-9A-F]{8}[0-9A-F]*\}/g, '{$1}')
    .replaceAll(/\{([A-Za-z]+?)[0-9A-F]{8}\.Arn\}/g, '{$1}');

const linesOf = (grants: readonly Grant[]): readonly string[] =>
  grants.map(({ actions, on, when }) => `  ${actions.join(' ')} on ${on}${when && ` if ${when}`}`);

/** One block for each role; what every function may do stands at the top, once. */
const blocksOf = (grants: readonly Grant[]): readonly string[] => {
  const names = [...new Set(grants.map(({ role }) => role))];
  const isFunction = (name: string): boolean => !/Role[0-9A-F]{8}$/.test(name);
  const blocks = names.map((name) => ({ name, lines: linesOf(grants.filter(({ role }) => role === name)) }));
  const functions = blocks.filter(({ name }) => isFunction(name));
  const shared = functions[0]?.lines.filter((line) => functions.every(({ lines }) => lines.includes(line))) ?? [];
  return [
    { name: 'every function', lines: shared },
    ...blocks.map(({ name, lines }) => ({
      name,
      lines: isFunction(name) ? lines.filter((line) => !shared.includes(line)) : lines,
    })),
  ].map(({ name, lines }) => [name, ...lines].join('\n'));
};

const matrixOf = (provider: string): readonly string[] =>
  blocksOf(grantsOf(stackOf(app, provider), provider)).map((block) => block.replaceAll(provider, '<provider>'));

describe('the permission matrix', () => {
  it('is the reviewed one: every role of an overlap provider, and those in which other strategies differ', async () => {
    const overlap = matrixOf('openai');
    const others = ['azure-openai', 'anthropic'].flatMap((provider) => {
      const differing = matrixOf(provider).filter((block) => !overlap.includes(block));
      return [`# ${provider}: as above, but`, ...differing];
    });
    const text = [
      '# openai, and every provider whose keys live side by side',
      ...overlap,
      ...others,
      '# intake, which serves all providers',
      ...blocksOf(grantsOf(stackOf(fullApp, 'intake'), 'intake')),
    ].join('\n\n');
    await expect(`${text}\n`).toMatchFileSnapshot('permissions.golden.txt');
  });

  it('differs between providers of one strategy in nothing but the name', () => {
    expect(matrixOf('pinecone')).toEqual(matrixOf('openai'));
  });
});

it.each([...providerIds, 'intake'])(
  'in the stack of %s no action has a wildcard, and a resource is one only where there is none to name',
  (part) => {
    const withoutResource =
      /^(xray:(Put|Get)[A-Za-z]+|logs:[A-Za-z]+(LogDelivery|LogDeliveries|LogGroups|ResourcePolicy|ResourcePolicies))$/;
    for (const { actions, on } of grantsOf(stackOf(fullApp, part), part)) {
      expect(actions.join()).not.toContain('*');
      if (on === '*') for (const action of actions) expect(action).toMatch(withoutResource);
    }
  },
);

describe.each(providerIds)('in the stack of %s', (provider) => {
  const grants = (): readonly Grant[] => grantsOf(stackOf(app, provider), provider);
  const mayDo = (action: string): readonly string[] => [
    ...new Set(
      grants()
        .filter(({ actions }) => actions.includes(action))
        .map(({ role }) => role),
    ),
  ];

  it('everything is on this provider, or on what all share', () => {
    const others = providerIds.filter((id) => id !== provider && !provider.includes(id));
    for (const { on, when } of grants()) {
      for (const other of others) expect(`${on} ${when}`).not.toMatch(new RegExp(`keyturn[-/](admin/)?${other}[/:]`));
    }
  });

  it('admin secrets are only read, and only what serves', () => {
    const readers = grants().filter(({ on }) => on.includes('secret:keyturn/admin/'));
    expect(readers.length).toBeGreaterThan(0);
    for (const { actions, when } of readers) {
      expect(actions).toEqual(['secretsmanager:GetSecretValue']);
      expect(when).toBe('secretsmanager:VersionStage=AWSCURRENT');
    }
  });

  it('every read of a value is bound to a label, and every use of a key to a service', () => {
    for (const { actions, when } of grants()) {
      if (actions.includes('secretsmanager:GetSecretValue')) expect(when).toContain('secretsmanager:VersionStage=');
      // The key of fingerprints opens nothing, and is asked directly.
      if (actions.includes('kms:GenerateMac')) expect(actions).toEqual(['kms:GenerateMac']);
      else if (actions.some((action) => action.startsWith('kms:'))) expect(when).toContain('kms:ViaService=');
      if (when.includes('kms:ViaService=secretsmanager')) expect(when).toContain('kms:EncryptionContext:SecretARN=');
    }
  });

  it('duties are apart: who stores a key moves no label, who moves AWSCURRENT forward calls no provider', () => {
    expect(mayDo('secretsmanager:PutSecretValue').filter((role) => role !== 'create-key')).toEqual([]);
    const movers = mayDo('secretsmanager:UpdateSecretVersionStage');
    expect(movers.toSorted()).toEqual(['cut-over', 'finish', 'reconcile', 'roll-back', 'stage']);
    expect(mayDo('states:StartExecution')).toEqual(['start-due', 'reconcile']);
  });

  it('nobody deletes, and nobody touches the audit bucket', () => {
    for (const { actions, on } of grants()) {
      for (const action of actions) {
        if (action !== 'logs:DeleteLogDelivery')
          expect(action).not.toMatch(/:(Delete|Remove|Terminate|Update(?!SecretVersionStage|LogDelivery))/);
        expect(action).not.toMatch(/^s3:/);
      }
      expect(on).not.toContain('Audit');
    }
  });
});

describe('a secret with a name of its own', () => {
  it('is reached by its tag, and admin secrets by their names; neither makes the policies longer the more there are', () => {
    const adopting = (count: number): Template => {
      const register = registerOf(0);
      const credentials = Array.from({ length: count }, (_, index) => ({
        ...credentialOf('openai', `adopted-${index}`),
        secret: secretName(`team/openai-key-${index}`),
      }));
      const accounts = register.accounts.map((account) =>
        account.provider === 'openai' ? { ...account, adminSecret: secretName('team/openai-admin') } : account,
      );
      return stackOf(appOf({ accounts, credentials }), 'openai');
    };
    const few = blocksOf(grantsOf(adopting(1), 'openai')).join('\n');
    expect(few).toContain(
      'secretsmanager:PutSecretValue on secretsmanager:secret:* if aws:ResourceTag/keyturn:provider=openai',
    );
    expect(few).toContain('secretsmanager:secret:team/openai-admin-??????');
    expect(few.split('\n').filter((line) => line.includes('secret:* '))).toEqual(
      few.split('\n').filter((line) => line.includes('aws:ResourceTag/keyturn:provider=openai')),
    );
    expect(blocksOf(grantsOf(adopting(40), 'openai')).join('\n')).toBe(few);
  });
});
