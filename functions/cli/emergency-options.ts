import { type AcceptOptions, usualOptions } from '../triggers/compromise.ts';
import type { Session } from './session.ts';

export const emergencyOptions = ({ letCallsLandSeconds }: Pick<Session, 'letCallsLandSeconds'>): AcceptOptions => ({
  ...usualOptions,
  letCallsLandSeconds,
});
