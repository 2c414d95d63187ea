import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stage } from 'aws-cdk-lib';
import { Code, LayerVersion } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { DeclaredRegister } from '../../functions/register/register.ts';

/** A part of the register, checked and with its defaults filled in: /opt/register.json for its functions. */
export class RegisterLayer extends Construct {
  readonly layer: LayerVersion;

  constructor(scope: Construct, id: string, { of, register }: { of: string; register: DeclaredRegister }) {
    super(scope, id);
    const folder = join(Stage.of(this)?.outdir ?? '', 'register', of);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'register.json'), JSON.stringify(register));
    this.layer = new LayerVersion(this, 'Layer', {
      description: `What the register declares of ${of}`,
      code: Code.fromAsset(folder),
    });
  }
}
