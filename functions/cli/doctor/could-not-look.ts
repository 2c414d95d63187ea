import { isDenial } from '../../aws/fault-of.ts';
import { Fault } from '../../domain/fault.ts';
import { CommandError } from '../command-error.ts';
import { amiss, type Seen } from './finding.ts';

export interface Remedy {
  /** What whoever runs the command must be allowed to do on AWS. */
  readonly right: string;
  /** What mends it when the answer itself says that something is wrong. */
  readonly fix: string;
}

/** What a failed look says: that something is wrong only where the answer says so, and otherwise that nobody knows. */
export const couldNotLook = (subject: string, error: unknown, { right, fix }: Remedy): Seen => {
  if (error instanceof CommandError) return amiss('unknown', subject, error.explanation.why, error.explanation.next);
  // An error of unknown make may quote anything.
  if (!(error instanceof Fault)) {
    const name = error instanceof Error ? error.name : 'no error of a known form';
    return amiss(
      'unknown',
      subject,
      `The look ended with ${name}.`,
      'Please report this, with the command and its version.',
    );
  }
  const saw = whatHappened(error);
  if (isDenial(error)) return amiss('unknown', subject, saw, `Run it as somebody who may ${right}.`);
  if (error.name === 'NothingChanged' || error.name === 'OutcomeUnknown')
    return amiss('unknown', subject, saw, 'Run the same command again.');
  return amiss('broken', subject, saw, fix);
};

/** Without what the step would have left behind, and without its advice: doctor has its own. */
const whatHappened = ({ message }: Fault): string => message.replace(/[.;]\s+nothing was changed[\s\S]*$/i, '.');
