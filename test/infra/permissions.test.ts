import { fileURLToPath } from 'node:url';
import type { App } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { secretName } from '../../functions/domain/identifiers.ts';
import { type FunctionName, type Right, rightsOf } from '../../infra/constructs/permissions.ts';
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

/** One block for each role. */
const blocksOf = (grants: readonly Grant[]): readonly string[] =>
  [...new Set(grants.map(({ role }) => role))].map((name) => {
    const lines = grants
      .filter(({ role }) => role === name)
      .map(({ actions, on, when }) => `  ${actions.join(' ')} on ${on}${when && ` if ${when}`}`);
    return [name, ...lines].join('\n');
  });

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

describe.each(providerIds)('in the stack of %s', (provider) => {
  const grants = (): readonly Grant[] => grantsOf(stackOf(app, provider), provider);
  const mayDo = (action: string): readonly string[] => [
    ...new Set(
      grants()
        .filter(({ actions }) => actions.includes(action))
        .map(({ role }) => role),
    ),
  ];

  it('no action has a wildcard, and a resource is one only where there is none to name', () => {
    const services =
      /^(xray:(Put|Get)[A-Za-z]+|logs:[A-Za-z]+(LogDelivery|LogDeliveries|LogGroups|ResourcePolicy|ResourcePolicies))$/;
    for (const { actions, on } of grants()) {
      expect(actions.join()).not.toContain('*');
      if (on === '*') for (const action of actions) expect(action).toMatch(services);
    }
  });

  it('everything is on this provider, or on what all share', () => {
    const others = providerIds.filter((id) => id !== provider && !provider.includes(id));
    for (const { on, when } of grants()) {
      for (const other of others) expect(`${on} ${when}`).not.toMatch(new RegExp(`keyturn[-/](admin/)?${other}[/:]`));
    }
  });

  it('admin secrets are read by exactly the functions that call the provider', () => {
    const readers = grants().filter(({ on }) => on.includes('secret:keyturn/admin/'));
    for (const { actions, when } of readers) {
      expect(actions).toEqual(['secretsmanager:GetSecretValue']);
      expect(when).toBe('secretsmanager:VersionStage=AWSCURRENT');
    }
    const names = new Set(readers.map(({ role }) => role));
    for (const never of ['stage', 'cut-over', 'finish', 'record-outcome', 'start-due'])
      expect(names).not.toContain(never);
    for (const always of ['contain', 'validate', 'revoke-old', 'sweep-strays']) expect(names).toContain(always);
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

describe('the table of rights', () => {
  /** What remains of a function's source when everything that it cannot reach is taken away. */
  const reachable = async (entry: string): Promise<string> => {
    const { outputFiles } = await build({
      stdin: { contents: entry, loader: 'ts', resolveDir: fileURLToPath(new URL('../../', import.meta.url)) },
      bundle: true,
      treeShaking: true,
      write: false,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      logLevel: 'error',
    });
    return outputFiles[0]?.text ?? '';
  };

  /** The ports that the text uses, as rights. */
  const rightsUsed = (text: string): ReadonlySet<Right> => {
    const used = new Set<Right>();
    if (/\bledger\b/.test(text)) used.add('ledger');
    if (/\bports\.connect\(/.test(text)) used.add('admin-secret');
    if (/\bvault\.(create|store)\(/.test(text)) used.add('store-version');
    if (/\bvault\.moveLabel\(/.test(text)) used.add('move-labels');
    if (/\bnotices\.send\(/.test(text)) used.add('notices');
    // A start looks first (functions/aws/executions.ts).
    if (/\bexecutions\.start\(/.test(text)) used.add('start-runs').add('look-at-runs');
    if (/\bexecutions\.look\(/.test(text)) used.add('look-at-runs');
    if (/\bfingerprints\.of\(/.test(text)) used.add('fingerprint');
    if (/\bvault\.describe\(adminSecret\)/.test(text)) used.add('describe-admin');
    if (/\bawait readSourceToken\(/.test(text)) used.add('source-tokens');
    if (/\bports\.secretsOf\(/.test(text)) used.add('webhook-secrets');
    if (/\bintake\.put\(/.test(text)) used.add('send-intake');
    for (const [, label = ''] of text.matchAll(/\bvault\.read\([^,]+,[^,]+, ?(\w+)/g)) {
      if (/^current/.test(label)) used.add('read-current');
      else if (/^pending/.test(label)) used.add('read-pending');
      else if (/^newLabel/.test(label)) used.add('read-new');
      else if (/^label/.test(label)) used.add('read-old');
      else throw new TypeError(`A value is read under ${label}: say in this test which right that is.`);
    }
    return used;
  };

  const sources: Readonly<Partial<Record<FunctionName, string>>> = {
    'start-due': "export { startDue } from './functions/triggers/start-due.ts';",
    reconcile: "export { reconcile } from './functions/watch/reconcile.ts';",
    'sweep-strays': "export { sweepStrays } from './functions/watch/sweep-strays.ts';",
    webhook: "export { receive } from './functions/triggers/webhooks/receive.ts';",
    intake: `
      export { takeIn } from './functions/triggers/take-in.ts';
      export { acceptReport } from './functions/triggers/compromise.ts';
    `,
    escalate: "export { escalate } from './functions/watch/escalate.ts';",
    'poll-github': "export { pollGithub } from './functions/watch/poll-github.ts';",
    'poll-gitguardian': "export { pollGitguardian } from './functions/watch/poll-gitguardian.ts';",
  };

  it.each(Object.keys(rightsOf) as FunctionName[])('gives %s what its source uses, and no more', async (name) => {
    const source = sources[name] ?? `export * from './functions/steps/${name}.ts';`;
    // The shell of every step writes the journal.
    const used = new Set<string>([
      ...rightsUsed(await reachable(source)),
      ...(sources[name] === undefined ? ['ledger'] : []),
    ]);
    // Of a leaked admin key a provider's reconcile leaves the proof to a person (functions/watch/serve-admin-obligations.ts).
    if (name === 'reconcile') used.delete('describe-admin');
    // What AWS does in a function's name is in no source.
    const own = rightsOf[name].filter((right) => right !== 'undelivered' && right !== 'receive-intake');
    expect(own.toSorted()).toEqual([...used].toSorted());
  });
});
