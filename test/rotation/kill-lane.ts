import type { Credential } from '../../functions/domain/credential.ts';
import { accountId, credentialId, instant, secretName } from '../../functions/domain/identifiers.ts';
import type { RotationRequest } from '../../functions/domain/rotation.ts';
import { rotationRequest } from '../../functions/triggers/request.ts';

export interface KillQuestion {
  readonly number: number;
  readonly folder: string;
  readonly origins: Readonly<Record<string, string>>;
}

/** One rotation that is killed: the same in the test and in every process that drives it. */
export const lane = (number: number): { readonly credential: Credential; readonly request: RotationRequest } => {
  const credential: Credential = {
    id: credentialId(`lane-${number}`),
    target: {
      provider: 'openai',
      account: accountId('test'),
      adminSecret: secretName('admin'),
      settings: { projectId: 'proj_simulated', serviceAccountId: 'svc_acct_simulated' },
    },
    secret: secretName('keyturn/openai/lane'),
    service: 'lane',
    purpose: 'chat',
    environment: 'test',
    owner: { name: 'Test', contact: 'test@example.com' },
    tier: 'service',
    sensitivity: 'standard',
    cadenceSeconds: 86_400,
    window: null,
    overlapSeconds: 1,
    maximumOverlapSeconds: 60,
    consumers: [],
    expects: { models: [], permissions: [] },
    spendAlertUsd: null,
    emergency: 'contain-first',
  };
  const at = instant(Date.UTC(2026, 10, 21));
  const request = rotationRequest({
    credential,
    urgency: 'scheduled',
    requestKey: 'kill',
    at,
    reason: 'killed',
    letCallsLandSeconds: 1,
  });
  return { credential, request };
};
