import type { Credential, RotationWindow } from '../domain/credential.ts';
import type { BeginDecision } from '../domain/decisions/begin.ts';
import { dueInstant } from '../domain/decisions/due.ts';
import { Fault } from '../domain/fault.ts';
import type { JsonObject } from '../domain/json.ts';
import { isOpen } from '../domain/window.ts';
import type { Ports } from '../ports.ts';
import { providerOf } from '../providers/index.ts';
import { formatDuration } from '../register/duration.ts';
import { begin } from '../steps/begin.ts';
import { rotationRequest } from '../triggers/request.ts';
import type { Run } from './call.ts';
import { breaksBy } from './contain-words.ts';
import { timeOf } from './entry-line.ts';
import { findCredential, readRegister, strategyOfProvider, withSession } from './session.ts';

/** What a rotation would do now: the first step's look and decision, without its act. */
export const plan: Run = async (call) => {
  const declared = await readRegister(call, 'checked');
  const credential = findCredential(declared, call.arguments.positionals[0]);
  return withSession(call, declared, async (session) => {
    const { ports } = session;
    const isEmergency = call.arguments.switches.has('emergency');
    const request = rotationRequest({
      credential,
      urgency: isEmergency ? 'emergency' : 'scheduled',
      requestKey: `plan/${call.io.newId()}`,
      at: ports.clock.now(),
      reason: 'plan',
      letCallsLandSeconds: session.letCallsLandSeconds,
    });
    const view = await begin.observe(request, watching(ports));
    const decision = begin.decide(view);
    const provider = providerOf(credential.target.provider);
    const strategy = strategyOfProvider(provider.id);
    const hasAdminKey = await isAdminKeySet(ports, credential);
    const dueAt = dueInstant(credential, view.record.lastRotatedAt);
    const now = ports.clock.now();
    const json: JsonObject = {
      credential: credential.id,
      provider: provider.id,
      strategy,
      decision: decision.kind,
      wouldDo: wouldDo(decision, credential, session.flags, strategy === 'human-created'),
      currentKeyId: view.current?.keyId ?? null,
      overlapSeconds: isEmergency ? 0 : credential.overlapSeconds,
      maximumOverlapSeconds: credential.maximumOverlapSeconds,
      adminKeySet: hasAdminKey,
      windowOpen: isOpen(credential.window, now),
      dueAt,
      emergency: credential.emergency,
      consumers: credential.consumers.map(({ name, cacheTtlSeconds }) => ({ name, cacheTtlSeconds })),
    };
    const lines = [
      ['credential', `${credential.id} (${provider.title}, account ${credential.target.account})`],
      ['strategy', strategy],
      ['would do', wouldDo(decision, credential, session.flags, strategy === 'human-created')],
      ['key now', view.current === null ? 'none' : (view.current.keyId ?? 'one that the provider does not know')],
      [
        'overlap',
        isEmergency
          ? 'none: an emergency'
          : `${formatDuration(credential.overlapSeconds)}; ${formatDuration(credential.maximumOverlapSeconds)} while the old key is in use`,
      ],
      ['revocation', `takes up to ${formatDuration(provider.facts.revocationTakesSeconds)} at ${provider.title}`],
      [
        'admin key',
        hasAdminKey === null
          ? 'not readable from here'
          : hasAdminKey
            ? 'set'
            : `missing: keyturn admin set ${credential.target.account}${session.flags}`,
      ],
      ['window', windowText(credential.window, isOpen(credential.window, now))],
      ['next due', dueAt === null ? 'now: it was never rotated' : timeOf(dueAt)],
    ];
    for (const [name = '', text = ''] of lines) call.say(`${name.padEnd(11)} ${text}`);
    call.say(`In an emergency (${credential.emergency}):`);
    for (const line of breaksBy(credential, credential.emergency === 'contain-first', view.current?.keyId ?? null))
      call.say(`  ${line}`);
    call.say('Nothing was changed.');
    return { exitCode: 0, json };
  });
};

/** Null when this person may not read it: on AWS the functions alone may. */
const isAdminKeySet = async ({ vault }: Ports, { target }: Credential): Promise<boolean | null> => {
  try {
    return (await vault.readAdmin(target.adminSecret)) !== null;
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
};

/** Begin only looks in `observe`; this holds it to that. */
const watching = (ports: Ports): Ports => {
  const refuse = (): never => {
    throw new TypeError('A plan tried to change something.');
  };
  return {
    ...ports,
    vault: { ...ports.vault, create: refuse, store: refuse, moveLabel: refuse, writeAdmin: refuse },
    ledger: { ...ports.ledger, replace: refuse, append: refuse, putObligation: refuse },
    notices: { send: refuse },
    executions: { ...ports.executions, start: refuse },
  };
};

const wouldDo = (decision: BeginDecision, { id }: Credential, flags: string, needsSubmission: boolean): string => {
  switch (decision.kind) {
    case 'busy':
      return 'nothing: another rotation of it is at work';
    case 'wait':
      return 'wait for another emergency of it';
    case 'needs-person':
      return `nothing: ${decision.why}`;
    case 'go-on':
      return 'go on where it was';
    case 'start':
      if (needsSubmission) return `wait for a key that a person makes: keyturn submit ${id}${flags}`;
      return decision.old === null
        ? 'make the first key and store it'
        : 'make a new key, move to it, wait, revoke the old one';
    case 'take-up-cut-over':
      return 'finish an earlier rotation: its new key serves, its old key is to die';
    case 'adopt-pending':
      return 'finish an earlier rotation: its new key is stored and validated';
    case 'kill-only':
      return `revoke ${decision.oldKeyId}, which does not serve; no new key is needed`;
  }
};

const windowText = (window: RotationWindow | null, isOpenNow: boolean): string =>
  window === null
    ? 'always'
    : `${window.days.join(', ')} ${window.from}-${window.to} ${window.timeZone} (${isOpenNow ? 'open now' : 'closed now; `keyturn rotate` does not wait for it'})`;
