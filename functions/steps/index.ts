import { begin } from './begin.ts';
import { checkUsage } from './check-usage.ts';
import { confirm } from './confirm.ts';
import { contain } from './contain.ts';
import { createKey } from './create-key.ts';
import { cutOver } from './cut-over.ts';
import { disableOld } from './disable-old.ts';
import { finish } from './finish.ts';
import { adoptSubmitted } from './human-created/create-key.ts';
import { rollBackSubmitted } from './human-created/roll-back.ts';
import { proveRefused } from './prove-refused.ts';
import { recordOutcome } from './record-outcome.ts';
import { revokeOld } from './revoke-old.ts';
import { rollBack } from './roll-back.ts';
import { stage } from './stage.ts';
import { createInFreeSlot } from './two-slot/create-key.ts';
import { revokeOldSlot } from './two-slot/revoke-old.ts';
import { rollBackSlots } from './two-slot/roll-back.ts';
import { validate } from './validate.ts';

/** Every step by its name. */
export const steps = {
  contain,
  begin,
  'create-key': createKey,
  stage,
  validate,
  'cut-over': cutOver,
  confirm,
  'check-usage': checkUsage,
  'disable-old': disableOld,
  'revoke-old': revokeOld,
  'prove-refused': proveRefused,
  finish,
  'roll-back': rollBack,
  'record-outcome': recordOutcome,
  'two-slot/create-key': createInFreeSlot,
  'two-slot/revoke-old': revokeOldSlot,
  'two-slot/roll-back': rollBackSlots,
  'human-created/create-key': adoptSubmitted,
  'human-created/roll-back': rollBackSubmitted,
} as const;
