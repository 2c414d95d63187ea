import { readFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import type { Credential } from '../domain/credential.ts';
import { Fault } from '../domain/fault.ts';
import type { Register } from '../ports.ts';

const registerForm = z.object({
  credentials: z.array(
    z.custom<Credential>(
      (value: unknown) => typeof value === 'object' && value !== null && 'id' in value && 'target' in value,
    ),
  ),
});

/**
 * The register as it was compiled and checked at synthesis: JSON with `credentials`, in a layer beside the code.
 *
 * @param path such as `/opt/register.json`
 */
export const awsRegister = (path: string): Register => {
  let reading: Promise<ReadonlyMap<string, Credential>> | undefined;
  const credentials = (): Promise<ReadonlyMap<string, Credential>> => (reading ??= readRegister(path));
  return {
    credential: async (id) => (await credentials()).get(id) ?? null,
    credentials: async () => [...(await credentials()).values()],
  };
};

const readRegister = async (path: string): Promise<ReadonlyMap<string, Credential>> => {
  try {
    const { credentials } = z.parse(registerForm, JSON.parse(await readFile(path, 'utf8')));
    return new Map(credentials.map((credential) => [credential.id, credential]));
  } catch {
    throw new Fault(
      'NeedsPerson',
      `The register at ${path} is absent or damaged. Nothing was changed. Deploy again: npx cdk deploy --all`,
    );
  }
};
