import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { scratchFolder } from '../support/scratch-folder.ts';
import { contextOfCdkJson } from './synthesised.ts';

const projectFolder = fileURLToPath(new URL('../../', import.meta.url));

/** Runs the app as the CDK's command line does. */
const runApp = (context: Record<string, unknown>) => {
  const folder = scratchFolder('app');
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'infra/app.ts'], {
    cwd: projectFolder,
    encoding: 'utf8',
    env: {
      ...process.env,
      CDK_OUTDIR: join(folder, 'out'),
      CDK_CONTEXT_JSON: JSON.stringify({ ...contextOfCdkJson(), ...context }),
    },
  });
  return { status, stderr, outdir: join(folder, 'out') };
};

describe('the app', () => {
  it('synthesises the committed register, offline, with one bundle for the steps of all providers', () => {
    const { status, stderr, outdir } = runApp({});
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const assets = (stack: string): readonly string[] => {
      const { files } = JSON.parse(readFileSync(join(outdir, `${stack}.assets.json`), 'utf8')) as {
        files: Record<string, { source: { path: string } }>;
      };
      return Object.values(files).map(({ source }) => source.path);
    };
    const shared = assets('keyturn-openai').filter((path) => assets('keyturn-azure-openai').includes(path));
    // The steps, and the three sweeps.
    expect(shared).toHaveLength(4);
  });

  it('refuses a register that breaks the policy: every problem with its line, no stack trace, exit code 2', () => {
    const register = join(scratchFolder('register'), 'broken.yaml');
    const text = readFileSync(join(projectFolder, 'credentials.yaml'), 'utf8');
    writeFileSync(register, text.replace('cadence: 30d', 'cadence: 300d').replace('overlap: 24h', 'overlap: 1s'));
    const { status, stderr } = runApp({ register });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^broken\.yaml has 2 problems:\n {2}broken\.yaml:\d+:\d+ /);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('says what is missing when there is no register', () => {
    const { status, stderr } = runApp({ register: 'nowhere.yaml' });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^There is no register at nowhere\.yaml\. Nothing was synthesised\./);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
