import type { Construct } from 'constructs';
import type { DeclaredRegister } from '../../functions/register/register.ts';
import type { FoundationStack } from '../foundation-stack.ts';
import type { DeadLetters } from './dead-letters.ts';
import * as names from './names.ts';
import type { Places } from './permissions.ts';

export interface PlacesProps {
  readonly providers: readonly string[];
  readonly foundation: FoundationStack;
  readonly register: DeclaredRegister;
  readonly deadLetters: DeadLetters;
}

/** Where these providers' functions may work. */
export const placesOf = (scope: Construct, { providers, foundation, register, deadLetters }: PlacesProps): Places => {
  const { ledger, people, bus, keys } = foundation;
  const adopting = providers.filter((provider) => hasAdopted(register, provider));
  return {
    providers,
    ledger: ledger.tableArn,
    adminSecrets: [...providers.map(names.adminSecrets), ...adminSecretsElsewhere(register)].map((name) =>
      names.secretArn(scope, name),
    ),
    managedSecrets: providers.map((provider) => names.secretArn(scope, names.managedSecrets(provider))),
    adoptedSecrets: adopting.length === 0 ? null : { arn: names.secretArn(scope, '*'), providers: adopting },
    machines: providers.map((provider) => names.arn(scope, 'states', 'stateMachine', names.machineName(provider))),
    executions: providers.map((provider) =>
      names.arn(scope, 'states', 'execution', `${names.machineName(provider)}:*`),
    ),
    people: people.topicArn,
    bus: bus.eventBusArn,
    webhookSecrets: names.secretArn(scope, names.webhookSecrets),
    sourceTokens: names.secretArn(scope, names.sourceTokens),
    intakeQueue: names.sqsArn(scope, names.intakeQueueName),
    undelivered: deadLetters.queue.queueArn,
    keys: {
      adminSecrets: keys.adminSecrets.keyArn,
      managedSecrets: keys.managedSecrets.keyArn,
      data: keys.data.keyArn,
      fingerprints: keys.fingerprints.keyArn,
    },
  };
};

const hasAdopted = ({ credentials }: DeclaredRegister, provider: string): boolean =>
  credentials.some(({ target, secret }) => target.provider === provider && !secret.startsWith(`keyturn/${provider}/`));

/** Admin secrets that the register names itself. Six letters of Secrets Manager's own end the ARN. */
const adminSecretsElsewhere = ({ accounts }: DeclaredRegister): readonly string[] =>
  accounts
    .filter(({ provider, adminSecret }) => !adminSecret.startsWith(`keyturn/admin/${provider}/`))
    .map(({ adminSecret }) => `${adminSecret}-??????`);
