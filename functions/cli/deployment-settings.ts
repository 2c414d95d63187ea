import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';

const form = z.object({
  context: z.object({
    letCallsLandSeconds: z.coerce.number(),
    /** What GitHub is asked about, separated by commas; empty: GitHub is not asked. */
    githubScopes: z.string(),
    gitguardianPoll: z.union([z.boolean(), z.stringbool()]),
  }),
});

export type DeploymentSettings = z.infer<typeof form>['context'];

/** What cdk.json says: as deployed, unless `cdk deploy` was told otherwise by `-c`. */
export const deploymentSettings = (): DeploymentSettings =>
  z.parse(form, JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'))).context;
