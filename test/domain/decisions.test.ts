import { describe, expect, it } from 'vitest';
import { type BeginView, decideBegin } from '../../functions/domain/decisions/begin.ts';
import { type CheckUsageView, decideCheckUsage } from '../../functions/domain/decisions/check-usage.ts';
import { decideConfirm } from '../../functions/domain/decisions/confirm.ts';
import { decideContain } from '../../functions/domain/decisions/contain.ts';
import { attemptLimit, decideCreateKey } from '../../functions/domain/decisions/create-key.ts';
import { decideCutOver } from '../../functions/domain/decisions/cut-over.ts';
import { decideProveRefused, type ProveRefusedView } from '../../functions/domain/decisions/prove-refused.ts';
import { decideRecordOutcome } from '../../functions/domain/decisions/record-outcome.ts';
import { decideRetireOld } from '../../functions/domain/decisions/retire-old.ts';
import { decideRollBack, type RollBackView } from '../../functions/domain/decisions/roll-back.ts';
import { decideStray } from '../../functions/domain/decisions/stray.ts';
import { decideTwoSlotCreateKey, type TwoSlotView } from '../../functions/domain/decisions/two-slot-create-key.ts';
import { decideValidate } from '../../functions/domain/decisions/validate.ts';
import { keyId, rotationId, versionId } from '../../functions/domain/identifiers.ts';
import type { Verdict } from '../../functions/domain/verdict.ts';

const oldKey = { keyId: keyId('key-old'), versionId: versionId('version-old') };
const newKey = { keyId: keyId('key-new'), versionId: versionId('version-new') };
const otherKey = { keyId: keyId('key-other'), versionId: versionId('version-other') };
const accepted: Verdict = { kind: 'accepted', findings: [] };
const refused: Verdict = { kind: 'refused', evidence: '401 invalid_api_key' };
const unclear: Verdict = { kind: 'unclear', evidence: '503' };

describe('contain: the strongest thing the vendor offers', () => {
  it.each([
    [{ canContain: true, canDisable: true, canRevoke: true }, 'contain'],
    [{ canContain: false, canDisable: true, canRevoke: true }, 'disable'],
    [{ canContain: false, canDisable: false, canRevoke: true }, 'revoke'],
    [{ canContain: false, canDisable: false, canRevoke: false }, 'not-offered'],
  ] as const)('%o -> %s', (view, kind) => {
    expect(decideContain(view).kind).toBe(kind);
  });
});

