import { expect, it } from 'vitest';
import { providers } from '../../functions/providers/index.ts';

const azure = { subscriptionId: 'sub-1', resourceGroup: 'Group', resourceName: 'Resource' };
const project = '5f0c2b1e-7d34-4a86-9c51-2e8f6b7a9d10';

// What makes two credentials of a provider share a scope, or a holder.
it.each([
  ['openai', { projectId: 'proj_1', serviceAccountId: 'svc_acct_1' }, { scope: 'proj_1', holder: 'svc_acct_1' }],
  ['pinecone', { projectId: project }, { scope: project, holder: null }],
  ['azure-openai', azure, { scope: 'sub-1/group/resource', holder: 'sub-1/group/resource' }],
  ['anthropic', { workspaceId: 'wrkspc_1' }, { scope: 'wrkspc_1', holder: null }],
  ['anthropic', { workspaceId: 'default' }, { scope: null, holder: null }],
])('%s with %j is %j', (id, settings, expected) => {
  const provider = providers[id];
  expect(provider?.identity?.(provider.settings(settings))).toEqual(expected);
});

it('every provider says what its settings identify', () => {
  const silent = Object.values(providers).filter((provider) => !('identity' in provider));
  expect(silent.map(({ id }) => id)).toEqual([]);
});
