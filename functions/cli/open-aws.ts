import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { awsAccessLog } from '../aws/access-log.ts';
import { clientSettings } from '../aws/client-settings.ts';
import { awsDeployment } from '../aws/deployment.ts';
import { awsExecutions } from '../aws/executions.ts';
import { awsFingerprints } from '../aws/fingerprints.ts';
import { awsLedger } from '../aws/ledger.ts';
import { awsNotices } from '../aws/notices.ts';
import { awsVault } from '../aws/vault.ts';
import { instant, milliseconds } from '../domain/identifiers.ts';
import { localRegister } from '../local/register.ts';
import type { Executions } from '../ports.ts';
import { connector } from '../providers/connect.ts';
import type { DeclaredRegister } from '../register/register.ts';
import { fetchHttp } from '../shell/fetch-http.ts';
import type { Call } from './call.ts';
import { CommandError } from './command-error.ts';
import { deploymentSettings } from './deployment-settings.ts';
import { waitAtMost } from './pass-time.ts';
import type { OpenedPorts } from './session.ts';

// The names that infra/constructs/names.ts gives; a test holds the two together.
export const deployed = {
  ledgerTable: 'keyturn-ledger',
  bus: 'keyturn',
  topic: 'keyturn-people',
  machinePrefix: 'keyturn-',
  managedSecretsKey: 'alias/keyturn/managed-secrets',
  adminSecretsKey: 'alias/keyturn/admin-secrets',
  fingerprintKey: 'alias/keyturn/fingerprints',
} as const;

/** The ports on AWS, in the account and region of the environment. */
export const openAws = async ({ io }: Call, { credentials }: DeclaredRegister): Promise<OpenedPorts> => {
  const client = new SFNClient(clientSettings);
  await client.config.region().catch(() => {
    throw new CommandError({
      what: 'No AWS region is set.',
      why: 'Keyturn works on AWS unless --local is given.',
      next: 'Set AWS_REGION (and AWS_PROFILE), or add --local.',
    });
  });
  let machines: Promise<ReadonlyMap<string, string>> | undefined;
  const findMachines = (): Promise<ReadonlyMap<string, string>> => (machines ??= listMachines(client));
  const { clock } = io;
  const http = fetchHttp();
  const vault = awsVault({ kmsKeyId: deployed.managedSecretsKey });
  const ledger = awsLedger(deployed.ledgerTable);
  const peopleTopicArn = async (): Promise<string> => topicOf(await findMachines());

  return {
    ports: {
      clock,
      vault,
      ledger,
      notices: {
        send: async (notice) => awsNotices({ topicArn: await peopleTopicArn(), busName: deployed.bus }).send(notice),
      },
      executions: executionsOf(client, findMachines),
      fingerprints: awsFingerprints(deployed.fingerprintKey),
      register: localRegister(credentials),
      connect: connector({ vault, http, clock }),
    },
    adminVault: awsVault({ kmsKeyId: deployed.adminSecretsKey }),
    accessLog: awsAccessLog(clock),
    deployment: awsDeployment({ machines: findMachines, peopleTopicArn }),
    http,
    letCallsLandSeconds: deploymentSettings().letCallsLandSeconds,
    advance: (tick) => waitAtMost(io, tick, null),
    running: null,
    close: async () => client.destroy(),

    // Step Functions would tell by its history; the ledger tells as much of the one wait that is long.
    waitOf: async (rotationId, credential) => {
      const { rotation } = (await ledger.read(credential.id)).record;
      if (rotation?.rotationId !== rotationId || rotation.phase !== 'confirmed' || rotation.cutOverAt === null)
        return null;
      if (rotation.urgency === 'emergency' || rotation.old === null) return null;
      const until = milliseconds(rotation.cutOverAt) + rotation.credential.overlapSeconds * 1000;
      return until > milliseconds(clock.now()) ? { state: 'Overlap', until: instant(until) } : null;
    },
  };
};

const executionsOf = (client: SFNClient, findMachines: () => Promise<ReadonlyMap<string, string>>): Executions => {
  const connected = async (provider: string): Promise<Executions> => {
    const name = `${deployed.machinePrefix}${provider}`;
    const arn = (await findMachines()).get(name);
    if (arn === undefined) throw notDeployed(`There is no state machine ${name} in this account and region.`);
    return awsExecutions(() => arn, client);
  };
  return {
    start: async (request) => (await connected(request.target.provider)).start(request),
    look: async (rotation) => (await connected(rotation.provider)).look(rotation),
  };
};

/** The account's id stands in the ARNs, so nothing else need be asked for it. */
const listMachines = async (client: SFNClient): Promise<ReadonlyMap<string, string>> => {
  const found = new Map<string, string>();
  let nextToken: string | undefined;
  do {
    const page = await client
      .send(new ListStateMachinesCommand({ maxResults: 1000, ...(nextToken && { nextToken }) }))
      .catch((error: unknown) => {
        throw unreachable(error);
      });
    for (const { name = '', stateMachineArn = '' } of page.stateMachines ?? []) {
      if (name.startsWith(deployed.machinePrefix)) found.set(name, stateMachineArn);
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return found;
};

const topicOf = (machines: ReadonlyMap<string, string>): string => {
  const [arn] = machines.values();
  const [, partition, , region, account] = arn?.split(':') ?? [];
  if (account === undefined) throw notDeployed('There is no state machine of Keyturn in this account and region.');
  return `arn:${partition ?? 'aws'}:sns:${region ?? ''}:${account}:${deployed.topic}`;
};

const notDeployed = (why: string): CommandError =>
  new CommandError({
    what: 'Keyturn is not deployed here for that provider.',
    why,
    next: 'Look at AWS_PROFILE and AWS_REGION; deploy with: npx cdk deploy --all. To work on this machine: --local',
  });

const unreachable = (error: unknown): CommandError =>
  new CommandError({
    what: 'AWS did not answer.',
    // Its message may quote the request; its name is enough to look it up.
    why: `Step Functions: ${error instanceof Error ? error.name : 'no reason'}.`,
    next: 'Look at AWS_PROFILE, AWS_REGION and the permission states:ListStateMachines. To work on this machine: --local',
  });