describe('begin: who works, and from where', () => {
  const scheduled: BeginView = {
    request: { rotationId: rotationId('this'), urgency: 'scheduled', leakedKeyId: null, replacement: 'now' },
    hadItsTurn: false,
    inRegister: true,
    owner: null,
    open: null,
    secret: 'with-current',
    current: oldKey,
    currentIsSubmitted: false,
    currentIsRefused: false,
    pendingIsRefused: false,
    isSubmitted: false,
  };
  const emergency = (leaked: typeof oldKey): BeginView => ({
    ...scheduled,
    request: { ...scheduled.request, urgency: 'emergency', leakedKeyId: leaked.keyId },
  });
  const runningScheduled = { state: 'running', urgency: 'scheduled' } as const;
  const runningEmergency = { state: 'running', urgency: 'emergency' } as const;
  const cutOver = { old: oldKey, new: newKey, phase: 'cut-over', urgency: 'scheduled' } as const;
  const validated = { old: oldKey, new: newKey, phase: 'validated', urgency: 'scheduled' } as const;

  it.each<[string, BeginView, ReturnType<typeof decideBegin>]>([
    ['nothing open', scheduled, { kind: 'start', old: oldKey }],
    ['no secret yet: the first issue', { ...scheduled, secret: 'absent', current: null }, { kind: 'start', old: null }],
    [
      'a first key that a person submitted',
      { ...scheduled, currentIsSubmitted: true, current: newKey },
      { kind: 'start', old: null },
    ],
    ['the same start, delivered after the end', { ...scheduled, hadItsTurn: true }, { kind: 'busy' }],
    ['another scheduled run at work', { ...scheduled, owner: runningScheduled, open: cutOver }, { kind: 'busy' }],
    [
      'the lease is ours, nothing stored',
      { ...scheduled, owner: { state: 'this-run', urgency: 'scheduled' }, open: { ...cutOver, new: null } },
      { kind: 'go-on', from: 'create' },
    ],
    [
      'the lease is ours, stored',
      { ...scheduled, owner: { state: 'this-run', urgency: 'scheduled' }, open: validated },
      { kind: 'go-on', from: 'stage' },
    ],
    [
      'the lease is ours, cut over',
      { ...scheduled, owner: { state: 'this-run', urgency: 'scheduled' }, open: cutOver, current: newKey },
      { kind: 'go-on', from: 'confirm' },
    ],
    [
      'the lease is ours, stored, and AWSCURRENT is gone',
      { ...scheduled, owner: { state: 'this-run', urgency: 'scheduled' }, open: validated, current: null },
      { kind: 'go-on', from: 'stage' },
    ],
    [
      'the lease is ours, and nothing is open',
      { ...scheduled, owner: { state: 'this-run', urgency: 'scheduled' } },
      { kind: 'start', old: oldKey },
    ],
    [
      'a parked run had stored nothing',
      { ...scheduled, open: { ...cutOver, new: null } },
      { kind: 'start', old: oldKey },
    ],
    [
      'a parked emergency had cut over to a key that is refused by now',
      { ...scheduled, open: { ...cutOver, urgency: 'emergency' }, current: newKey, currentIsRefused: true },
      { kind: 'start', old: newKey },
    ],
    [
      'an emergency takes up a run that had cut over to a key that is refused by now',
      { ...emergency(oldKey), open: cutOver, current: newKey, currentIsRefused: true },
      { kind: 'start', old: newKey },
    ],
    [
      'a scheduled run had cut over to a key that is refused by now: there is a way back',
      { ...scheduled, open: cutOver, current: newKey, currentIsRefused: true },
      { kind: 'take-up-cut-over' },
    ],
    [
      'a person hands in a key for one that is refused',
      { ...emergency(oldKey), current: newKey, currentIsRefused: true, isSubmitted: true },
      { kind: 'start', old: newKey },
    ],
    [
      'a person hands in a key, and the one that serves is accepted',
      { ...emergency(oldKey), current: newKey, isSubmitted: true },
      { kind: 'kill-only', new: newKey, oldKeyId: oldKey.keyId },
    ],
    ['a parked run had cut over', { ...scheduled, open: cutOver, current: newKey }, { kind: 'take-up-cut-over' }],
    [
      'an ended owner had cut over',
      { ...scheduled, owner: { state: 'ended', urgency: 'scheduled' }, open: cutOver, current: newKey },
      { kind: 'take-up-cut-over' },
    ],
    [
      'a validated pending key is adopted',
      { ...emergency(oldKey), owner: runningScheduled, open: validated },
      { kind: 'adopt-pending', old: oldKey },
    ],
    [
      'a validated pending key that is refused by now is not',
      { ...emergency(oldKey), owner: runningScheduled, open: validated, pendingIsRefused: true },
      { kind: 'start', old: oldKey },
    ],
    [
      'a pending key that was not validated is, to be validated',
      { ...emergency(oldKey), owner: runningScheduled, open: { ...validated, phase: 'created' } },
      { kind: 'adopt-pending', old: oldKey },
    ],
    [
      'a pending key that is being taken back is not',
      { ...emergency(oldKey), owner: runningScheduled, open: { ...validated, phase: 'rolling-back' } },
      { kind: 'start', old: oldKey },
    ],
    [
      'the leaked key is in its overlap: no new key',
      { ...emergency(oldKey), owner: runningScheduled, open: cutOver, current: newKey },
      { kind: 'take-up-cut-over' },
    ],
    [
      'the new key leaked after the cut-over: a rotation of its own',
      { ...emergency(newKey), owner: runningScheduled, open: cutOver, current: newKey },
      { kind: 'start', old: newKey },
    ],
    [
      'a validated pending key of a rotation from another version is not',
      { ...emergency(otherKey), owner: runningScheduled, open: validated, current: otherKey },
      { kind: 'start', old: otherKey },
    ],
    [
      'nor one of a first issue',
      { ...emergency(oldKey), owner: runningScheduled, open: { ...validated, old: null } },
      { kind: 'start', old: oldKey },
    ],
    [
      'a key that a person hands in, while another leaked and what serves is dead, is put to use first',
      { ...emergency(otherKey), current: newKey, isSubmitted: true, currentIsRefused: true },
      { kind: 'start', old: newKey },
    ],
    [
      'and while what serves is well, the leaked one is stopped',
      { ...emergency(otherKey), current: newKey, isSubmitted: true },
      { kind: 'kill-only', new: newKey, oldKeyId: otherKey.keyId },
    ],
    [
      'the leaked key does not serve',
      { ...emergency(otherKey), current: newKey },
      { kind: 'kill-only', new: newKey, oldKeyId: otherKey.keyId },
    ],
    [
      'the leaked key does not serve, and is not the one in its overlap',
      { ...emergency(otherKey), open: cutOver, current: newKey },
      { kind: 'kill-only', new: newKey, oldKeyId: otherKey.keyId },
    ],
    [
      'the leaked key does not serve, after a first issue that was left open',
      { ...emergency(otherKey), open: { ...cutOver, old: null }, current: newKey },
      { kind: 'kill-only', new: newKey, oldKeyId: otherKey.keyId },
    ],
    [
      'the key that was submitted has leaked before it was begun',
      { ...emergency(newKey), currentIsSubmitted: true, current: newKey },
      { kind: 'start', old: newKey },
    ],
    [
      'an emergency that names no key means the one that serves',
      { ...emergency(oldKey), request: { ...scheduled.request, urgency: 'emergency' }, open: cutOver, current: newKey },
      { kind: 'start', old: newKey },
    ],
    [
      'but goes on with a first issue that was left open',
      {
        ...scheduled,
        request: { ...scheduled.request, urgency: 'emergency' },
        open: { ...cutOver, old: null },
        current: newKey,
      },
      { kind: 'take-up-cut-over' },
    ],
    [
      'an emergency of the same key is at work',
      { ...emergency(oldKey), owner: runningEmergency, open: cutOver },
      { kind: 'busy' },
    ],
    [
      'an emergency of another key is at work',
      { ...emergency(otherKey), owner: runningEmergency, open: cutOver },
      { kind: 'wait' },
    ],
    [
      'an emergency of a first issue is at work',
      { ...emergency(oldKey), owner: runningEmergency, open: { ...cutOver, old: null } },
      { kind: 'wait' },
    ],
    [
      'an emergency is at work, and has opened nothing',
      { ...emergency(oldKey), owner: runningEmergency },
      { kind: 'wait' },
    ],
  ])('%s', (_case, view, decision) => {
    expect(decideBegin(view)).toEqual(decision);
  });

  it.each<[string, BeginView]>([
    ['an unknown credential', { ...scheduled, inRegister: false }],
    [
      'a replacement that waits for an approval',
      { ...emergency(oldKey), request: { ...emergency(oldKey).request, replacement: 'on-approval' } },
    ],
    ['a secret without AWSCURRENT', { ...scheduled, secret: 'without-current', current: null }],
    ['an emergency of a secret that holds nothing', { ...emergency(oldKey), secret: 'absent', current: null }],
    ['a value that no key has', { ...scheduled, current: { ...oldKey, keyId: null } }],
  ])('%s needs a person', (_case, view) => {
    expect(decideBegin(view).kind).toBe('needs-person');
  });
});

