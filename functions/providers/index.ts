import { anthropic } from './anthropic.ts';
import { azureOpenai } from './azure-openai.ts';
import { openai } from './openai.ts';
import { pinecone } from './pinecone.ts';
import { type Provider, SettingsError } from './provider.ts';

/**
 * An adapter whose settings are nobody else's affair. What its parser returns goes into `Call.settings` and nowhere
 * else, so the rest of the program needs no name for it.
 */
// eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- TypeScript has no type for "some S"
const hideSettings = <S>(provider: Provider<S>): Provider<unknown> => provider as unknown as Provider<unknown>;

/** Every provider that Keyturn can rotate, by id. */
export const providers: Readonly<Record<string, Provider<unknown>>> = {
  anthropic: hideSettings(anthropic),
  'azure-openai': hideSettings(azureOpenai),
  openai: hideSettings(openai),
  pinecone: hideSettings(pinecone),
};

/** @throws SettingsError that names the providers there are */
export const providerOf = (id: string): Provider<unknown> => {
  const provider = Object.hasOwn(providers, id) ? providers[id] : undefined;
  if (provider !== undefined) return provider;
  throw new SettingsError(`There is no provider "${id}"; there are ${Object.keys(providers).join(', ')}.`);
};
