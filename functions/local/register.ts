import type { Credential } from '../domain/credential.ts';
import type { Register } from '../ports.ts';

/** The register that was read at the start of this process. */
export const localRegister = (credentials: readonly Credential[]): Register => {
  const byId = new Map(credentials.map((credential) => [credential.id, credential]));
  return {
    credential: (id) => Promise.resolve(byId.get(id) ?? null),
    credentials: () => Promise.resolve(credentials),
  };
};
