import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { registerText, worlds } from '../../functions/local/demo/register.ts';
import { startAll } from '../../functions/local/simulated/all.ts';
import { admins } from './admins.ts';
import { deploy, synthesise } from './deploy.ts';
import { installEmulator, startEmulator } from './emulator.ts';
import { operatorOf } from './operator.ts';

/** What the tests are given; null where this machine has no Python, and then they are skipped. */
export type Deployed = {
  readonly endpoint: string;
  readonly callsFile: string;
  readonly registerFile: string;
  readonly templates: string;
  readonly origins: Readonly<Record<string, string>>;
  /** Of the simulated providers. */
  readonly control: string;
  /** A second emulator, with nothing in it, whose waits take no time. */
  readonly hurried: string;
};

/** An emulator with the stacks in it, as `cdk deploy` puts them there, and the vendors' simulators beside it. */
export const setup = async ({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> => {
  const python = installEmulator();
  if (python === null) {
    console.warn('There is no python3 of 3.10 or later here: the tests against the AWS emulator are skipped.');
    provide('deployed', null);
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-emulator-'));
  const registerFile = join(folder, 'credentials.yaml');
  const templates = join(folder, 'cdk.out');
  const { origins, control, close } = await startAll(worlds);
  writeFileSync(registerFile, registerText);
  const emulator = await startEmulator(python, { folder, origins, waitScale: 0.2 });
  const apart = mkdtempSync(join(folder, 'hurried-'));
  const hurried = await startEmulator(python, { folder: apart, origins: {}, waitScale: 0 });
  synthesise(registerFile, templates);
  deploy(templates, emulator.endpoint);
  emulator.enforcePolicies();
  const { endpoint, callsFile } = emulator;
  const deployed = { endpoint, callsFile, registerFile, templates, origins, control, hurried: hurried.endpoint };
  // Before the schedules wake for the first time: a minute from here.
  for (const [accountId, admin] of Object.entries(admins)) {
    const { exitCode, text } = await operatorOf(deployed)(`admin set ${accountId}`, admin);
    if (exitCode !== 0 || text.includes(admin)) throw new Error(`keyturn admin set ${accountId}: ${text}`);
  }
  provide('deployed', deployed);
  return async () => {
    await Promise.all([emulator.stop(), hurried.stop(), close()]);
    rmSync(folder, { recursive: true, force: true });
  };
};
