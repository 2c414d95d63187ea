import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { strategyOf } from '../functions/providers/connect.ts';
import { providerOf, providers } from '../functions/providers/index.ts';
import { loadRegister } from '../functions/register/load.ts';
import { RegisterError } from '../functions/register/problem.ts';
import type { DeclaredRegister } from '../functions/register/register.ts';
import { bundle } from './constructs/bundle.ts';
import { deploy } from './deployment.ts';
import { entries, entryOf } from './entries.ts';
import { DeploymentError, readSettings } from './settings.ts';

const readRegister = (file: string): DeclaredRegister => {
  if (!existsSync(file)) {
    throw new DeploymentError(
      `There is no register at ${file}. Nothing was synthesised. Write one, or name another: -c register=<file>`,
    );
  }
  return loadRegister(readFileSync(file, 'utf8'), basename(file), { providers });
};

const synthesise = async (): Promise<void> => {
  // CloudFormation's own rules take eight seconds of processor time. They judge templates, which an edit of the register
  // does not change, so the test of infra asks them, on every strategy.
  const app = new App({ builtinCloudFormationValidation: false });
  const settings = readSettings(app.node);
  const register = readRegister(settings.register);
  const bundles = join(app.outdir, 'functions');
  await bundle(entries, bundles);
  deploy(app, {
    settings,
    register,
    strategyOf: (provider) => strategyOf(providerOf(provider)),
    code: (name) => Code.fromAsset(join(bundles, entryOf(name))),
  });
  app.synth();
};

try {
  await synthesise();
} catch (error) {
  // What a person has to mend needs no stack trace; what nobody foresaw does.
  if (!(error instanceof RegisterError || error instanceof DeploymentError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