describe('create-key: what is stored wins, and no name is used twice', () => {
  const view = { stored: null, attempts: 0, liveKeys: 1, maximumLiveKeys: 10 };
  it.each([
    [view, { kind: 'create', attempt: 1 }],
    [
      { ...view, attempts: 2 },
      { kind: 'create', attempt: 3 },
    ],
    [
      { ...view, stored: newKey, attempts: attemptLimit, liveKeys: 10 },
      { kind: 'use-stored', stored: newKey },
    ],
    [{ ...view, attempts: attemptLimit }, { kind: 'give-up' }],
    [{ ...view, liveKeys: 10 }, { kind: 'no-room' }],
  ])('%o', (seen, decision) => {
    expect(decideCreateKey(seen)).toEqual(decision);
  });
});

describe('two-slot create-key: list and compare before every act', () => {
  const one = { name: 'key1', keyId: keyId('key1:aaaa') };
  const two = { name: 'key2', keyId: keyId('key2:bbbb') };
  const view: TwoSlotView = {
    stored: null,
    slots: [one, two],
    slotInUse: 'key1',
    firstIssue: false,
    movedByAnother: false,
    containedSlot: null,
    intent: null,
    letCallsLandSeconds: 120,
    stillHeld: [],
    urgency: 'scheduled',
  };
  const intent = { slot: 'key2', previousKeyId: two.keyId, ageSeconds: 10 };
  it.each<[string, TwoSlotView, ReturnType<typeof decideTwoSlotCreateKey>]>([
    ['the other slot', view, { kind: 'regenerate', slot: 'key2', previousKeyId: two.keyId }],
    ['stored wins', { ...view, stored: newKey }, { kind: 'use-stored', stored: newKey }],
    ['neither slot holds the current value', { ...view, slotInUse: null }, { kind: 'matches-neither' }],
    [
      'neither, because containment regenerated it',
      { ...view, slotInUse: null, containedSlot: 'key2' },
      { kind: 'regenerate', slot: 'key1', previousKeyId: one.keyId },
    ],
    [
      'the first issue regenerates nothing',
      { ...view, slotInUse: null, firstIssue: true },
      { kind: 'adopt', slot: 'key1' },
    ],
    [
      'a lost answer that did land',
      { ...view, intent: { ...intent, previousKeyId: keyId('key2:0000') } },
      { kind: 'adopt', slot: 'key2' },
    ],
    ['a lost answer that may still land', { ...view, intent }, { kind: 'wait-for-call' }],
    [
      'a lost answer that never landed',
      { ...view, intent: { ...intent, ageSeconds: 120 } },
      { kind: 'regenerate', slot: 'key2', previousKeyId: two.keyId },
    ],
    [
      'a lost answer of the slot that now serves',
      { ...view, intent: { ...intent, slot: 'key1' } },
      { kind: 'regenerate', slot: 'key2', previousKeyId: two.keyId },
    ],
    ['the free slot served until lately', { ...view, stillHeld: [two.keyId] }, { kind: 'still-held' }],
    [
      'it did, and the other one has leaked',
      { ...view, stillHeld: [two.keyId], urgency: 'emergency' },
      { kind: 'regenerate', slot: 'key2', previousKeyId: two.keyId },
    ],
    [
      'another value of the free slot served until lately',
      { ...view, stillHeld: [keyId('key2:0000')] },
      { kind: 'regenerate', slot: 'key2', previousKeyId: two.keyId },
    ],
    ['AWSCURRENT was moved by another', { ...view, movedByAnother: true }, { kind: 'moved-by-another' }],
    ['no slots listed', { ...view, slots: [] }, { kind: 'matches-neither' }],
    ['no slots listed at the first issue', { ...view, slots: [], firstIssue: true }, { kind: 'matches-neither' }],
    ['the only slot is in use', { ...view, slots: [one] }, { kind: 'matches-neither' }],
    ['the slot in use is not listed', { ...view, slotInUse: 'key9' }, { kind: 'matches-neither' }],
  ])('%s', (_case, seen, decision) => {
    expect(decideTwoSlotCreateKey(seen)).toEqual(decision);
  });
});

