import { describe, expect, it } from 'vitest';
import { type AbandonedRunView, decideAbandonedRun } from '../../functions/domain/decisions/abandoned-run.ts';
import { decideHeal, type HealView } from '../../functions/domain/decisions/heal.ts';
import {
  decideObligation,
  decideSight,
  type ObligationView,
  type SightView,
} from '../../functions/domain/decisions/obligation.ts';
import { decideStaleLabel, type StaleLabelView } from '../../functions/domain/decisions/stale-label.ts';
import { instant, keyId, versionId } from '../../functions/domain/identifiers.ts';

describe('decideObligation', () => {
  const alive = { kind: 'alive', evidence: '' } as const;
  const unclear = { kind: 'unclear', evidence: '' } as const;
  const refused = { kind: 'refused', proof: 'value-refused', evidence: 'seen' } as const;
  const view: ObligationView = {
    inWork: false,
    sight: alive,
    mayContain: true,
    contained: false,
    start: 'possible',
  };
  const serve = (contain: boolean, start: boolean) => ({ kind: 'serve', contain, start });
  it.each<[string, Partial<ObligationView>, object]>([
    ['a run is at work', { inWork: true }, { kind: 'leave' }],
    ['a run is at work, and the key is dead', { inWork: true, sight: refused }, { kind: 'leave' }],
    ['seen refused', { sight: refused }, { kind: 'close', proof: 'value-refused', evidence: 'seen' }],
    [
      'seen refused, nothing can run',
      { sight: refused, start: 'no-credential' },
      expect.objectContaining({ kind: 'close' }),
    ],
    ['alive', {}, serve(true, true)],
    ['alive although contained', { contained: true }, serve(true, true)],
    ['unclear', { sight: unclear }, serve(true, true)],
    ['unclear and contained', { sight: unclear, contained: true }, serve(false, true)],
    ['replace first', { mayContain: false }, serve(false, true)],
    ['tried this hour', { start: 'tried' }, serve(true, false)],
    ['no credential', { start: 'no-credential' }, serve(true, false)],
    ['a person makes the key', { start: 'needs-a-submission' }, serve(true, false)],
    ['on approval', { start: 'on-approval' }, serve(true, false)],
  ])('%s', (_name, change, expected) => {
    expect(decideObligation({ ...view, ...change })).toEqual(expected);
  });
});

describe('decideSight', () => {
  const refusedThrice = { refusals: 3, last: 'refused' } as const;
  const view: SightView = {
    value: null,
    refusalsThatProve: 3,
    listed: 'absent',
    otherAccepted: false,
    stoppedForSeconds: 5,
    revocationTakesSeconds: 5,
  };
  it.each<[string, Partial<SightView>, string]>([
    ['accepted, although listed as gone', { value: { refusals: 0, last: 'accepted' } }, 'alive'],
    ['refused twice, then accepted', { value: { refusals: 2, last: 'accepted' } }, 'alive'],
    ['refused twice, then no answer', { value: { refusals: 2, last: 'unclear' } }, 'unclear'],
    ['refused three times, and listed no more for long enough', { value: refusedThrice }, 'refused'],
    ['refused three times, and stopped for long enough', { value: refusedThrice, listed: 'inactive' }, 'refused'],
    ['refused three times, and stopped a moment ago', { value: refusedThrice, stoppedForSeconds: 4 }, 'unclear'],
    ['refused three times, still listed', { value: refusedThrice, listed: 'active' }, 'unclear'],
    ['refused three times where nothing is listed', { value: refusedThrice, listed: null }, 'unclear'],
    [
      'refused three times, still listed, and another is accepted',
      { value: refusedThrice, listed: 'active', otherAccepted: true },
      'refused',
    ],
    ['only its id: absent', {}, 'refused'],
    ['only its id: inactive', { listed: 'inactive' }, 'refused'],
    ['only its id: active', { listed: 'active' }, 'alive'],
    ['only its id: nothing tells', { listed: null }, 'unclear'],
    ['only its id: stopped a moment ago', { stoppedForSeconds: 4 }, 'unclear'],
    ['only its id: stopped nobody knows when', { stoppedForSeconds: null }, 'unclear'],
    [
      'its value is believed at once where another is accepted',
      { value: refusedThrice, stoppedForSeconds: null, otherAccepted: true },
      'refused',
    ],
  ])('%s', (_name, change, expected) => {
    expect(decideSight({ ...view, ...change }).kind).toBe(expected);
  });

  it('says which proof it was', () => {
    expect(decideSight({ ...view, value: refusedThrice })).toMatchObject({ proof: 'value-refused' });
    expect(decideSight(view)).toMatchObject({ proof: 'absent-from-listing' });
  });
});

