import { Fault } from '../domain/fault.ts';

/** Names by which the services say that the caller, or the key it needs, lacks a permission. */
const denied =
  /^(AccessDenied|AuthorizationError|NotAuthorized|KMS(?!Internal|Throttl)|Kms|DecryptionFailure|EncryptionFailure|ExpiredToken|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|CredentialsProviderError|MissingAuthenticationToken)/;

const momentary =
  /Throttl|TooManyRequests|LimitExceeded|ProvisionedThroughput|Timeout|Unavailable|InternalS|InternalError/;

const giveRights = 'Give this role the permission, also on the KMS key; or renew its session.';

/** Whether a fault of `faultOf` says that the caller may not look: of what is there it says nothing. */
export const isDenial = ({ message }: Fault): boolean => message.endsWith(giveRights);

/**
 * What a failed call to AWS says of the world. The error's own message is left out: AWS quotes the request in it.
 *
 * @param doing what was tried, for a person: `reading secret x`
 */
export const faultOf = (error: unknown, doing: string, kind: 'read' | 'write'): Fault => {
  const name = error instanceof Error ? error.name : 'unknown error';
  const status = statusOf(error);
  const said = `AWS answered ${name}${status === null ? '' : ` (${status})`}`;
  if (denied.test(name)) {
    return new Fault('NeedsPerson', `${said} to ${doing}. Nothing was changed. ${giveRights}`);
  }
  if (status === null || status >= 500 || status === 429 || momentary.test(name)) {
    return kind === 'read'
      ? new Fault('NothingChanged', `${said} to ${doing}; nothing was changed.`)
      : new Fault('OutcomeUnknown', `${said} to ${doing}; it may have happened.`);
  }
  return new Fault('NeedsPerson', `${said} to ${doing}. Nothing was changed. Look at the resource's name and state.`);
};

/** Whether the service answered with that error. */
export const isAnswer = (error: unknown, ...names: readonly string[]): boolean =>
  error instanceof Error && names.includes(error.name);

const statusOf = (error: unknown): number | null => {
  if (!(error instanceof Error) || !('$metadata' in error)) return null;
  const metadata: unknown = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return null;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : null;
};
