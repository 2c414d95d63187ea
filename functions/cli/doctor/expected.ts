import type { DeploymentSettings } from '../deployment-settings.ts';

/** What a deployment consists of, by the names that infra/ gives. A test holds this to the templates. */
export const intakePart = 'intake';
export const foundationStack = 'keyturn-foundation';
export const peopleTopic = 'keyturn-people';
export const ledgerTable = 'keyturn-ledger';

/** A provider's stack, or the intake's. The provider's state machine is called the same. */
export const stackOf = (part: string): string => `keyturn-${part}`;

/** The function that a state machine calls in the place of `${CreateKey}`. */
export const functionOf = (part: string, stateName: string): string =>
  `${stackOf(part)}-${stateName.replaceAll(/(?<=[a-z0-9])[A-Z]/g, '-$&').toLowerCase()}`;

export interface Part {
  readonly stack: string;
  /** Without the stack's name. */
  readonly alarms: readonly string[];
  /** The queues whose messages are what nobody has dealt with. */
  readonly deadLetters: readonly string[];
}

const ofSweep = (name: string): readonly string[] => [`${name}-failed`, silent(name)];

const silent = (name: string): string => `${name}-silent`;

/** Whether the alarm tells that something no longer runs. */
export const tellsOfSilence = (alarm: string): boolean => alarm.endsWith(silent(''));

const providerAlarms = [
  'rotation-failed',
  'rotation-timed-out',
  'rotation-aborted',
  'undelivered',
  'credential-overdue',
  'rotations-held-back',
  'emergencies-held-back',
  'current-refused',
  'strays-left',
  ...['start-due', 'reconcile', 'sweep-strays'].flatMap(ofSweep),
];

const intakeAlarms = [
  'reports-failed',
  'reports-late',
  'undelivered',
  'intake-failed',
  'webhook-failed',
  'webhook-unavailable',
  'webhook-throttled',
  ...ofSweep('escalate'),
  'obligation-open',
  'contained-only',
  'notices-held-back',
];

/** The stacks that have alarms: one for each provider of the register, and the intake. */
export const expectedParts = (
  providers: readonly string[],
  { githubScopes, gitguardianPoll }: Pick<DeploymentSettings, 'githubScopes' | 'gitguardianPoll'>,
): readonly Part[] => [
  ...providers.map((provider) => ({
    stack: stackOf(provider),
    alarms: providerAlarms,
    deadLetters: [`${stackOf(provider)}-undelivered`],
  })),
  {
    stack: stackOf(intakePart),
    alarms: [
      ...intakeAlarms,
      ...(githubScopes === '' ? [] : ofSweep('poll-github')),
      ...(gitguardianPoll ? ofSweep('poll-gitguardian') : []),
    ],
    deadLetters: [`${stackOf(intakePart)}-undelivered`, `${stackOf(intakePart)}-failed.fifo`],
  },
];

/** The providers of the register, each once. */
export const providersOf = ({ accounts }: { readonly accounts: readonly { readonly provider: string }[] }) => [
  ...new Set(accounts.map(({ provider }) => provider)),
];
