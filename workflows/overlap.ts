import type { StepName } from '../functions/steps/step.ts';
import { type Catch, defineFlow, type StepState } from './flow.ts';
import { patient, untilAccepted, untilRecorded, untilRefused, urgent } from './retry.ts';

const superseded = { faults: ['Superseded'], next: 'RecordOutcome', set: { outcome: 'Superseded' } } as const;
const escalated = { faults: ['NeedsPerson'], next: 'RecordOutcome', set: { outcome: 'Escalated' } } as const;
const oldKeyLives = { faults: ['anything'], next: 'RecordOutcome', set: { outcome: 'CutOverOldLive' } } as const;
const wayBack = { faults: ['anything'], next: 'IsWayBackOpen' } as const;

type Way<Next extends string> = { readonly next: Next } & Partial<Pick<StepState, 'retry' | 'timeoutSeconds'>>;

const step = <const Next extends string, const Caught extends string>(
  run: StepName,
  onFault: readonly Catch<Caught>[],
  { next, retry = patient, timeoutSeconds = 60 }: Way<Next>,
): StepState<Next | Caught> => ({ kind: 'step', run, timeoutSeconds, retry, onFault, next });

/** A step that can still be taken back: whatever fails, the old key serves as before. */
const beforeCutOver = <const Next extends string>(run: StepName, way: Way<Next>) =>
  step(run, [superseded, wayBack], way);

/** A step with the new key in use: what fails leaves the old key for another run to end. */
const afterCutOver = <const Next extends string>(run: StepName, way: Way<Next>) =>
  step(run, [superseded, escalated, oldKeyLives], way);

/**
 * Create beside the old, move, wait, revoke. The other strategies are this flow with named states replaced.
 *
 * The point of no return is the moment that Contain or RevokeOld is sent. Before CutOver every fault leads to
 * RollBack, once calls in flight have landed. Between CutOver and that moment only a refused new key goes back.
 */
export const overlap = defineFlow({
  comment: 'Create a key beside the old one, move to it, wait, revoke the old one, prove that it is refused.',
  startAt: 'IsContainFirst',
  states: {
    IsContainFirst: {
      kind: 'choice',
      rules: [{ when: { urgency: 'emergency', containFirst: true }, next: 'Contain' }],
      otherwise: 'Begin',
    },
    // What is not known to have failed counts as contained: from there the flow only goes forward.
    Contain: step(
      'contain',
      [
        // Not NothingChanged: it speaks of the last try, and an earlier one may have landed.
        { faults: ['Refused', 'NeedsPerson'], next: 'Begin', set: { contained: false } },
        { faults: ['anything'], next: 'Begin', set: { contained: true } },
      ],
      { next: 'Begin', retry: urgent },
    ),
    Begin: beforeCutOver('begin', { next: 'WhereToStart' }),
    WhereToStart: {
      kind: 'choice',
      rules: [
        { when: { start: 'busy' }, next: 'SkippedBusy' },
        { when: { start: 'stage' }, next: 'Stage' },
        { when: { start: 'confirm' }, next: 'Confirm' },
      ],
      otherwise: 'CreateKey',
    },
    CreateKey: beforeCutOver('create-key', { next: 'IsFirstIssue', timeoutSeconds: 120 }),
    IsFirstIssue: {
      kind: 'choice',
      rules: [{ when: { firstIssue: true }, next: 'Confirm' }],
      otherwise: 'Stage',
    },
    Stage: beforeCutOver('stage', { next: 'Validate' }),
    Validate: beforeCutOver('validate', { next: 'CutOver', retry: untilAccepted }),
    CutOver: beforeCutOver('cut-over', { next: 'Confirm' }),
    // A refused new key is the one thing that still leads back.
    Confirm: step('confirm', [superseded, { faults: ['Refused'], next: 'IsWayBackOpen' }, escalated, oldKeyLives], {
      next: 'IsThereAnOldKey',
      retry: untilAccepted,
    }),
    IsThereAnOldKey: {
      kind: 'choice',
      rules: [{ when: { hasOldKey: false }, next: 'Finish' }],
      otherwise: 'Overlap',
    },
    Overlap: { kind: 'wait', seconds: { field: 'overlapSeconds' }, next: 'CheckUsage' },
    CheckUsage: afterCutOver('check-usage', { next: 'IsOldKeyQuiet' }),
    IsOldKeyQuiet: {
      kind: 'choice',
      rules: [
        { when: { oldKeyUse: 'over' }, next: 'DisableOld' },
        { when: { oldKeyUse: 'wait' }, next: 'WaitForQuiet' },
      ],
      otherwise: 'RecordOutcome',
    },
    WaitForQuiet: { kind: 'wait', seconds: { field: 'askAgainSeconds' }, next: 'CheckUsage' },
    DisableOld: afterCutOver('disable-old', { next: 'RevokeOld' }),
    RevokeOld: afterCutOver('revoke-old', { next: 'ProveRefused' }),
    ProveRefused: afterCutOver('prove-refused', { next: 'Finish', retry: untilRefused, timeoutSeconds: 90 }),
    // The proof is on record by now, but "done" is said only when nothing points at the dead key any more.
    Finish: afterCutOver('finish', { next: 'Done' }),

    IsWayBackOpen: {
      kind: 'choice',
      rules: [{ when: { contained: true }, next: 'RecordOutcome', set: { outcome: 'ContainedNoReplacement' } }],
      otherwise: 'LetCallsLand',
    },
    LetCallsLand: { kind: 'wait', seconds: { field: 'letCallsLandSeconds' }, next: 'RollBack' },
    RollBack: step(
      'roll-back',
      [superseded, { faults: ['anything'], next: 'RecordOutcome', set: { outcome: 'Escalated' } }],
      { next: 'HowDoesItStand', timeoutSeconds: 90 },
    ),
    // A label that moved late, after all: the new key serves, so the way is forward. Once: a provider that refuses and
    // accepts in turns would lead round in a circle.
    HowDoesItStand: {
      kind: 'choice',
      rules: [
        {
          when: { rolledBack: false, wentForward: true },
          next: 'RecordOutcome',
          set: { outcome: 'CutOverOldLive' },
        },
        { when: { rolledBack: false }, next: 'Confirm', set: { wentForward: true } },
      ],
      otherwise: 'RecordOutcome',
    },
    RecordOutcome: step('record-outcome', [{ faults: ['anything'], next: 'HowItEnded' }], {
      next: 'HowItEnded',
      retry: untilRecorded,
    }),
    HowItEnded: {
      kind: 'choice',
      rules: [
        // It had ended so before; what failed was to be told of it again.
        { when: { outcome: 'Done' }, next: 'Done' },
        { when: { outcome: 'Superseded' }, next: 'Superseded' },
        { when: { outcome: 'RolledBack' }, next: 'RolledBack' },
        { when: { outcome: 'CutOverOldLive' }, next: 'CutOverOldLive' },
        { when: { outcome: 'ContainedNoReplacement' }, next: 'ContainedNoReplacement' },
      ],
      otherwise: 'Escalated',
    },

    Done: { kind: 'succeed' },
    SkippedBusy: { kind: 'succeed' },
    Superseded: { kind: 'succeed' },
    RolledBack: { kind: 'fail', cause: 'The old key serves as before; the new one was removed.' },
    CutOverOldLive: { kind: 'fail', cause: 'The new key serves; the old one is not yet seen refused.' },
    ContainedNoReplacement: {
      kind: 'fail',
      cause: 'The leaked key was stopped, or may have been; no replacement is in place.',
    },
    Escalated: { kind: 'fail', cause: 'A person is needed; the journal says for what.' },
  },
});
