import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startAll } from '../../functions/local/simulated/all.ts';
import { inGroups } from '../../functions/triggers/in-groups.ts';
import { admins } from './admins.ts';
import { deploy, synthesise } from './deploy.ts';
import { installEmulator, startEmulator, startMoto } from './emulator.ts';
import { operatorOf } from './operator.ts';
import { registerText, worlds } from './register.ts';
import { sourceTokens, startSources, webhookSecrets } from './sources.ts';
import { whatRan } from './what-ran.ts';

/** What the tests are given; null where this machine has no Python, and then they are skipped. */
export type Deployed = {
  readonly endpoint: string;
  readonly callsFile: string;
  readonly registerFile: string;
  readonly templates: string;
  readonly origins: Readonly<Record<string, string>>;
  /** Of the simulated providers. */
  readonly control: string;
  /** Of the simulated sources of reports. */
  readonly sources: string;
  /** A second emulator, with nothing in it, whose waits take no time. */
  readonly hurried: string;
  /** A third one, of other authors, with nothing in it. */
  readonly moto: string;
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
  const providers = await startAll(worlds);
  const sources = await startSources();
  const origins = { ...providers.origins, ...sources.origins };
  writeFileSync(registerFile, registerText);
  const emulator = await startEmulator(python, { folder, origins, waitScale: 0.2 });
  const apart = mkdtempSync(join(folder, 'hurried-'));
  const hurried = await startEmulator(python, { folder: apart, origins: {}, waitScale: 0 });
  const moto = await startMoto(python, folder);
  synthesise(registerFile, templates);
  deploy(templates, emulator.endpoint);
  emulator.enforcePolicies();
  const { endpoint, callsFile } = emulator;
  const deployed = {
    endpoint,
    callsFile,
    registerFile,
    templates,
    origins,
    control: providers.control,
    sources: sources.control,
    hurried: hurried.endpoint,
    moto: moto.endpoint,
  };
  // Before the schedules wake for the first time: a minute from here.
  const secrets = [
    ...Object.entries(admins).map(([accountId, admin]) => [`admin set ${accountId}`, admin] as const),
    ...Object.entries(webhookSecrets).map(([source, secret]) => [`sources set ${source} webhook`, secret] as const),
    ...Object.entries(sourceTokens).map(([source, token]) => [`sources set ${source} token`, token] as const),
  ];
  await inGroups(secrets, 2, async ([command, secret]) => {
    const { exitCode, text } = await operatorOf(deployed)(command, secret);
    if (exitCode !== 0 || text.includes(secret)) throw new Error(`keyturn ${command}: ${text}`);
  });
  provide('deployed', deployed);
  return async () => {
    console.info(await whatRan(callsFile, endpoint, Object.keys(providers.simulators)));
    await Promise.all([emulator.stop(), hurried.stop(), moto.stop(), providers.close(), sources.close()]);
    rmSync(folder, { recursive: true, force: true });
  };
};
