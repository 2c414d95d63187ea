import * as z from 'zod/mini';
import { SecretValue } from '../../domain/secret-value.ts';
import { parseJson } from '../parse-json.ts';
import { type Finding, hintOfRedacted, type ScanReading } from './finding.ts';

// https://github.com/gitleaks/gitleaks/blob/b58d3f10/report/finding.go, read 2026-11. Secret is the value itself, unless
// it ran with --redact: then `REDACTED`, or with a percentage the value's beginning and `...`.
const found = z.object({
  RuleID: z.string(),
  Secret: z.string(),
  File: z.string(),
  StartLine: z.nullish(z.int()),
  Commit: z.nullish(z.string()),
});

/** Reads what `gitleaks --report-format json` writes: one list. */
export const readGitleaks = (text: string): ScanReading => {
  const list = parseJson(text);
  if (!Array.isArray(list)) return { findings: [], unread: ['the whole: no list of findings of gitleaks'] };
  const findings: Finding[] = [];
  const unread: string[] = [];
  for (const [index, entry] of list.entries()) {
    const parsed = found.safeParse(entry);
    if (parsed.success) findings.push(findingOf(parsed.data));
    else unread.push(`entry ${index + 1}: no finding of gitleaks`);
  }
  return { findings, unread };
};

const findingOf = ({ RuleID, Secret, File, StartLine, Commit }: z.infer<typeof found>): Finding => {
  const redacted = Secret === '' || Secret === 'REDACTED' || Secret.endsWith('...');
  return {
    source: 'gitleaks',
    values: redacted ? [] : [new SecretValue(Secret)],
    hint: redacted ? hintOfRedacted(Secret) : null,
    detector: RuleID,
    place: [Commit?.slice(0, 12), File, StartLine && `line ${StartLine}`].filter(Boolean).join(' '),
  };
};
