import { expect, test } from 'vitest';
import { keyId } from '../../functions/domain/identifiers.ts';
import type { Found } from '../../functions/watch/pass.ts';
import { reconcileMetrics } from '../../functions/watch/reconcile-metrics.ts';
import { strayMetrics } from '../../functions/watch/stray-metrics.ts';
import type { SweptKey } from '../../functions/watch/sweep-strays.ts';

const found = (part: Found['part'], did: string | null): Found => ({
  part,
  subject: 'assistant',
  found: 'something',
  did,
});

test('a pass of reconcile: what it mended, what it left, whose consumers fail, and what waits', () => {
  const metrics = reconcileMetrics({
    found: [found('heal', null), found('heal', 'started a replacement'), found('labels', 'took it away')],
    failed: [],
    heldBack: 4,
  });
  expect(metrics).toEqual([
    { name: 'Mended', unit: 'Count', value: 2 },
    { name: 'LeftAsFound', unit: 'Count', value: 1 },
    { name: 'CurrentKeysRefused', unit: 'Count', value: 2 },
    { name: 'EmergenciesHeldBack', unit: 'Count', value: 4 },
  ]);
});

test('a sweep of strays: what it revoked, what it could not, and what is not ours', () => {
  const swept = (what: SweptKey['found'], revoked = false): SweptKey => ({
    keyId: keyId('key'),
    name: null,
    provider: 'openai',
    account: 'openai-production',
    found: what,
    revoked,
  });
  const keys = [
    swept('stray', true),
    swept('stray', true),
    swept('stray', true),
    swept('stray'),
    // Its grace has not ended: nothing is wrong with it yet.
    swept('too-young'),
    swept('unknown'),
    swept('not-in-our-ledger'),
  ];
  expect(strayMetrics(keys)).toEqual([
    { name: 'StraysRevoked', unit: 'Count', value: 3 },
    { name: 'StraysLeft', unit: 'Count', value: 1 },
    { name: 'UnknownKeys', unit: 'Count', value: 2 },
  ]);
});
