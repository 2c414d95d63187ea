/** What the simulated providers take as admin keys, by the account of the demonstration's register. */
export const admins: Readonly<Record<string, string>> = {
  'openai-demo': 'sk-admin-simulated-0123456789abcdefghij',
  'pinecone-demo': JSON.stringify({
    clientId: 'simulatedClient0123456789abcdefg',
    clientSecret: 'simulated-client-secret-0123456789abcdef',
  }),
  'azure-demo': JSON.stringify({
    tenantId: '11111111-1111-4111-8111-111111111111',
    clientId: '22222222-2222-4222-8222-222222222222',
    clientSecret: 'simulated-client-secret',
  }),
  'anthropic-demo': 'sk-ant-admin01-simulated',
};
