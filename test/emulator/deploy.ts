import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** MiniStack's one account, and a region of our choice. */
export const account = '000000000000';
export const region = 'eu-central-1';

/** For every process and client that speaks to the emulator as its administrator. */
export const administrator = (endpoint: string): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: region,
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
});

/** What the emulator cannot create, each with its reason. Everything else is deployed as it was synthesised. */
const leftOut: Readonly<Record<string, string>> = {
  'AWS::Events::Archive': 'MiniStack 1.5.33 has no provisioner for it; nothing that runs reads the archive.',
};

type Template = { readonly Resources: Record<string, { readonly Type: string }> };

/** Synthesises the app with that register, and takes from its templates what the emulator cannot create. */
export const synthesise = (registerFile: string, folder: string): void => {
  const context = [
    `register=${registerFile}`,
    'environment=development',
    'dueSweepMinutes=1',
    'letCallsLandSeconds=130',
    'githubScopes=repos/acme/app',
    'gitguardianPoll=true',
    // These the stories wake themselves, at their moment.
    'straySweepMinutes=360',
    'pollMinutes=60',
  ].flatMap((value) => ['-c', value]);
  cdk(['synth', '--quiet', '--output', folder, ...context], {});
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.template.json'))) {
    const path = join(folder, file);
    const template: Template = JSON.parse(readFileSync(path, 'utf8'));
    const kept = Object.entries(template.Resources).filter(([, { Type }]) => leftOut[Type] === undefined);
    writeFileSync(path, JSON.stringify({ ...template, Resources: Object.fromEntries(kept) }));
  }
};

/** `cdk bootstrap` and `cdk deploy --all`, as an operator runs them. */
export const deploy = (folder: string, endpoint: string): void => {
  cdk(['bootstrap', `aws://${account}/${region}`], administrator(endpoint));
  cdk(['deploy', '--all', '--app', folder, '--require-approval', 'never'], administrator(endpoint));
};

const cdk = (command: readonly string[], environment: Readonly<Record<string, string>>): void => {
  execFileSync(process.execPath, ['node_modules/aws-cdk/bin/cdk', ...command, '--no-notices', '--ci'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true', ...environment },
  });
};
