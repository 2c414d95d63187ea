import type { Reply, Simulation } from '../../../functions/local/simulated/server.ts';

export interface GitguardianWorld {
  readonly options: { token: string; perPage: number };
  /** As the API shows them. */
  readonly incidents: { readonly id: number; readonly date: string }[];
}

const refused = (status: number, detail: string): Reply => ({ status, json: { detail } });

/** GitGuardian's listing of secret incidents, page by page. */
export const simulatedGitguardian: Simulation<GitguardianWorld['options'], GitguardianWorld> = {
  id: 'gitguardian',
  origins: () => ['https://api.gitguardian.com'],
  defaults: { token: 'gitguardian-simulated-0123456789', perPage: 100 },
  makeWorld: (options) => ({ options, incidents: [] }),
  routes: [
    {
      method: 'GET',
      path: '/v1/incidents/secrets',
      answer: ({ headers, query, host, path }, { options, incidents }) => {
        if (headers['authorization'] !== `Token ${options.token}`) return refused(401, 'Invalid API key.');
        const start = Number(query.get('cursor') ?? 0);
        const since = query.get('date_after') ?? '';
        const fitting = incidents.filter(({ date }) => date >= since);
        const end = start + options.perPage;
        query.set('cursor', String(end));
        const next = `https://${host}${path}?${query.toString()}`;
        return {
          status: 200,
          headers: end < fitting.length ? { link: `<${next}>; rel="next"` } : {},
          json: fitting.slice(start, end),
        };
      },
    },
  ],
  failure: (status) => refused(status, 'Not now.'),
  keys: () => [],
  mint: () => ({ keyId: '', value: '' }),
};