describe('validate', () => {
  const finding = (kind: 'no-money' | 'scope-wider') => ({ kind, detail: 'as seen' });
  it.each<[string, Verdict, string]>([
    ['accepted and as declared', accepted, 'accept'],
    ['accepted without money', { kind: 'accepted', findings: [finding('no-money')] }, 'accept'],
    [
      'wider than declared',
      { kind: 'accepted', findings: [finding('no-money'), finding('scope-wider')] },
      'not-as-declared',
    ],
    ['refused: perhaps not active yet', refused, 'not-yet'],
    ['no answer', unclear, 'not-yet'],
  ])('%s', (_case, verdict, kind) => {
    expect(decideValidate({ verdict }).kind).toBe(kind);
  });

  it('says what was seen', () => {
    expect(decideValidate({ verdict: refused })).toEqual({ kind: 'not-yet', why: '401 invalid_api_key' });
    const findings = [finding('no-money'), finding('scope-wider')];
    expect(decideValidate({ verdict: { kind: 'accepted', findings } })).toEqual({
      kind: 'not-as-declared',
      findings: [finding('scope-wider')],
    });
  });
});

describe('cut-over moves from the version that was current at the start, and from no other', () => {
  const view = { current: oldKey.versionId, old: oldKey.versionId, new: newKey.versionId };
  it.each([
    [view, 'move'],
    [{ ...view, current: newKey.versionId }, 'already'],
    [{ ...view, current: otherKey.versionId }, 'moved-by-another'],
    [{ ...view, current: null }, 'moved-by-another'],
    [{ ...view, current: null, old: null }, 'moved-by-another'],
  ])('%o -> %s', (seen, kind) => {
    expect(decideCutOver(seen).kind).toBe(kind);
  });
});

