import { simulatedOpenai } from '../../../functions/local/simulated/openai.ts';
import { startSimulator } from '../../../functions/local/simulated/server.ts';
import { openai } from '../../../functions/providers/openai.ts';
import { fetchHttp } from '../../../functions/shell/fetch-http.ts';
import { describeLive, describeProvider, type Simulated, standingClock } from './describe-provider.ts';

const start = async (): Promise<Simulated> => {
  const { clock, advance, now } = standingClock();
  const simulator = await startSimulator(simulatedOpenai, {
    now,
    options: { pageSize: 2, activationLagSeconds: 3, revocationLagSeconds: 20 },
  });
  const { adminKey, projectId, serviceAccountId } = simulator.world.options;
  return {
    settings: { projectId, serviceAccountId },
    admin: adminKey,
    wrongAdmin: 'sk-admin-somebody-else-0123456789abcdef',
    http: fetchHttp(simulator.origins),
    clock,
    advance,
    close: simulator.close,
    simulator,
    requests: {
      create: { method: 'POST', path: '/service_accounts/' },
      list: { method: 'GET', path: '/api_keys' },
      revoke: { method: 'DELETE', path: '/api_keys/' },
      probe: { method: 'GET', path: '/v1/models' },
    },
  };
};

const fine = { projectId: 'proj_1', serviceAccountId: 'svc_acct_1' };

describeProvider({
  provider: openai,
  start,
  wrongSettings: [
    ['projectId', { ...fine, projectId: 'default' }],
    ['serviceAccountId', { projectId: 'proj_1' }],
    ['scopes', { ...fine, scopes: [] }],
    ['keyExpirySeconds', { ...fine, keyExpirySeconds: 0 }],
    ['projctId', { ...fine, projctId: 'proj_1' }],
  ],
  wrongAdminForms: [
    '',
    'sk-proj-abcdefghijklmnopqrstuvwxyz',
    'sk-admin-abcdefghijklmnop\nqrstuv',
    'my sk-admin-abcdefghijklmnop',
  ],
});

describeLive(openai, 'KEYTURN_LIVE_OPENAI', fetchHttp());
