import { readFileSync } from 'node:fs';
import { type App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Code, ILayerVersion, Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Strategy } from '../functions/domain/credential.ts';
import { longOverdueSeconds } from '../functions/domain/decisions/due.ts';
import type { DeclaredRegister } from '../functions/register/register.ts';
import type { Flow } from '../workflows/flow.ts';
import { flows } from '../workflows/strategies.ts';
import { substitutions } from '../workflows/substitutions.ts';
import { acknowledge } from './constructs/acknowledge.ts';
import { Alarms, maximum, sum } from './constructs/alarms.ts';
import { counted } from './constructs/counted.ts';
import { DeadLetters } from './constructs/dead-letters.ts';
import { LambdaFunction, type LambdaFunctionProps } from './constructs/lambda-function.ts';
import * as names from './constructs/names.ts';
import type { FunctionName } from './constructs/permissions.ts';
import { placesOf } from './constructs/places.ts';
import { RegisterLayer } from './constructs/register-layer.ts';
import { RotationMachine } from './constructs/rotation-machine.ts';
import { Sweep } from './constructs/sweep.ts';
import type { FoundationStack } from './foundation-stack.ts';
import { DeploymentError, environmentOf, type Settings } from './settings.ts';

export interface ProviderStackProps {
  readonly provider: string;
  readonly strategy: Strategy;
  readonly settings: Settings;
  readonly foundation: FoundationStack;
  /** The bundle of each function. */
  readonly code: (name: FunctionName) => Code;
  /** What the register declares of this provider. */
  readonly register: DeclaredRegister;
}

/** Everything that rotates one provider's credentials. It grows with the strategy's steps, not with credentials. */
export class ProviderStack extends Stack {
  readonly provider: string;
  /** The function of each state that runs a step, by the state's name. */
  readonly stepFunctions: ReadonlyMap<string, string>;
  readonly alarms: Alarms;

  constructor(app: App, props: ProviderStackProps) {
    const { provider, strategy, settings, foundation, register } = props;
    const stackName = names.providerStackName(provider);
    super(app, stackName, {
      stackName,
      description: `Keyturn: rotates the credentials of ${provider} (${strategy}).`,
      ...environmentOf(settings),
      terminationProtection: settings.environment === 'production',
    });
    const { keys, people } = foundation;
    const flow = flows[strategy];
    this.provider = provider;
    this.stepFunctions = new Map(
      Object.keys(substitutions(flow)).map((state) => [state, names.functionName(provider, kebab(state))]),
    );

    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: names.logGroupName(provider),
      encryptionKey: keys.data,
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const deadLetters = new DeadLetters(this, 'Undelivered', {
      queueName: names.undeliveredQueueName(stackName),
      key: keys.data,
    });
    const { layer } = new RegisterLayer(this, 'Register', { of: provider, register });

    const machineArn = names.arn(this, 'states', 'stateMachine', names.machineName(provider));
    const places = placesOf(this, { providers: [provider], foundation, register, deadLetters });
    const shared = {
      part: provider,
      logGroup,
      places,
      environment: {
        KEYTURN_PROVIDER: provider,
        KEYTURN_LEDGER_TABLE: foundation.ledger.tableName,
        KEYTURN_PEOPLE_TOPIC_ARN: people.topicArn,
        KEYTURN_BUS_NAME: foundation.bus.eventBusName,
        KEYTURN_STATE_MACHINE_ARN: machineArn,
        KEYTURN_MANAGED_KEY_ARN: keys.managedSecrets.keyArn,
        KEYTURN_FINGERPRINT_KEY_ID: keys.fingerprints.keyArn,
      },
    } satisfies Partial<LambdaFunctionProps>;

    const machine = new RotationMachine(this, 'Rotation', {
      provider,
      aslText: readAsl(strategy),
      functions: this.#stepFunctions(flow, props, shared, layer),
      logKey: keys.data,
      logRetention: settings.logRetentionDays,
    });

    const sweep = { ...shared, timeoutSeconds: 300, deadLetters: deadLetters.queue, layers: [layer] };
    const starts = {
      KEYTURN_MAXIMUM_STARTS: String(settings.maximumStartsPerSweep),
      KEYTURN_LET_CALLS_LAND_SECONDS: String(settings.letCallsLandSeconds),
    };
    const startDue = new Sweep(this, 'StartDue', {
      ...sweep,
      name: 'start-due',
      code: props.code('start-due'),
      everyMinutes: settings.dueSweepMinutes,
      environment: { ...shared.environment, ...starts },
    });
    const reconcile = new Sweep(this, 'Reconcile', {
      ...sweep,
      name: 'reconcile',
      code: props.code('reconcile'),
      everyMinutes: settings.reconcileMinutes,
      environment: { ...shared.environment, ...starts },
    });
    const sweepStrays = new Sweep(this, 'SweepStrays', {
      ...sweep,
      name: 'sweep-strays',
      code: props.code('sweep-strays'),
      everyMinutes: settings.straySweepMinutes,
      environment: { ...shared.environment, KEYTURN_STRAY_GRACE_SECONDS: String(settings.strayGraceSeconds) },
    });

    const alarms = new Alarms(this, 'Alarms', { prefix: stackName, people, settings });
    this.alarms = alarms;
    alarms.whenAny(
      'rotation-failed',
      'A rotation ended without being done; the error names how the credential was left.',
      machine.machine.metricFailed(sum),
    );
    alarms.whenAny(
      'rotation-timed-out',
      'A rotation ran into the limit of its execution.',
      machine.machine.metricTimedOut(sum),
    );
    alarms.whenAny(
      'rotation-aborted',
      'Somebody stopped a rotation by hand; it was not rolled back.',
      machine.machine.metricAborted(sum),
    );
    alarms.whenAny(
      'undelivered',
      `A sweep could not be started or has failed for good: ${names.undeliveredQueueName(stackName)} holds its call.`,
      deadLetters.queue.metricApproximateNumberOfMessagesVisible(maximum),
    );
    this.#alarmOnSweeps(props);
    for (const [name, { lambda }, everyMinutes] of [
      ['start-due', startDue.function, settings.dueSweepMinutes],
      ['reconcile', reconcile.function, settings.reconcileMinutes],
      ['sweep-strays', sweepStrays.function, settings.straySweepMinutes],
    ] as const) {
      alarms.onSweep({ name, lambda, everyMinutes });
    }
  }

