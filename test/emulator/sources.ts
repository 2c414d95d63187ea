import { createServer } from 'node:http';
import { startSimulator } from '../../functions/local/simulated/server.ts';
import { simulatedGitguardian } from '../triggers/sources/simulated-gitguardian.ts';
import { type SimulatedAlert, simulatedGithub } from '../triggers/sources/simulated-github.ts';

export const githubRepository = 'acme/app';

/** What the sources sign their webhooks with, and the tokens that their APIs take. */
export const webhookSecrets = {
  github: 'simulated-webhook-secret-0123456789',
  gitguardian: 'simulated-signature-token-0123456789',
};
export const sourceTokens = {
  github: 'github_pat_simulated_0123456789',
  gitguardian: 'gitguardian-simulated-0123456789',
};

export interface Sources {
  readonly origins: Readonly<Record<string, string>>;
  /** `POST /alerts` with a `SimulatedAlert`, `POST /incidents` with an incident of GitGuardian: there it is from now on. */
  readonly control: string;
  readonly close: () => Promise<void>;
}

/** GitHub and GitGuardian, simulated, and where tests in another process put what these are to have found. */
export const startSources = async (): Promise<Sources> => {
  const github = await startSimulator(simulatedGithub, { options: { token: sourceTokens.github } });
  const gitguardian = await startSimulator(simulatedGitguardian, { options: { token: sourceTokens.gitguardian } });
  const server = createServer((incoming, outgoing) => {
    let text = '';
    incoming.on('data', (chunk) => (text += String(chunk)));
    incoming.on('end', () => {
      if (incoming.url === '/alerts') github.world.alerts.push(JSON.parse(text) as SimulatedAlert);
      else gitguardian.world.incidents.push(JSON.parse(text) as { id: number; date: string });
      outgoing.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The sources have no port.');
  return {
    origins: { ...github.origins, ...gitguardian.origins },
    control: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await Promise.all([github.close(), gitguardian.close()]);
    },
  };
};
