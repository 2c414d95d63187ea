import type { Instant } from '../../domain/identifiers.ts';
import type { CompromiseReport, Leak, ReportSource } from '../../domain/incident.ts';
import type { SecretValue } from '../../domain/secret-value.ts';
import type { Ports } from '../../ports.ts';
import { leakOfValue } from '../leaked-value.ts';
import { harmless } from './harmless.ts';

/** What a scanner on this machine has found. It holds the value, and goes no further than `reportOfFinding`. */
export type Finding = {
  readonly source: Extract<ReportSource, 'trufflehog' | 'gitleaks'>;
  /** The value, in every form in which the scanner gives it; empty when it was redacted. */
  readonly values: readonly SecretValue[];
  /** The last characters that a redacted value still shows. */
  readonly hint: string | null;
  /** The scanner's own name for what it is. */
  readonly detector: string;
  /** Where it was found: repository, commit, file and line. */
  readonly place: string;
};

export type ScanReading = {
  readonly findings: readonly Finding[];
  /** What could not be read, and why: `line 3: no JSON`. Never what stood there. */
  readonly unread: readonly string[];
};

/**
 * A finding without its value.
 * @param reportedAt when the scan was handed over
 */
export const reportOfFinding = async (
  finding: Finding,
  reportedAt: Instant,
  ports: Pick<Ports, 'fingerprints' | 'ledger'>,
): Promise<CompromiseReport> => {
  const place = withoutValue(finding.place, finding);
  const detector = withoutValue(finding.detector, finding);
  return {
    source: finding.source,
    dedupeKey: `${detector} ${place}`,
    reference: place,
    reason: `${finding.source} found a secret (${detector})`,
    reportedAt,
    leak: finding.values.length > 0 ? await leakOfValue(finding.values, ports) : leakOfHint(finding),
  };
};

const leakOfHint = ({ hint, detector }: Finding): Leak =>
  hint === null
    ? { kind: 'unknown', why: 'The scanner redacted the value and left no last characters of it.' }
    : { kind: 'hint', provider: providerOf(detector), hint };

/** A file may be named by the key that is in it, and a key may have a form that nobody knows. */
const withoutValue = (text: string, { values }: Finding): string =>
  values.some((value) => text.includes(value.expose().trim())) ? '(withheld: it holds the value)' : harmless(text);

/** The provider's id by the beginning of the scanner's name for it: `OpenAI`, `openai-api-key`. */
const providerOf = (detector: string): string | null => {
  const name = detector.toLowerCase().replaceAll(/[^a-z]/g, '');
  return detectors.find(([beginning]) => name.startsWith(beginning))?.[1] ?? null;
};

const detectors: readonly (readonly [string, string])[] = [
  ['azureopenai', 'azure-openai'],
  ['openai', 'openai'],
  ['anthropic', 'anthropic'],
  ['pinecone', 'pinecone'],
];

/** How many characters of a value vendors show. A scanner that leaves more of it has not redacted it. */
const hintLength = 4;

/** `sk-...abcd` or `****abcd` -> `abcd`; null when nothing is left behind the gap. */
export const hintOfRedacted = (redacted: string): string | null => {
  const rest = /(?:\*+|\.{3}|…)([^*.…]{1,200})$/.exec(redacted.slice(-400).trim())?.[1] ?? '';
  return rest.length < hintLength ? null : rest.slice(-hintLength);
};
