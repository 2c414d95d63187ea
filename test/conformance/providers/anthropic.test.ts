import { keyId } from '../../../functions/domain/identifiers.ts';
import { SecretValue } from '../../../functions/domain/secret-value.ts';
import { simulatedAnthropic } from '../../../functions/local/simulated/anthropic.ts';
import { startSimulator } from '../../../functions/local/simulated/server.ts';
import { anthropic } from '../../../functions/providers/anthropic.ts';
import { fetchHttp } from '../../../functions/shell/fetch-http.ts';
import { describeProvider, type Simulated, standingClock } from './describe-provider.ts';

const start = async (): Promise<Simulated> => {
  const { clock, advance, now } = standingClock();
  const simulator = await startSimulator(simulatedAnthropic, {
    now,
    options: { pageSize: 2, activationLagSeconds: 3, revocationLagSeconds: 20 },
  });
  const { adminKey, workspaceId } = simulator.world.options;
  return {
    settings: { workspaceId },
    admin: adminKey,
    wrongAdmin: 'sk-ant-admin01-somebody-else',
    http: fetchHttp(simulator.origins),
    clock,
    advance,
    close: simulator.close,
    simulator,
    requests: {
      list: { method: 'GET', path: '/api_keys' },
      revoke: { method: 'POST', path: '/api_keys/' },
      probe: { method: 'GET', path: '/v1/models' },
    },
  };
};

describeProvider({
  provider: anthropic,
  start,
  wrongSettings: [
    ['workspaceId', {}],
    ['workspaceId', { workspaceId: 'my workspace' }],
    ['usageDelaySeconds', { workspaceId: 'default', usageDelaySeconds: -1 }],
    ['workspace', { workspaceId: 'default', workspace: 'wrkspc_1' }],
  ],
  wrongAdminForms: ['', 'sk-ant-api03-abcdefghijklmnop', 'sk-ant-admin01-abcdefghijkl\nmnop'],
  makeByHand: ({ simulator }) => {
    const made = simulator.mint();
    return { keyId: keyId(made.keyId), value: new SecretValue(made.value) };
  },
});

// Not on a real account: only a person can make a key there.
