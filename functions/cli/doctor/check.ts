import type { Obligation } from '../../domain/obligation.ts';
import type { CredentialRecord } from '../../domain/rotation.ts';
import type { Problem } from '../../register/problem.ts';
import type { DeploymentSettings } from '../deployment-settings.ts';
import type { Session } from '../session.ts';
import type { Remedy } from './could-not-look.ts';
import type { Seen } from './finding.ts';

/** What the checks look at. */
export interface Surroundings
  extends Pick<Session, 'ports' | 'adminVault' | 'http' | 'deployment' | 'flags' | 'register' | 'registerFile'> {
  readonly settings: DeploymentSettings;
  /** The address of the webhooks, with the slash at its end; null when nobody has told it. */
  readonly webhooks: string | null;
  /** What the register breaks of its policy. */
  readonly problems: readonly Problem[];
  /** Read once, for all checks. */
  readonly records: () => Promise<readonly CredentialRecord[]>;
  readonly openObligations: () => Promise<readonly Obligation[]>;
}

/** Looks, and changes nothing. */
export interface Check extends Remedy {
  /** Its heading: `admin keys`. */
  readonly name: string;
  /** What it throws is told as one finding, and hides no other check. */
  readonly look: (surroundings: Surroundings) => Promise<readonly Seen[]>;
}
