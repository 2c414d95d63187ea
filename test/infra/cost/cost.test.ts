import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { scratchFolder } from '../../support/scratch-folder.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = scratchFolder('cost');

const cost = (...options: readonly string[]) => {
  const command = ['--import', 'tsx', 'infra/cost/cost.ts', ...options];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
  return { status, stdout, stderr };
};
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe('npm run cost', () => {
  it.each([
    ['an option that there is not', ['--fleet', '100'], '--fleet'],
    ['no number', ['--credentials', 'many'], '--credentials is "many"'],
    ['no whole number', ['--cadence-days', '0'], '--cadence-days is "0"'],
    ['a region without prices', ['--region', 'mars-north-1'], 'mars-north-1'],
    ['a file that is not there', ['--prices', 'nowhere.json'], 'nowhere.json'],
    ['a file that is no list', ['--prices', file('wrong.json', '{ "read": "yesterday" }')], 'is no list of prices'],
  ])('%s: exit 2, what is wrong and what to do', (_, options, what) => {
    const { status, stdout, stderr } = cost(...options);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(what);
    expect(stderr).toContain('Nothing was priced. Next: ');
  });

  it('--help says what there is', () => {
    expect(cost('--help')).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('--credentials N') });
  });

  it('prices a fleet, with the prices that it is given in the place of its own', () => {
    const free = { usd: 0, per: 'state transition', source: 'an offer', confirmed: true };
    const offer = file(
      'offer.json',
      JSON.stringify({ read: '2026-12-01', regions: { 'us-east-1': { 'state-transition': free } } }),
    );
    const { status, stdout, stderr } = cost('--credentials', '50', '--prices', offer, '--json');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { pricesRead, cadenceDays, months, rotations } = JSON.parse(stdout);
    expect([pricesRead, cadenceDays]).toEqual(['2026-12-01', 90]);
    expect(months).toHaveLength(1);
    expect(months[0]).toMatchObject({ credentials: 50 });
    const sum = months[0].lines.reduce((all: number, { usd }: { usd: number }) => all + usd, 0);
    expect(months[0].usd).toBeCloseTo(sum, 9);
    expect(rotations).toHaveLength(6);
  });
});