describe('confirm: only a refusal given three times takes the label back', () => {
  it.each([
    [{ newIsCurrent: false, refusals: 0, last: null }, 'moved-by-another'],
    [{ newIsCurrent: true, refusals: 0, last: accepted }, 'confirmed'],
    [{ newIsCurrent: true, refusals: 2, last: accepted }, 'confirmed'],
    [{ newIsCurrent: true, refusals: 3, last: refused }, 'refused'],
    [{ newIsCurrent: true, refusals: 2, last: unclear }, 'unclear'],
    [{ newIsCurrent: true, refusals: 0, last: null }, 'unclear'],
  ])('%o -> %s', (view, kind) => {
    expect(decideConfirm(view).kind).toBe(kind);
  });
});

describe('check-usage', () => {
  const busy: CheckUsageView = {
    usage: { kind: 'busy', lastUsedAt: null, evidence: 'used' },
    urgency: 'scheduled',
    approved: false,
    secondsSinceCutOver: 86_400,
    overlapSeconds: 86_400,
    maximumOverlapSeconds: 604_800,
  };
  it.each<[string, CheckUsageView, ReturnType<typeof decideCheckUsage>]>([
    ['busy: asked again', busy, { kind: 'wait', seconds: 7_200 }],
    ['quiet', { ...busy, usage: { kind: 'quiet', evidence: 'unused' } }, { kind: 'over' }],
    ['unknowable: the soak decides', { ...busy, usage: { kind: 'unknowable' } }, { kind: 'over' }],
    [
      'the soak is not over',
      { ...busy, usage: { kind: 'unknowable' }, secondsSinceCutOver: 86_390.5 },
      { kind: 'wait', seconds: 10 },
    ],
    [
      'an approval does not shorten the soak',
      { ...busy, approved: true, secondsSinceCutOver: 0 },
      { kind: 'wait', seconds: 86_400 },
    ],
    ['busy at the maximum', { ...busy, secondsSinceCutOver: 604_800 }, { kind: 'give-up' }],
    ['busy, and a person has approved', { ...busy, approved: true }, { kind: 'over' }],
    ['an emergency waits for nobody', { ...busy, urgency: 'emergency', secondsSinceCutOver: 0 }, { kind: 'over' }],
  ])('%s', (_case, view, decision) => {
    expect(decideCheckUsage(view)).toEqual(decision);
  });
});

