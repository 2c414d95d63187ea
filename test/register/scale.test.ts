import { describe, expect, it } from 'vitest';
import { loadRegister } from '../../functions/register/load.ts';
import { policyFindings, policyRules } from '../../functions/register/policy.ts';
import { RegisterError } from '../../functions/register/problem.ts';
import type { Resolved } from '../../functions/register/resolve.ts';
import { providers } from './fixture.ts';

/** A register of that many credentials, in accounts of a hundred. */
const registerOf = (count: number, overlap = '24h'): string => {
  const accounts = Array.from({ length: Math.ceil(count / 100) }, (_, index) =>
    [
      `  - id: account-${index}`,
      '    provider: vendor',
      '    environment: production',
      `    settings: { projectId: project-${index} }`,
    ].join('\n'),
  );
  const credentials = Array.from({ length: count }, (_, index) =>
    [
      `  - id: credential-${index}`,
      `    account: account-${Math.floor(index / 100)}`,
      `    settings: { robot: robot-${index} }`,
      `    service: service-${index}`,
      '    purpose: chat',
      '    environment: production',
      '    owner: { name: A team, contact: team@example.com }',
      '    tier: service',
      `    overlap: ${overlap}`,
      '    window: { from: 02:00, to: 05:00, timeZone: Europe/Berlin }',
      `    consumers: [{ name: consumer-${index}, cacheTtl: 5m }]`,
    ].join('\n'),
  );
  return ['accounts:', ...accounts, 'credentials:', ...credentials, ''].join('\n');
};

describe('a large register', () => {
  it('of 500 credentials is read, and each of its problems is placed', () => {
    expect(loadRegister(registerOf(500), 'f', { providers }).credentials).toHaveLength(500);
    try {
      loadRegister(registerOf(500, '1m'), 'f', { providers });
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof RegisterError)) throw error;
      expect(error.problems).toHaveLength(500);
      expect(error.problems.at(-1)?.line).toBe(1 + 5 * 4 + 1 + 499 * 11 + 9);
    }
  });

  it('is looked at by every rule a fixed number of times for each entry', () => {
    const reads = (count: number): number => {
      const { accounts, credentials } = loadRegister(registerOf(count), 'f', { providers });
      const account = accounts[0];
      const provider = providers['vendor'];
      if (account === undefined || provider === undefined) throw new TypeError('no account');
      let read = 0;
      const counted = <T extends object>(value: T): T =>
        new Proxy(value, {
          get: (target, name, receiver) => {
            read += 1;
            return Reflect.get(target, name, receiver) as unknown;
          },
        });
      const register: Pick<Resolved, 'accounts' | 'credentials'> = {
        accounts: [],
        credentials: credentials.map((credential, index) => ({
          path: ['credentials', index],
          value: counted({ credential, account, provider, identity: { scope: null, holder: `robot-${index}` } }),
        })),
      };
      expect(policyFindings(register)).toEqual([]);
      return read;
    };
    expect(policyRules.length).toBeGreaterThan(10);
    expect(reads(400)).toBe(4 * reads(100));
  });
});
