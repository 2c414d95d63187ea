import { type App, Validations } from 'aws-cdk-lib';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import type { Strategy } from '../functions/domain/credential.ts';
import type { DeclaredRegister } from '../functions/register/register.ts';
import type { FunctionName } from './constructs/permissions.ts';
import { ForwardingStack, forwardingRegions } from './forwarding-stack.ts';
import { FoundationStack } from './foundation-stack.ts';
import { IntakeStack } from './intake-stack.ts';
import { ProviderStack } from './provider-stack.ts';
import type { Settings } from './settings.ts';

export interface Deployment {
  readonly settings: Settings;
  readonly register: DeclaredRegister;
  readonly strategyOf: (provider: string) => Strategy;
  readonly code: (name: FunctionName) => Code;
}

/** What is deployed: the foundation, one stack for each provider that the register has an account of, and the intake. */
export const deploy = (app: App, { settings, register, strategyOf, code }: Deployment): void => {
  const foundation = new FoundationStack(app, settings);
  for (const provider of new Set(register.accounts.map((account) => account.provider))) {
    new ProviderStack(app, {
      provider,
      strategy: strategyOf(provider),
      settings,
      foundation,
      code,
      register: {
        accounts: register.accounts.filter((account) => account.provider === provider),
        credentials: register.credentials.filter((credential) => credential.target.provider === provider),
      },
    });
  }
  new IntakeStack(app, { settings, foundation, code, register });
  for (const region of forwardingRegions(settings)) new ForwardingStack(app, { region, settings });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
};
