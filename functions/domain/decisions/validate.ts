import { guard } from '../guard.ts';
import type { Finding, Verdict } from '../verdict.ts';

export type ValidateDecision =
  | { readonly kind: 'accept' }
  /** Not accepted yet, or no clear answer: the vendor may need a moment. */
  | { readonly kind: 'not-yet'; readonly why: string }
  /** It is accepted, and it is not the key that the register declares. */
  | { readonly kind: 'not-as-declared'; readonly findings: readonly Finding[] };

/** A key without money is the key that was declared: the old one has none either. Everything else must fit. */
export const decideValidate = ({ verdict }: { readonly verdict: Verdict }): ValidateDecision => {
  // Stryker disable next-line ArrayDeclaration,StringLiteral: read only where a test build has switched the guard off
  const seen = { findings: [], evidence: '', ...verdict };
  if (!guard('validate-before-cut-over', verdict.kind === 'accepted')) return { kind: 'not-yet', why: seen.evidence };
  const findings = seen.findings.filter(({ kind }) => kind !== 'no-money');
  return findings.length === 0 ? { kind: 'accept' } : { kind: 'not-as-declared', findings };
};
