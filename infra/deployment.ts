import { type App, Validations } from 'aws-cdk-lib';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import type { Strategy } from '../functions/domain/credential.ts';
import type { DeclaredRegister } from '../functions/register/register.ts';
import { Dashboard } from './constructs/dashboard.ts';
import { nagPacks } from './constructs/nag-packs.ts';
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
export const addStacks = (app: App, { settings, register, strategyOf, code }: Deployment): void => {
  const foundation = new FoundationStack(app, settings);
  const providers = [...new Set(register.accounts.map((account) => account.provider))];
  const stacks = providers.map(
    (provider) =>
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
      }),
  );
  const intake = new IntakeStack(app, { settings, foundation, code, register });
  new Dashboard(foundation, 'Dashboard', {
    settings,
    intakeAlarms: intake.alarms.names,
    providers: stacks.map(({ provider, stepFunctions, alarms }) => ({ provider, stepFunctions, alarms: alarms.names })),
  });
  for (const region of forwardingRegions(settings)) new ForwardingStack(app, { region, settings });
};

/** The same, held to the rules of cdk-nag when it is synthesised. */
export const deploy = (app: App, deployment: Deployment): void => {
  addStacks(app, deployment);
  Validations.of(app).addPlugins(...nagPacks(app));
};