describe('retire-old: before the old key dies', () => {
  const view = {
    offered: true,
    oldKeyId: oldKey.keyId,
    newVersionId: newKey.versionId,
    current: newKey,
    verdict: accepted,
  };
  it.each([
    [view, 'retire'],
    [{ ...view, offered: false }, 'not-offered'],
    [{ ...view, current: oldKey }, 'moved-by-another'],
    [{ ...view, current: null, verdict: null }, 'moved-by-another'],
    [{ ...view, current: { ...newKey, keyId: oldKey.keyId } }, 'moved-by-another'],
    [{ ...view, verdict: refused }, 'current-not-accepted'],
    [{ ...view, verdict: unclear }, 'current-not-accepted'],
    [{ ...view, verdict: null }, 'current-not-accepted'],
  ])('%o -> %s', (seen, kind) => {
    expect(decideRetireOld(seen).kind).toBe(kind);
  });
});

describe('prove-refused: what counts as proof', () => {
  const view = {
    value: { refusals: 3, last: refused },
    listed: null,
    revokedForSeconds: 5,
    revocationTakesSeconds: 5,
    currentAccepted: true,
  };
  it.each<[string, ProveRefusedView, string]>([
    [
      'a value is believed at once',
      { ...view, revokedForSeconds: null },
      'value-refused: was refused 3 times: 401 invalid_api_key',
    ],
    ['three refusals', view, 'value-refused: was refused 3 times: 401 invalid_api_key'],
    [
      'three, and no word at the end',
      { ...view, value: { refusals: 3, last: unclear } },
      'value-refused: was refused 3 times: ',
    ],
    [
      'known by id, not listed',
      { ...view, value: null, listed: 'absent' },
      'absent-from-listing: absent in a complete listing',
    ],
    [
      'known by id, listed as inactive',
      { ...view, value: null, listed: 'inactive' },
      'absent-from-listing: inactive in a complete listing',
    ],
  ])('%s', (_case, seen, proof) => {
    const decision = decideProveRefused(seen);
    expect(decision.kind === 'proven' && `${decision.proof}: ${decision.evidence}`).toBe(proof);
  });

  it.each<[string, ProveRefusedView, RegExp]>([
    ['two and then accepted', { ...view, value: { refusals: 2, last: accepted } }, /still accepted/],
    ['an outage is no refusal', { ...view, value: { refusals: 0, last: unclear } }, /no clear refusal/],
    ['the current key is refused as well', { ...view, currentAccepted: false }, /current key is not accepted/],
    ['known by id, listed as active', { ...view, value: null, listed: 'active' }, /listed as active/],
    ['nothing can tell', { ...view, value: null, listed: null }, /nothing can tell/],
    ['revoked a moment ago', { ...view, value: null, listed: 'absent', revokedForSeconds: 4 }, /for a moment after/],
    [
      'revoked nobody knows when',
      { ...view, value: null, listed: 'inactive', revokedForSeconds: null },
      /a moment after/,
    ],
  ])('not yet: %s', (_case, seen, why) => {
    expect(decideProveRefused(seen)).toEqual({ kind: 'not-yet', why: expect.stringMatching(why) });
  });
});

