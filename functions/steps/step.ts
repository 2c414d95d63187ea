import type { JsonObject } from '../domain/json.ts';
import type { Ports } from '../ports.ts';

/** The name of a step: its file, its Lambda, its state (in PascalCase) and its test. */
export type StepName =
  | 'contain'
  | 'begin'
  | 'create-key'
  | 'stage'
  | 'validate'
  | 'cut-over'
  | 'confirm'
  | 'check-usage'
  | 'disable-old'
  | 'revoke-old'
  | 'prove-refused'
  | 'finish'
  | 'roll-back'
  | 'record-outcome'
  | 'two-slot/create-key'
  | 'two-slot/revoke-old'
  | 'two-slot/roll-back'
  | 'human-created/create-key'
  | 'human-created/roll-back';

/**
 * A step looks, decides and does one thing. A retry after anything is just another look, so a crash needs no
 * special case, and a plan is a step without its act.
 */
export interface Step<
  Input extends JsonObject,
  View,
  Decision extends { readonly kind: string },
  Output extends JsonObject,
> {
  readonly name: StepName;
  /** Looks, and changes nothing. */
  readonly observe: (input: Input, ports: Ports) => Promise<View>;
  /** Chooses from what was seen: pure, a table in domain/decisions. */
  readonly decide: (view: View) => Decision;
  /** Does it. Idempotent: done twice is done once. Its answer is merged into the rotation's state. */
  readonly act: (decision: Decision, view: View, input: Input, ports: Ports) => Promise<Output>;
}
