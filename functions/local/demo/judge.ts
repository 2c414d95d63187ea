import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Credential } from '../../domain/credential.ts';
import { current, holderOf } from '../../domain/labels.ts';
import type { Vault } from '../../ports.ts';
import { formsOf } from '../../shell/secret-forms.ts';
import type { Simulator } from '../simulated/server.ts';

type Simulators = Readonly<Record<string, Simulator<unknown>>>;

/** Keys that live at a provider and that no secret's AWSCURRENT holds. A slot is always full, so it is no orphan. */
export const orphanKeys = async (
  simulators: Simulators,
  credentials: readonly Credential[],
  vault: Vault,
): Promise<readonly string[]> => {
  const serving = new Set<string>();
  for (const { secret } of credentials) {
    const versionId = holderOf((await vault.describe(secret)) ?? [], current);
    const payload = versionId && (await vault.read(secret, versionId, current));
    if (payload) serving.add(payload.apiKey.expose());
  }
  return Object.values(simulators)
    .filter(({ id }) => id !== 'azure-openai')
    .flatMap((simulator) => simulator.keys())
    .filter((key) => key.refusedAt === null && !serving.has(key.value))
    .map((key) => key.id);
};

/** Every secret that the demonstration has seen: keys of all generations, and the admin secrets. */
export const canariesOf = (simulators: Simulators, admins: readonly string[]): readonly string[] => [
  ...admins,
  ...Object.values(simulators).flatMap((simulator) => simulator.keys().map((key) => key.value)),
];

/**
 * How many secrets are found, in any form that is easily turned back, in the output and in every file of the folder.
 * The values in the store are sealed, so the store is searched like everything else.
 */
export const canaryHits = (canaries: readonly string[], outputs: readonly string[], folder: string): number => {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  const sinks = [...outputs, ...files.map((file) => readFileSync(join(folder, file.name), 'latin1'))];
  return canaries.filter((canary) => formsOf(canary).some((form) => sinks.some((sink) => sink.includes(form)))).length;
};
