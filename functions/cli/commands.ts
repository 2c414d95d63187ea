import type { Run } from './call.ts';

export interface CommandSpec {
  /** As it is typed: `admin set`. */
  readonly name: string;
  readonly summary: string;
  readonly positionals: readonly PositionalSpec[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly details: readonly string[];
  /** Set where a key's value belongs to the prompt: what somebody may wrongly add as an argument. */
  readonly secret?: string;
  readonly load: () => Promise<Run>;
}

export interface PositionalSpec {
  readonly name: string;
  readonly optional?: true;
}

export interface OptionSpec {
  /** What stands for its value in the help; without it the option is a switch. */
  readonly value?: string;
  readonly summary: string;
}

export const commonOptions: Readonly<Record<string, OptionSpec>> = {
  local: { summary: 'work on this machine, with the embedded engine, instead of on AWS' },
  store: { value: 'DIR', summary: 'where --local keeps its records (default .keyturn)' },
  register: { value: 'FILE', summary: 'the register (default credentials.yaml)' },
  json: { summary: 'one JSON object on the last line of stdout, progress on stderr' },
  help: { summary: 'this text' },
};

const order = {
  'contain-first': { summary: 'emergency: stop the leaked key before there is a new one' },
  'replace-first': { summary: 'emergency: make the new key first' },
};
const detach = { summary: 'start it and do not follow it' };
const yes = { summary: 'do not ask for confirmation' };
const rotationEnds = [
  'Exit code: 0 when it ends Done, or has nothing to do (SkippedBusy, Superseded: another run is at work);',
  '1 when it ends otherwise; 2 for bad input.',
];

export const commands: readonly CommandSpec[] = [
  {
    name: 'admin set',
    summary: "store an account's admin key",
    positionals: [{ name: 'account' }],
    options: {},
    details: [
      'Reads the admin key from a hidden prompt, or from stdin, never from an argument. The provider is asked with',
      'it before it is stored: a key that is turned down is not stored.',
    ],
    secret: 'the admin key',
    load: async () => (await import('./admin-set.ts')).adminSet,
  },
  {
    name: 'sources set',
    summary: 'store what a source signs its webhooks with, or the token for its API',
    positionals: [{ name: 'source' }, { name: 'secret' }],
    options: { only: { summary: 'webhook: what was stored before counts no more' } },
    details: [
      '<source> is github or gitguardian, <secret> is webhook or token. Its value is read from a hidden prompt, or from',
      'stdin, never from an argument. What signed before goes on counting beside the new one, so that no delivery is',
      'lost while it is changed at the vendor; --only ends that.',
    ],
    secret: 'the secret',
    load: async () => (await import('./sources-set.ts')).sourcesSet,
  },
  {
    name: 'plan',
    summary: 'show what a rotation would do now; touches nothing',
    positionals: [{ name: 'credential' }],
    options: { emergency: { summary: 'plan for a leaked key' } },
    details: [],
    load: async () => (await import('./plan.ts')).plan,
  },
  {
    name: 'rotate',
    summary: 'rotate a credential now, and follow it to its end',
    positionals: [{ name: 'credential' }],
    options: {
      emergency: { summary: 'the key has leaked: no overlap, no window' },
      ...order,
      key: { value: 'KEY_ID', summary: "emergency: the leaked key's id (default: the key that serves)" },
      reason: { value: 'TEXT', summary: 'why, for the record' },
      detach,
      yes,
    },
    details: rotationEnds,
    load: async () => (await import('./rotate.ts')).rotate,
  },
  {
    name: 'status',
    summary: 'show every credential: its key, when it is due, what is open',
    positionals: [{ name: 'credential', optional: true }],
    options: {},
    details: [],
    load: async () => (await import('./status.ts')).status,
  },
  {
    name: 'show',
    summary: "show a rotation's journal and the proof that the old key is dead",
    positionals: [{ name: 'rotation' }],
    options: {},
    details: [],
    load: async () => (await import('./show.ts')).show,
  },
  {
    name: 'incident',
    summary: 'show the report of an incident: the clock, what was done, who was told',
    positionals: [{ name: 'incident' }],
    options: { html: { summary: 'one HTML file instead of Markdown' } },
    details: ['To keep it: keyturn incident <incident> --html > report.html'],
    load: async () => (await import('./incident.ts')).incident,
  },
  {
    name: 'submit',
    summary: 'hand in a key that a person has made, and rotate to it',
    positionals: [{ name: 'credential' }],
    options: { reason: { value: 'TEXT', summary: 'why, for the record' }, detach },
    details: [
      'Reads the key from a hidden prompt, or from stdin, never from an argument. It is probed before anything is',
      'stored. After a wrong paste, simply submit again.',
      ...rotationEnds,
    ],
    secret: 'the key',
    load: async () => (await import('./submit.ts')).submit,
  },
  {
    name: 'compromised',
    summary: 'a key has leaked: stop it, replace it, see it refused',
    positionals: [],
    options: {
      credential: { value: 'ID', summary: 'the key that this credential serves' },
      key: { value: 'KEY_ID', summary: 'the key with this id, of --account' },
      provider: { value: 'NAME', summary: 'every key of a provider' },
      account: { value: 'NAME', summary: 'every key of an account; beside --key: where it lives' },
      owner: { value: 'NAME', summary: 'every key that this owner answers for, by name or contact' },
      person: { value: 'NAME', summary: 'every key that hangs off this person' },
      principal: { value: 'ARN', summary: 'every key that this AWS principal (or access key id) could read' },
      admin: { value: 'ACCOUNT', summary: "the account's admin key" },
      expires: { value: 'DATE', summary: 'beside --admin: it has not leaked, and ends then (2026-12-31, UTC)' },
      trufflehog: { value: 'FILE', summary: 'what trufflehog --json found; - for stdin' },
      gitleaks: { value: 'FILE', summary: "gitleaks' JSON report; - for stdin" },
      ...order,
      reason: { value: 'TEXT', summary: 'why, for the record' },
      detach,
      yes,
    },
    details: [
      'Without any of these it asks for the leaked value, at a hidden prompt or on stdin, never as an argument, turns it',
      'into a fingerprint here, and drops it. The same command again goes on with what was interrupted.',
      'An admin key is replaced by a person: --admin tells how, and stays open until the old one is seen refused. With',
      '--expires people are called from that date on, not at once.',
      'Exit code: 0 when every key was seen refused, 1 when it ended otherwise or nothing fits; 2 for bad input.',
    ],
    secret: 'the key',
    load: async () => (await import('./compromised.ts')).compromised,
  },
  {
    name: 'incidents',
    summary: 'list the incidents that are not over',
    positionals: [],
    options: { all: { summary: 'those that are over too' } },
    details: [],
    load: async () => (await import('./incidents.ts')).incidents,
  },
  {
    name: 'dismiss',
    summary: 'say that an incident is none; nothing is touched',
    positionals: [{ name: 'incident' }],
    options: { yes },
    details: [],
    load: async () => (await import('./dismiss.ts')).dismiss,
  },
  {
    name: 'approve',
    summary: 'approve an incident, or let the old key of a parked rotation die although it is in use',
    positionals: [{ name: 'incident or rotation' }],
    options: { ...order, detach, yes },
    details: rotationEnds,
    load: async () => (await import('./approve.ts')).approve,
  },
  {
    name: 'resume',
    summary: 'go on with a rotation that stopped before its end',
    positionals: [{ name: 'rotation', optional: true }],
    options: { detach, yes },
    details: [
      'With --local and without a rotation: goes on with all that were running when the process ended.',
      ...rotationEnds,
    ],
    load: async () => (await import('./resume.ts')).resume,
  },
  {
    name: 'sweep',
    summary: 'revoke keys that Keyturn asked for and nobody needs',
    positionals: [],
    options: {
      'dry-run': { summary: 'only show what would be revoked' },
      grace: { value: 'TIME', summary: 'how old a stray must be: 30s, 15m, 24h (default 30m)' },
    },
    details: ['A key that Keyturn does not know is reported and never touched.'],
    load: async () => (await import('./sweep.ts')).sweep,
  },
  {
    name: 'reconcile',
    summary: 'put right what a crash, a late call or a person left behind',
    positionals: [],
    options: { 'dry-run': { summary: 'only show what would be done' } },
    details: [
      'Stops and replaces leaked keys that no run works on, serves the key before when the current one is dead, frees',
      'what runs left, and takes away labels that point at dead keys. On AWS a schedule does it every few minutes.',
      'With --local it also tells people of incidents: of what is overdue, and of the end. On AWS another schedule does.',
    ],
    load: async () => (await import('./reconcile.ts')).reconcile,
  },
  {
    name: 'retire',
    summary: 'end a credential that has left the register: its key dies, its secret stays',
    positionals: [{ name: 'credential' }],
    options: {
      'dry-run': { summary: 'only show what would be done' },
      reason: { value: 'TEXT', summary: 'why, for the record' },
      yes,
    },
    details: [
      'Its last key is revoked once nobody is seen to use it, and is then seen refused. Where the provider cannot tell of',
      'use, it lives for one overlap more. The secret is kept. Nothing rotates the credential from then on, whatever is',
      'deployed; put back into the register, `keyturn rotate` begins anew. On AWS reconcile does it, every few minutes.',
      'Exit code: 0 when it was seen refused, or is asked for; 1 when a person is needed; 2 for bad input.',
    ],
    load: async () => (await import('./retire.ts')).retire,
  },
  {
    name: 'doctor',
    summary: 'check the whole deployment, and print what mends what is wrong',
    positionals: [],
    options: {
      webhooks: { value: 'URL', summary: 'the output WebhookUrl of keyturn-intake: tries the webhooks too, unsigned' },
    },
    details: [
      'Looks at the register, the ledger, the admin keys (asking each provider), the credentials, the sources and, on',
      'AWS, the workflows, schedules, alarms, people and dead letters. It changes nothing. What cannot be looked at is',
      'unknown, and hides nothing else. Whether an admin key may create and revoke, only a rotation shows.',
      'Exit code: 0 when nothing is broken, 1 when something is, or nothing could be looked at; 2 for bad input.',
    ],
    load: async () => (await import('./doctor.ts')).doctor,
  },
  {
    name: 'redrive',
    summary: 'send back what lies in the dead-letter queues, or remove it where its work is done',
    positionals: [{ name: 'queue', optional: true }],
    options: { 'dry-run': { summary: 'only show what lies there' } },
    details: [
      'Reports and events go back to the intake: the same report twice does no harm. The failed call of a sweep is',
      'removed once that sweep has run well, which does all that the call was for; it is not repeated. What a message',
      'says is never shown. Without <queue>: all of them.',
      'Exit code: 0 when they are empty then, 1 when something is kept; 2 for bad input.',
    ],
    load: async () => (await import('./redrive.ts')).redrive,
  },
  {
    name: 'due',
    summary: 'start every rotation that is due',
    positionals: [],
    options: { detach },
    details: ['With --local it follows them to their ends; on AWS it only starts them.'],
    load: async () => (await import('./due.ts')).due,
  },
];
