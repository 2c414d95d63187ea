import { simulatedPinecone } from '../../../functions/local/simulated/pinecone.ts';
import { startSimulator } from '../../../functions/local/simulated/server.ts';
import { pinecone } from '../../../functions/providers/pinecone.ts';
import { fetchHttp } from '../../../functions/shell/fetch-http.ts';
import { describeLive, describeProvider, type Simulated, standingClock } from './describe-provider.ts';

const start = async (): Promise<Simulated> => {
  const { clock, advance, now } = standingClock();
  const simulator = await startSimulator(simulatedPinecone, {
    now,
    options: { activationLagSeconds: 3, revocationLagSeconds: 20 },
  });
  const { clientId, clientSecret, projectIds } = simulator.world.options;
  return {
    settings: { projectId: projectIds[0] },
    admin: JSON.stringify({ clientId, clientSecret }),
    wrongAdmin: JSON.stringify({ clientId, clientSecret: 'somebody-elses-secret' }),
    http: fetchHttp(simulator.origins),
    clock,
    advance,
    close: simulator.close,
    simulator,
    requests: {
      create: { method: 'POST', path: '/admin/projects/' },
      list: { method: 'GET', path: '/admin/projects/' },
      revoke: { method: 'DELETE', path: '/admin/api-keys/' },
      probe: { method: 'GET', path: '/indexes' },
    },
  };
};

const projectId = '11111111-2222-4333-8444-555555555555';

describeProvider({
  provider: pinecone,
  start,
  wrongSettings: [
    ['projectId', { projectId: 'my-project' }],
    ['roles', { projectId, roles: [] }],
    ['roles.0', { projectId, roles: ['Owner'] }],
    ['role', { projectId, role: 'ProjectEditor' }],
  ],
  wrongAdminForms: [
    '',
    'pcsk_abcdef_0123456789',
    '{"clientId":"client-0123"}',
    '{"clientId":"client-0123","clientSecret":""}',
  ],
});

describeLive(pinecone, 'KEYTURN_LIVE_PINECONE', fetchHttp());
