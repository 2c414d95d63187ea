import { simulatedAzureOpenai } from '../../../functions/local/simulated/azure-openai.ts';
import { startSimulator } from '../../../functions/local/simulated/server.ts';
import { azureOpenai } from '../../../functions/providers/azure-openai.ts';
import { fetchHttp } from '../../../functions/shell/fetch-http.ts';
import { describeProvider, type Simulated, standingClock } from './describe-provider.ts';

const start = async (): Promise<Simulated> => {
  const { clock, advance, now } = standingClock();
  const simulator = await startSimulator(simulatedAzureOpenai, { now });
  const { tenantId, clientId, clientSecret, subscriptionId, resourceGroup, resourceName } = simulator.world.options;
  return {
    settings: { subscriptionId, resourceGroup, resourceName },
    admin: JSON.stringify({ tenantId, clientId, clientSecret }),
    wrongAdmin: JSON.stringify({ tenantId, clientId, clientSecret: 'somebody-elses-secret' }),
    http: fetchHttp(simulator.origins),
    clock,
    advance,
    close: simulator.close,
    simulator,
    requests: { probe: { method: 'GET', path: '/openai/models' } },
  };
};

const fine = { subscriptionId: '0000-1111', resourceGroup: 'group', resourceName: 'resource' };

describeProvider({
  provider: azureOpenai,
  start,
  wrongSettings: [
    ['subscriptionId', { ...fine, subscriptionId: 'a/b' }],
    ['resourceGroup', { subscriptionId: '0000-1111', resourceName: 'resource' }],
    ['endpoint', { ...fine, endpoint: 'http://resource.openai.azure.com' }],
    ['resource', { ...fine, resource: 'resource' }],
  ],
  wrongAdminForms: [
    '',
    'a-client-secret',
    '{"clientId":"client-0123"}',
    '{"tenantId":"t","clientId":"c","clientSecret":""}',
  ],
});

// Not on a real resource: whoever has the other slot's value would lose it.
