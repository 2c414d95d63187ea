import { registerText as ofDemonstration, worlds as ofDemonstrations } from '../../functions/local/demo/register.ts';

/**
 * A credential for each story beside those of the demonstration, and each in a Pinecone project of its own: so they run
 * at the same time, and what goes wrong in one project is nothing to the others.
 */
const stories = ['bus', 'webhook', 'github', 'gitguardian', 'command', 'stray', 'dead'] as const;
export type Story = (typeof stories)[number];

export const credentialOf = (story: Story): string => `${story}-pinecone`;
export const projectOf = (story: Story): string => `00000000-0000-4000-8000-00000000000${stories.indexOf(story)}`;

/** Long enough for a person to see that the new key does not serve. */
const overlapSeconds: Partial<Readonly<Record<Story, number>>> = { dead: 30 };

const entryOf = (story: Story): string => `  - id: ${credentialOf(story)}
    account: pinecone-demo
    settings: { projectId: ${projectOf(story)} }
    service: ${story}
    purpose: vectors
    environment: demo
    owner: { name: Demo team, contact: demo-team@example.com }
    tier: service
    overlap: ${overlapSeconds[story] ?? 12}s
    consumers: [{ name: ${story}-api, cacheTtl: 2s }]
`;

/** How long the old key of OpenAI may be used on before a person is asked: hardly longer than its overlap. */
const impatient = (text: string): string =>
  text.replace(/(overlap: 8s\n)(?= *consumers: .*assistant-api)/, '$1    maximumOverlap: 12s\n');

export const registerText = impatient(ofDemonstration) + stories.map(entryOf).join('');

/** What the simulated providers are set to, so that the register fits them. */
export const worlds = {
  ...ofDemonstrations,
  pinecone: {
    ...ofDemonstrations.pinecone,
    projectIds: ['11111111-2222-4333-8444-555555555555', ...stories.map(projectOf)],
  },
};