describe('decideAbandonedRun', () => {
  const at = instant(0);
  const old = { keyId: keyId('old'), versionId: versionId('v') };
  const rotation = { urgency: 'scheduled', cutOverAt: null, containedAt: null, oldKeyProof: null, old } as const;
  const emergency = { ...rotation, urgency: 'emergency' } as const;
  const proof = { kind: 'value-refused', at, evidence: '' } as const;
  const view: AbandonedRunView = { owner: 'ended', outcome: null, leaseAgeSeconds: 900, graceSeconds: 300, rotation };
  const park = (outcome: string, said: boolean) => ({ kind: 'park', outcome, said });
  it.each<[string, Partial<AbandonedRunView>, object]>([
    ['running', { owner: 'running' }, { kind: 'leave' }],
    ['not found yet', { owner: 'unknown', leaseAgeSeconds: 299 }, { kind: 'leave' }],
    ['ended a moment ago', { leaseAgeSeconds: 0 }, park('Escalated', false)],
    ['said that it was busy, and holds the lease', { outcome: 'SkippedBusy' }, park('Escalated', false)],
    [
      'an emergency without an old key, rolled back',
      { outcome: 'RolledBack', rotation: { ...emergency, old: null } },
      { kind: 'close', outcome: 'RolledBack' },
    ],
    ['not found any more', { owner: 'unknown', leaseAgeSeconds: 300 }, park('Escalated', false)],
    ['stopped before the cut-over', {}, park('Escalated', false)],
    ['stopped after it', { rotation: { ...rotation, cutOverAt: at } }, park('CutOverOldLive', false)],
    [
      'stopped after containment',
      { rotation: { ...emergency, containedAt: at } },
      park('ContainedNoReplacement', false),
    ],
    ['said Done, and the ledger does not', { outcome: 'Done' }, park('Escalated', false)],
    ['rolled back', { outcome: 'RolledBack' }, { kind: 'close', outcome: 'RolledBack' }],
    ['superseded', { outcome: 'Superseded' }, { kind: 'close', outcome: 'Superseded' }],
    ['an emergency rolled back', { outcome: 'RolledBack', rotation: emergency }, park('RolledBack', true)],
    [
      'an emergency superseded, its key dead',
      { outcome: 'Superseded', rotation: { ...emergency, oldKeyProof: proof } },
      { kind: 'close', outcome: 'Superseded' },
    ],
    ['old key live', { outcome: 'CutOverOldLive' }, park('CutOverOldLive', true)],
    ['a person is needed', { outcome: 'Escalated' }, park('Escalated', true)],
  ])('%s', (_name, change, expected) => {
    expect(decideAbandonedRun({ ...view, ...change })).toEqual(expected);
  });
});

describe('decideStaleLabel', () => {
  const view: StaleLabelView = {
    label: 'new',
    needed: false,
    run: 'ended',
    maybeSubmitted: false,
    key: null,
  };
  it.each<[string, Partial<StaleLabelView>, string]>([
    ['new: its run has ended', {}, 'take-away'],
    ['new: its run is long forgotten', { run: 'unknown' }, 'take-away'],
    ['new: its run is at work', { run: 'running' }, 'keep'],
    ['new: an open rotation needs it', { needed: true }, 'keep'],
    ['new: perhaps a submission', { run: 'unknown', maybeSubmitted: true }, 'keep'],
    ['new: a submission whose key is dead', { maybeSubmitted: true, key: 'refused' }, 'take-away'],
    ['new: a submission whose key lives', { maybeSubmitted: true, key: 'alive' }, 'keep'],
    ['pending: of a run that ended', { label: 'pending' }, 'take-away'],
    ['pending: nobody knows whose', { label: 'pending', run: null }, 'not-ours'],
    ['pending: needed', { label: 'pending', needed: true }, 'keep'],
    ['previous: dead', { label: 'previous', run: null, key: 'refused' }, 'take-away'],
    ['previous: alive', { label: 'previous', run: null, key: 'alive' }, 'keep'],
    ['previous: unclear', { label: 'previous', run: null, key: 'unclear' }, 'keep'],
    ['old: dead', { label: 'old', key: 'refused' }, 'take-away'],
    ['old: alive, and nobody else may hold its value', { label: 'old', key: 'alive' }, 'keep'],
    ['old: on what serves', { label: 'old', key: 'serves' }, 'take-away'],
    ['not ours', { label: 'not-ours', key: 'refused' }, 'keep'],
  ])('%s', (_name, change, expected) => {
    expect(decideStaleLabel({ ...view, ...change }).kind).toBe(expected);
  });
});

describe('decideHeal', () => {
  const view: HealView = {
    busy: false,
    probes: { refusals: 3, last: 'refused' },
    refusalsThatCount: 3,
    listed: 'absent',
    previous: 'accepted',
    previousCompromised: false,
    currentCompromised: false,
    replacement: 'possible',
  };
  it.each<[string, Partial<HealView>, string]>([
    ['accepted', { probes: { refusals: 0, last: 'accepted' } }, 'well'],
    ['refused, then accepted', { probes: { refusals: 2, last: 'accepted' } }, 'well'],
    ['a run looks after it', { busy: true }, 'leave'],
    ['refused twice, then no answer', { probes: { refusals: 2, last: 'unclear' } }, 'unclear'],
    ['gone, the one before lives', {}, 'label-back'],
    ['still listed, the one before lives', { listed: 'active' }, 'label-back'],
    ['still listed, nothing else answers', { listed: 'active', previous: null }, 'tell-a-person'],
    ['nothing tells, the one before is refused too', { listed: null, previous: 'refused' }, 'tell-a-person'],
    ['gone, nothing before', { previous: null }, 'replace'],
    ['gone, the one before unclear', { previous: 'unclear' }, 'replace'],
    ['gone, the one before dead', { listed: 'inactive', previous: 'refused' }, 'replace'],
    ['gone, the one before leaked', { previousCompromised: true }, 'replace'],
    ['it leaked', { currentCompromised: true }, 'replace'],
    ['gone, tried this hour', { previous: null, replacement: 'tried' }, 'wait'],
    ['gone, people make the keys', { previous: null, replacement: 'by-a-person' }, 'tell-a-person'],
  ])('%s', (_name, change, expected) => {
    expect(decideHeal({ ...view, ...change }).kind).toBe(expected);
  });
});
