import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { awsRegister } from '../../functions/aws/register.ts';
import { appOf, providerIds, registerOf } from './synthesised.ts';

const many = 10_000;
/** Everything that is unzipped beside a function, code and layers together: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, 2026-11 */
const unzippedBytes = 250 * 1024 * 1024;

/** Templates, without what only says that the register's bytes are others. */
const synthesised = (credentialsEach: number) => {
  const assembly = appOf(registerOf(credentialsEach)).synth();
  return {
    folder: assembly.directory,
    templates: assembly.stacks.map(({ stackName, template }) => ({
      stackName,
      text: JSON.stringify(template).replaceAll(/[0-9a-f]{64}/g, '<hash>'),
    })),
  };
};

describe('10,000 credentials', () => {
  it('are deployed as data: the templates are those of one of each provider', async () => {
    const [one, all] = [synthesised(1), synthesised(many / providerIds.length)];
    expect(all.templates).toEqual(one.templates);

    const parts = readdirSync(join(all.folder, 'register'));
    expect(parts).toEqual(expect.arrayContaining(providerIds));
    for (const part of parts) {
      const path = join(all.folder, 'register', part, 'register.json');
      // Far from the limit, so that the code finds room beside it.
      expect(statSync(path).size).toBeLessThan(unzippedBytes / 10);
      expect(readFileSync(path, 'utf8')).not.toContain('\n');
      const credentials = await awsRegister(path).credentials();
      expect(credentials).toHaveLength(providerIds.includes(part) ? many / providerIds.length : many);
    }
  });
});