describe('roll-back looks at where the label really is', () => {
  const view: RollBackView = {
    held: true,
    current: oldKey,
    new: newKey.versionId,
    newVerdict: null,
    oldVerdict: null,
  };
  it.each<[string, RollBackView, ReturnType<typeof decideRollBack>]>([
    ['never begun', { ...view, held: false }, { kind: 'nothing' }],
    ['the old key serves', view, { kind: 'remove-new' }],
    ['nothing was stored', { ...view, new: null }, { kind: 'remove-new' }],
    ['the first issue failed', { ...view, current: null, new: null }, { kind: 'remove-new' }],
    ['nothing serves any more', { ...view, current: null }, { kind: 'remove-new' }],
    ["somebody else's version serves", { ...view, current: otherKey }, { kind: 'remove-new' }],
    ['the label moved late', { ...view, current: newKey, newVerdict: 'accepted' }, { kind: 'forward' }],
    [
      'the new key is refused',
      { ...view, current: newKey, newVerdict: 'refused', oldVerdict: 'accepted' },
      { kind: 'label-back' },
    ],
    [
      'both are refused',
      { ...view, current: newKey, newVerdict: 'refused', oldVerdict: 'refused' },
      { kind: 'both-refused' },
    ],
    ['no clear answer of the new', { ...view, current: newKey, newVerdict: 'unclear' }, { kind: 'unclear' }],
    [
      'no clear answer of the old',
      { ...view, current: newKey, newVerdict: 'refused', oldVerdict: 'unclear' },
      { kind: 'unclear' },
    ],
  ])('%s', (_case, seen, decision) => {
    expect(decideRollBack(seen)).toEqual(decision);
  });
});

describe('record-outcome', () => {
  it.each([
    [{ outcome: 'CutOverOldLive', held: true, rolledBack: false }, 'park'],
    [{ outcome: 'Escalated', held: true, rolledBack: false }, 'park'],
    [{ outcome: 'Escalated', held: true, rolledBack: true }, 'close'],
    [{ outcome: 'RolledBack', held: true, rolledBack: true }, 'close'],
    [{ outcome: 'Superseded', held: true, rolledBack: false }, 'close'],
    [{ outcome: 'Superseded', held: false, rolledBack: false }, 'only-journal'],
    [{ outcome: 'RolledBack', held: true, rolledBack: true, urgency: 'emergency' }, 'park'],
    [{ outcome: 'Superseded', held: true, rolledBack: false, urgency: 'emergency' }, 'park'],
    [{ outcome: 'Superseded', held: true, rolledBack: false, urgency: 'emergency', oldKeyDead: true }, 'close'],
    [{ outcome: 'Superseded', held: false, rolledBack: false, urgency: 'emergency' }, 'only-journal'],
    [{ outcome: 'Superseded', held: false, rolledBack: false, wasDone: true }, 'was-done'],
    [{ outcome: 'CutOverOldLive', held: false, rolledBack: false, wasDone: true, urgency: 'emergency' }, 'was-done'],
  ] as const)('%o -> %s', (seen, kind) => {
    const view = { wasDone: false, urgency: 'scheduled', oldKeyDead: false, ...seen } as const;
    expect(decideRecordOutcome(view).kind).toBe(kind);
  });
});

describe('strays: only what the ledger knows is ever revoked', () => {
  const stray = {
    name: 'keyturn-support-20261101-0a1b2c3d-1',
    active: true,
    inUse: false,
    known: true,
    ageSeconds: 1_800,
    graceSeconds: 1_800,
  };
  it.each([
    [stray, 'stray'],
    [{ ...stray, ageSeconds: 1_799 }, 'too-young'],
    [{ ...stray, inUse: true }, 'in-use'],
    [{ ...stray, active: false }, 'dead'],
    [{ ...stray, known: false }, 'not-in-our-ledger'],
    [{ ...stray, known: false, name: 'a-persons-key' }, 'unknown'],
    [{ ...stray, known: false, name: null }, 'unknown'],
  ])('%o -> %s', (view, kind) => {
    expect(decideStray(view).kind).toBe(kind);
  });
});
