/** The consumer's cache, in seconds: what is minutes in earnest is seconds here. */
export const cacheTtlSeconds = 2;

/** How long the simulated vendors refuse a new key, in seconds. */
export const activationLagSeconds = 1;

/** What the simulated providers are set to, so that the register below fits them. Azure acts at once. */
export const worlds = {
  openai: { projectId: 'proj_demo', serviceAccountId: 'svc_acct_demo', activationLagSeconds, revocationLagSeconds: 1 },
  pinecone: { activationLagSeconds, revocationLagSeconds: 2 },
  anthropic: { workspaceId: 'wrkspc_01Demo', usageLagSeconds: 1, revocationLagSeconds: 1 },
  'azure-openai': { resourceName: 'keyturn-demo' },
} as const;

const pineconeProject = '11111111-2222-4333-8444-555555555555';

const owner = 'owner: { name: Demo team, contact: demo-team@example.com }';
const consumers = (name: string): string => `consumers: [{ name: ${name}, cacheTtl: ${cacheTtlSeconds}s }]`;

/** An overlap is as short as the policy allows: the cache, and the time that a revocation takes at the vendor. */
export const registerText = `# Written by the demonstration: overlaps and caches are seconds.
accounts:
  - { id: openai-demo, provider: openai, environment: demo, settings: { projectId: ${worlds.openai.projectId} } }
  - { id: pinecone-demo, provider: pinecone, environment: demo, settings: { projectId: ${pineconeProject} } }
  - id: azure-demo
    provider: azure-openai
    environment: demo
    settings: { subscriptionId: 33333333-3333-4333-8333-333333333333, resourceGroup: ai-workloads }
  - { id: anthropic-demo, provider: anthropic, environment: demo, settings: { workspaceId: ${worlds.anthropic.workspaceId} } }
credentials:
  - id: assistant-openai
    account: openai-demo
    settings: { serviceAccountId: ${worlds.openai.serviceAccountId} }
    service: assistant
    purpose: chat
    environment: demo
    ${owner}
    tier: service
    overlap: 8s
    ${consumers('assistant-api')}
    expects: { models: [gpt-5.5] }
  - id: search-pinecone
    account: pinecone-demo
    service: search
    purpose: vectors
    environment: demo
    ${owner}
    tier: service
    overlap: 12s
    ${consumers('search-api')}
  - id: documents-azure-openai
    account: azure-demo
    settings: { resourceName: ${worlds['azure-openai'].resourceName} }
    service: documents
    purpose: summaries
    environment: demo
    ${owner}
    tier: service
    overlap: 7s
    ${consumers('documents-worker')}
  - id: support-anthropic
    account: anthropic-demo
    settings: { usageDelaySeconds: 2 }
    service: support
    purpose: triage
    environment: demo
    ${owner}
    tier: service
    overlap: 8s
    ${consumers('triage-worker')}
`;
