import { describe, expect, it } from 'vitest';
import { decideRetirement, type RetirementView } from '../../functions/domain/decisions/retirement.ts';

const alive: RetirementView['sight'] = { kind: 'alive', evidence: 'listed as active' };
const refused: RetirementView['sight'] = { kind: 'refused', proof: 'value-refused', evidence: 'was refused 3 times' };
const quiet: RetirementView['usage'] = { kind: 'quiet', evidence: 'none' };
const busy: RetirementView['usage'] = { kind: 'busy', lastUsedAt: null, evidence: 'a call' };
const unknowable: RetirementView['usage'] = { kind: 'unknowable' };

const view = (change: Partial<RetirementView>): RetirementView => ({
  rotationOpen: false,
  secretHolds: 'this-key',
  usage: quiet,
  sight: alive,
  gone: false,
  revocable: true,
  sentForSeconds: null,
  revocationTakesSeconds: 60,
  secondsSinceAsked: 0,
  overlapSeconds: 3_600,
  ...change,
});

describe('decideRetirement', () => {
  const rows: readonly (readonly [string, Partial<RetirementView>, string])[] = [
    ['quiet', {}, 'revoke'],
    ['still used', { usage: busy }, 'wait'],
    ['still used, long after', { usage: busy, secondsSinceAsked: 1e9 }, 'wait'],
    ['use unknowable, just asked', { usage: unknowable }, 'wait'],
    ['use unknowable, almost an overlap ago', { usage: unknowable, secondsSinceAsked: 3_599 }, 'wait'],
    ['use unknowable, an overlap ago', { usage: unknowable, secondsSinceAsked: 3_600 }, 'revoke'],
    ['a rotation is open', { rotationOpen: true, sight: refused }, 'wait'],
    ['dead already', { sight: refused, secretHolds: 'another-key', usage: busy }, 'close'],
    ['the secret holds another key', { secretHolds: 'another-key' }, 'needs-person'],
    ['the secret holds a key that nobody can name', { secretHolds: 'unknown' }, 'wait'],
    ['the secret is gone', { secretHolds: 'nothing' }, 'revoke'],
    ['gone, nobody knows since when', { gone: true, secretHolds: 'another-key', usage: busy }, 'revoke'],
    ['gone, and nothing stops a key', { gone: true, revocable: false }, 'needs-person'],
    ['nothing stops a key', { revocable: false }, 'needs-person'],
    ['revoked a moment ago, and accepted', { sentForSeconds: 59 }, 'wait'],
    ['revoked, and accepted for too long', { sentForSeconds: 60, usage: busy }, 'revoke'],
    ['revoked, and refused', { sentForSeconds: 1, sight: refused }, 'close'],
  ];
  it.each(rows)('%s', (_, change, kind) => {
    expect(decideRetirement(view(change)).kind).toBe(kind);
  });
});
