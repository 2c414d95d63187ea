import { beforeEach, describe, expect, it } from 'vitest';
import { instant } from '../../../functions/domain/identifiers.ts';
import { reportOfFinding, type ScanReading } from '../../../functions/triggers/sources/finding.ts';
import { readGitleaks } from '../../../functions/triggers/sources/gitleaks.ts';
import { readTrufflehog } from '../../../functions/triggers/sources/trufflehog.ts';
import { recorded } from './recorded.ts';
import { sourceWorld } from './source-world.ts';

const value = 'sk-proj-canary-Qw8ZtkL2mN4pR6sT8vX0123456789';
const now = instant(Date.UTC(2026, 10, 20));

let world: ReturnType<typeof sourceWorld>;
beforeEach(() => {
  world = sourceWorld();
});
const reportsOf = ({ findings }: ScanReading) =>
  Promise.all(findings.map((finding) => reportOfFinding(finding, now, world.ports)));

const trufflehog = (change: object) => JSON.stringify({ ...recorded('trufflehog'), ...change });
const gitleaks = (change: object) => JSON.stringify([{ ...recorded('gitleaks')[0], ...change }]);

describe('TruffleHog', () => {
  it('a finding is a fingerprint, and where it was found; no value, no password of an URL', async () => {
    const { fingerprint } = await world.know(value);
    const scan = readTrufflehog(`\n${trufflehog({ Raw: value })}\n`);
    expect(scan.unread).toEqual([]);
    expect(await reportsOf(scan)).toEqual([
      {
        source: 'trufflehog',
        dedupeKey: 'OpenAI https://github.com/acme/chat.git fbc14303ffbf src/config.py line 4',
        reference: 'https://github.com/acme/chat.git fbc14303ffbf src/config.py line 4',
        reason: 'trufflehog found a secret (OpenAI)',
        reportedAt: now,
        leak: { kind: 'fingerprint', fingerprint },
      },
    ]);
  });

  it('finds the key in the second form too', async () => {
    const { fingerprint } = await world.know(value);
    const reports = await reportsOf(readTrufflehog(trufflehog({ Raw: 'acme.openai.azure.com', RawV2: value })));
    expect(reports[0]?.leak).toEqual({ kind: 'fingerprint', fingerprint });
  });

  it.each([
    ['sk-...wxyz', { kind: 'hint', provider: 'openai', hint: 'wxyz' }],
    ['**********wxyz', { kind: 'hint', provider: 'openai', hint: 'wxyz' }],
    // What it shows of a long key is more than a hint, and stays here.
    [`sk-...${'a'.repeat(100)}wxyz`, { kind: 'hint', provider: 'openai', hint: 'wxyz' }],
    ['sk-...', { kind: 'unknown' }],
    ['', { kind: 'unknown' }],
  ])('redacted, it leaves %s', async (Redacted, leak) => {
    const [report] = await reportsOf(readTrufflehog(trufflehog({ Raw: '', RawV2: '', Redacted })));
    expect(report?.leak).toMatchObject(leak);
  });

  it('tells which lines it could not read, and reads the others', () => {
    const scan = readTrufflehog(`${value}\n${trufflehog({ Raw: value })}\n{"DetectorName":1,"Raw":"${value}"}\n`);
    expect(scan.findings).toHaveLength(1);
    expect(scan.unread).toEqual(['line 1: no finding of TruffleHog', 'line 3: no finding of TruffleHog']);
  });
});

describe('gitleaks', () => {
  it('a finding is a fingerprint, and where it was found', async () => {
    const { fingerprint } = await world.know(value);
    expect(await reportsOf(readGitleaks(gitleaks({ Secret: value, Match: `key = "${value}"` })))).toEqual([
      {
        source: 'gitleaks',
        dedupeKey: 'openai-api-key fbc14303ffbf src/config.py line 4',
        reference: 'fbc14303ffbf src/config.py line 4',
        reason: 'gitleaks found a secret (openai-api-key)',
        reportedAt: now,
        leak: { kind: 'fingerprint', fingerprint },
      },
    ]);
  });

  it.each(['REDACTED', '', 'sk-proj-canary...'])('redacted to %j it is unknown, and still a report', async (Secret) => {
    const [report] = await reportsOf(readGitleaks(gitleaks({ Secret })));
    expect(report?.leak.kind).toBe('unknown');
    expect(JSON.stringify(report)).not.toContain('canary');
  });

  it.each(['', '{}', 'null', value])('what is no list (%#) is not read', (text) => {
    expect(readGitleaks(text)).toEqual({ findings: [], unread: ['the whole: no list of findings of gitleaks'] });
  });

  it('tells which entries it could not read', () => {
    const scan = readGitleaks(`[7,${gitleaks({ Secret: value }).slice(1)}`);
    expect(scan.findings).toHaveLength(1);
    expect(scan.unread).toEqual(['entry 1: no finding of gitleaks']);
  });
});

describe('no text of a report holds the value', () => {
  it.each<[string, () => ScanReading]>([
    ['a file named by it', () => readGitleaks(gitleaks({ Secret: value, File: `keys/${value}.txt` }))],
    ['a rule named by it', () => readGitleaks(gitleaks({ Secret: value, RuleID: value }))],
    [
      'a link with it',
      () =>
        readTrufflehog(
          trufflehog({ Raw: value, SourceMetadata: { Data: { Web: { link: `https://x.example/?k=${value}` } } } }),
        ),
    ],
    [
      'a source named by it',
      () => readTrufflehog(trufflehog({ Raw: value, SourceMetadata: { Data: { [value]: {} } } })),
    ],
    [
      'a detector with control characters',
      () => readTrufflehog(trufflehog({ Raw: value, DetectorName: `a\u0000b\u001b[31m${value}` })),
    ],
  ])('%s', async (_, scan) => {
    for (const report of await reportsOf(scan())) {
      expect(JSON.stringify(report)).not.toContain('canary');
      expect(JSON.stringify(report)).not.toContain('\\u00');
    }
    expect(scan().findings).toHaveLength(1);
  });

  it('nor does a finding that somebody writes out', () => {
    expect(() => JSON.stringify(readGitleaks(gitleaks({ Secret: value })).findings)).toThrow(TypeError);
  });
});
