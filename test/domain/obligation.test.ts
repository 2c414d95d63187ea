import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { incidentId, instant, rotationId } from '../../functions/domain/identifiers.ts';
import { type Obligation, outlives, withReport, withUncheckedId } from '../../functions/domain/obligation.ts';
import { obligationOf } from '../conformance/ports/samples.ts';

const at = (second: number) => instant(second * 1000);
const first = obligationOf('key-1', {
  incidentId: null,
  rotationId: rotationId('r-1'),
  reason: 'the first report',
  reportedAt: at(0),
  acceptedAt: at(1),
});
/** What is seen in the course of time, each by name. */
const seen = {
  containedAt: at(2),
  firstRefusedAt: at(3),
  replacedAt: at(4),
  consumersMovedAt: at(5),
  refusedAt: at(6),
  evidence: 'was refused 3 times',
} as const;
const names = ['containedAt', 'firstRefusedAt', 'replacedAt', 'consumersMovedAt', 'refusedAt', 'evidence'] as const;

describe('a report of a key that must be seen refused', () => {
  it('is the obligation where there was none', () => {
    expect(withReport(null, first)).toBe(first);
  });

  it('adds what it has seen and keeps what was seen first', () => {
    const late = Object.fromEntries(names.map((name) => [name, name === 'evidence' ? 'later' : at(99)]));
    for (const name of names) {
      const known: Obligation = { ...first, [name]: seen[name] };
      expect(withReport(known, { ...first, ...late })).toEqual({ ...first, ...late, [name]: seen[name] });
      expect(withReport(known, first)).toEqual(known);
    }
  });

  it('changes neither the first reason and times nor the incident that named it, and tells who took it up last', () => {
    const report = obligationOf('key-1', {
      incidentId: incidentId('inc-2'),
      rotationId: rotationId('r-2'),
      reason: 'another report',
      reportedAt: at(10),
      acceptedAt: at(11),
    });
    expect(withReport(first, report)).toEqual({ ...first, incidentId: 'inc-2', rotationId: 'r-2' });
    expect(withReport({ ...first, incidentId: incidentId('inc-1') }, report).incidentId).toBe('inc-1');
    expect(withReport(first, { ...report, rotationId: null }).rotationId).toBe('r-1');
  });

  it.each([
    ['the rotation that saw it refused says no more', { ...first }, 'closed'],
    ['another rotation finds the key alive', { ...first, rotationId: rotationId('r-2'), acceptedAt: at(50) }, 'open'],
    [
      'another rotation sees it refused again',
      { ...first, rotationId: rotationId('r-2'), refusedAt: at(60) },
      'closed',
    ],
  ])('after the proof: %s', (_case, report, state) => {
    const result = withReport({ ...first, ...seen }, report);
    expect(result.refusedAt === null ? 'open' : 'closed').toBe(state);
    if (state === 'open') expect(result).toEqual(report);
    else expect(result.refusedAt).toBe(seen.refusedAt);
  });

  it('that names an id nobody had looked for is proven with that said', () => {
    const unchecked = { ...first, reason: withUncheckedId('named by hand') };
    const proof = { ...first, refusedAt: at(6), evidence: 'absent in a complete listing' };
    expect(withReport(unchecked, proof).evidence).toMatch(/^absent in a complete listing; .*was not checked/);
    expect(withReport(unchecked, { ...proof, evidence: null }).evidence).toBeNull();
    expect(withReport(first, proof).evidence).toBe('absent in a complete listing');
    expect(unchecked.reason).toMatch(/^named by hand .*not checked/);
  });

  it('of another incident leaves what was proven on record beside it', () => {
    const proven = { ...first, ...seen, incidentId: incidentId('inc-1') };
    const report = { ...first, incidentId: incidentId('inc-2'), rotationId: rotationId('r-2') };
    expect(outlives(proven, report)).toBe(true);
    expect(outlives(proven, { ...report, rotationId: first.rotationId })).toBe(false);
    expect(outlives(proven, { ...report, incidentId: proven.incidentId })).toBe(false);
    // Nobody had reported either: then it is the same one, opened again.
    expect(outlives({ ...proven, incidentId: null }, { ...report, incidentId: null })).toBe(false);
    expect(outlives({ ...proven, refusedAt: null }, report)).toBe(false);
  });

  it('of one rotation may come in any order, and as often as it likes', () => {
    const reports = names.map((name): Obligation => ({ ...first, [name]: seen[name] }));
    fc.assert(
      fc.property(fc.shuffledSubarray([...reports, ...reports], { minLength: 12 }), (order) => {
        const all = order.reduce<Obligation | null>((known, report) => withReport(known, report), first);
        expect(all).toEqual({ ...first, ...seen });
      }),
    );
  });
});
