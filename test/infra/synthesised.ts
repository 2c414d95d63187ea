import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, type AppProps, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Credential } from '../../functions/domain/credential.ts';
import { accountId, credentialId, secretName } from '../../functions/domain/identifiers.ts';
import { strategyOf } from '../../functions/providers/connect.ts';
import { providerOf, providers } from '../../functions/providers/index.ts';
import type { DeclaredRegister } from '../../functions/register/register.ts';
import { deploy } from '../../infra/deployment.ts';
import { readSettings } from '../../infra/settings.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

export const providerIds = Object.keys(providers);

/** Every provider with one account and that many credentials. */
export const registerOf = (credentialsEach: number): DeclaredRegister => ({
  accounts: providerIds.map((provider) => ({
    id: accountId(`${provider}-production`),
    provider,
    environment: 'production',
    adminSecret: secretName(`keyturn/admin/${provider}/${provider}-production`),
    settings: {},
  })),
  credentials: providerIds.flatMap((provider) =>
    Array.from({ length: credentialsEach }, (_, index) => credentialOf(provider, `${provider}-${index}`)),
  ),
});

export const credentialOf = (provider: string, id: string): Credential => ({
  id: credentialId(id),
  target: {
    provider,
    account: accountId(`${provider}-production`),
    adminSecret: secretName(`keyturn/admin/${provider}/${provider}-production`),
    settings: {},
  },
  secret: secretName(`keyturn/${provider}/${id}`),
  service: id,
  purpose: 'chat',
  environment: 'production',
  owner: { name: 'Team', contact: 'team@example.com' },
  tier: 'service',
  sensitivity: 'standard',
  cadenceSeconds: 90 * 86_400,
  window: null,
  overlapSeconds: 86_400,
  maximumOverlapSeconds: 8 * 86_400,
  consumers: [],
  expects: { models: [], permissions: [] },
  spendAlertUsd: null,
  emergency: 'contain-first',
});

export const contextOfCdkJson = (): Record<string, unknown> =>
  (JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as { context: Record<string, unknown> })
    .context;

/** The app as it is deployed, with one empty bundle for all functions. */
export const appOf = (
  register: DeclaredRegister,
  context: Record<string, unknown> = {},
  props: AppProps = { builtinCloudFormationValidation: false },
): App => {
  const folder = scratchFolder('infra');
  const bundle = join(folder, 'bundle');
  mkdirSync(bundle);
  writeFileSync(join(bundle, 'index.mjs'), 'export const handler = 0;\n');
  const app = new App({ ...props, outdir: join(folder, 'out'), context: { ...contextOfCdkJson(), ...context } });
  deploy(app, {
    settings: readSettings(app.node),
    register,
    strategyOf: (provider) => strategyOf(providerOf(provider)),
    code: () => Code.fromAsset(bundle),
  });
  return app;
};

export const stackOf = (app: App, name: string): Template => {
  const stack = app.node.findChild(`keyturn-${name}`);
  if (!(stack instanceof Stack)) throw new TypeError(`keyturn-${name} is no stack.`);
  return Template.fromStack(stack);
};

export type Resource = { readonly Type: string; readonly Properties: Record<string, unknown> };

export const resourcesOf = (template: Template, type: string): readonly [string, Resource][] =>
  Object.entries(template.findResources(type) as Record<string, Resource>);

/** A template's value as text: `Fn::GetAtt`, `Ref` and `Fn::Join` as a person would write them. */
export const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textOf).join(',');
  const [[name, argument]] = Object.entries(value as Record<string, unknown>) as [[string, unknown]];
  switch (name) {
    case 'Ref':
      return `{${String(argument).replace('AWS::', '').toLowerCase()}}`;
    case 'Fn::GetAtt':
      return `{${(argument as string[]).join('.')}}`;
    case 'Fn::ImportValue':
      return `{${textOf(argument)}}`;
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map(textOf).join(separator);
    }
    default:
      return JSON.stringify(value);
  }
};
