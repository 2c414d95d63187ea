import * as z from 'zod/mini';
import { SecretValue } from '../../domain/secret-value.ts';
import { parseJson } from '../parse-json.ts';
import { type Finding, hintOfRedacted, type ScanReading } from './finding.ts';

// https://github.com/trufflesecurity/trufflehog/blob/3ab759fe/pkg/output/json.go, read 2026-11. Raw is the value itself.
const found = z.object({
  DetectorName: z.string(),
  Raw: z.nullish(z.string()),
  RawV2: z.nullish(z.string()),
  Redacted: z.nullish(z.string()),
  /** One field, named for the kind of source (`Git`, `Filesystem`), that tells the place. */
  SourceMetadata: z.nullish(z.object({ Data: z.nullish(z.record(z.string(), z.unknown())) })),
});

const place = z.object({
  repository: z.nullish(z.string()),
  commit: z.nullish(z.string()),
  file: z.nullish(z.string()),
  line: z.nullish(z.int()),
  link: z.nullish(z.string()),
});

/** Reads what `trufflehog --json` writes: a finding a line. Found secrets that it did not verify count too: a print decides. */
export const readTrufflehog = (text: string): ScanReading => {
  const findings: Finding[] = [];
  const unread: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const parsed = found.safeParse(parseJson(line));
    if (parsed.success) findings.push(findingOf(parsed.data));
    else unread.push(`line ${index + 1}: no finding of TruffleHog`);
  }
  return { findings, unread };
};

const findingOf = ({ DetectorName, Raw, RawV2, Redacted, SourceMetadata }: z.infer<typeof found>): Finding => ({
  source: 'trufflehog',
  values: [Raw, RawV2].flatMap((raw) => (raw ? [new SecretValue(raw)] : [])),
  hint: hintOfRedacted(Redacted ?? ''),
  detector: DetectorName,
  place: placeOf(SourceMetadata?.Data ?? {}),
});

const placeOf = (data: Readonly<Record<string, unknown>>): string => {
  const [kind = 'unknown place', told] = Object.entries(data)[0] ?? [];
  const parsed = place.safeParse(told);
  if (!parsed.success) return kind;
  const { repository, commit, file, line, link } = parsed.data;
  return [repository ?? link ?? kind, commit?.slice(0, 12), file, line && `line ${line}`].filter(Boolean).join(' ');
};
