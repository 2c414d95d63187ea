import type { Reply, Simulation, Visit } from '../../../functions/local/simulated/server.ts';
import { recorded } from './recorded.ts';

export interface SimulatedAlert {
  readonly repository: string;
  readonly number: number;
  readonly secret: string;
  readonly updatedAt: string;
  /** Other fields of the alert. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export interface GithubWorld {
  readonly options: { token: string; perPage: number };
  readonly alerts: SimulatedAlert[];
}

const shown = ({ repository, number, secret, updatedAt, more }: SimulatedAlert, hideSecret: boolean) => {
  const alert = recorded('github-alert');
  delete alert.secret;
  return {
    ...alert,
    number,
    updated_at: updatedAt,
    html_url: `https://github.com/${repository}/security/secret-scanning/${number}`,
    ...(!hideSecret && { secret }),
    ...more,
  };
};

const refused = (status: number, message: string): Reply => ({ status, json: { message } });

const withToken =
  (answer: (visit: Visit, world: GithubWorld) => Reply) =>
  (visit: Visit, world: GithubWorld): Reply =>
    visit.headers['authorization'] === `Bearer ${world.options.token}`
      ? answer(visit, world)
      : refused(401, 'Bad credentials');

/** One page; the next is named in `Link`, by a cursor, on the same host. */
const list = (fits: (alert: SimulatedAlert, visit: Visit) => boolean, namesRepository: boolean) =>
  withToken((visit, world) => {
    const start = Number(visit.query.get('after') ?? 0);
    const open = world.alerts
      .filter((alert) => fits(alert, visit) && (alert.more?.['state'] ?? 'open') === 'open')
      .toSorted((left, right) => (left.updatedAt < right.updatedAt ? 1 : -1));
    const end = start + world.options.perPage;
    visit.query.set('after', String(end));
    const next = `https://${visit.host}${visit.path}?${visit.query.toString()}`;
    return {
      status: 200,
      headers: end < open.length ? { link: `<${next}>; rel="next", <${next}>; rel="last"` } : {},
      json: open.slice(start, end).map((alert) => ({
        ...shown(alert, visit.query.get('hide_secret') === 'true'),
        ...(namesRepository && { repository: { full_name: alert.repository } }),
      })),
    };
  });

const repositoryOf = ({ parameters }: Visit) => [parameters['owner'], parameters['repository']].join('/');

const one = withToken((visit, world) => {
  const alert = world.alerts.find(
    ({ repository, number }) => repository === repositoryOf(visit) && number === Number(visit.parameters['number']),
  );
  return alert === undefined ? refused(404, 'Not Found') : { status: 200, json: shown(alert, false) };
});

/** GitHub's REST API for secret scanning alerts: one alert, and the listings of a repository and an organisation. */
export const simulatedGithub: Simulation<GithubWorld['options'], GithubWorld> = {
  id: 'github',
  origins: () => ['https://api.github.com'],
  defaults: { token: 'github_pat_simulated_0123456789', perPage: 100 },
  makeWorld: (options) => ({ options, alerts: [] }),
  routes: [
    {
      method: 'GET',
      path: '/orgs/:organisation/secret-scanning/alerts',
      answer: list(
        ({ repository }, visit) => repository.startsWith(`${visit.parameters['organisation'] ?? ''}/`),
        true,
      ),
    },
    {
      method: 'GET',
      path: '/repos/:owner/:repository/secret-scanning/alerts',
      answer: list(({ repository }, visit) => repository === repositoryOf(visit), false),
    },
    { method: 'GET', path: '/repos/:owner/:repository/secret-scanning/alerts/:number', answer: one },
  ],
  failure: (status) => refused(status, status === 404 ? 'Not Found' : 'API rate limit exceeded'),
  keys: () => [],
  mint: () => ({ keyId: '', value: '' }),
};