  /** About what the sweeps count, whenever they run. */
  #alarmOnSweeps({ provider, settings }: ProviderStackProps): void {
    this.alarms.whenStanding(
      'credential-overdue',
      'A credential has been due for more than a week, and no rotation of it came to its end.',
      counted('OldestDueCredential', { provider }),
      { threshold: longOverdueSeconds },
    );
    this.alarms.whenStanding(
      'rotations-held-back',
      'For six hours more credentials have been due than the sweeps may start.',
      counted('RotationsHeldBack', { provider, statistic: 'Minimum', minutes: 60 }),
      { periods: 6 },
    );
    this.alarms.whenStanding(
      'emergencies-held-back',
      'More leaked or dead keys wait for their replacement than one pass of reconcile may start.',
      counted('EmergenciesHeldBack', { provider }),
    );
    this.alarms.whenStanding(
      'current-refused',
      'The provider refuses a key that is in use, and no rotation is at work on it: its consumers fail.',
      // Of thousands a pass of reconcile looks at some; within half an hour all have had their turn.
      counted('CurrentKeysRefused', { provider, minutes: 30 }),
    );
    this.alarms.whenStanding(
      'strays-left',
      'A key that nobody needs lives on: three sweeps and more could not revoke it.',
      counted('StraysLeft', { provider, statistic: 'Minimum', minutes: Math.max(60, settings.straySweepMinutes) }),
      { periods: 3 },
    );
  }

  /** One Lambda for each state that runs a step, by the state's name. */
  #stepFunctions(
    flow: Flow,
    { code, settings }: ProviderStackProps,
    shared: Omit<LambdaFunctionProps, 'rightsOf' | 'name' | 'code' | 'timeoutSeconds' | 'layers'>,
    registerLayer: ILayerVersion,
  ): ReadonlyMap<string, Lambda> {
    const functions = new Map<string, Lambda>();
    for (const [stateName, step] of Object.entries(substitutions(flow))) {
      const state = flow.states[stateName];
      if (state?.kind !== 'step') throw new TypeError(`${stateName} is not a step.`);
      if (state.timeoutSeconds >= settings.letCallsLandSeconds) {
        throw new DeploymentError(
          `letCallsLandSeconds is ${settings.letCallsLandSeconds}, but a call of ${stateName} may be in flight for ${state.timeoutSeconds} seconds. Nothing was synthesised. Make it longer in cdk.json.`,
        );
      }
      const { lambda } = new LambdaFunction(this, stateName, {
        ...shared,
        environment: { ...shared.environment, KEYTURN_STEP: step },
        rightsOf: step,
        name: kebab(stateName),
        code: code(step),
        // The Lambda ends before the state gives up on it, so that what it has to say is still heard.
        timeoutSeconds: state.timeoutSeconds - timeoutMarginSeconds,
        // Only Begin asks the register; from there a rotation works on its copy.
        layers: step === 'begin' ? [registerLayer] : [],
      });
      acknowledge(
        lambda,
        'Serverless-LambdaDLQ',
        'Step Functions waits for its answer and retries; it is never invoked asynchronously.',
      );
      functions.set(stateName, lambda);
    }
    return functions;
  }
}

const timeoutMarginSeconds = 5;

const kebab = (stateName: string): string => stateName.replaceAll(/(?<=[a-z0-9])[A-Z]/g, '-$&').toLowerCase();

const readAsl = (strategy: Strategy): string =>
  readFileSync(new URL(`../workflows/asl/${strategy}.asl.json`, import.meta.url), 'utf8');
