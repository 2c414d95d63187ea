import * as z from 'zod/mini';
import { keyId } from '../../functions/domain/identifiers.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import {
  type AnthropicOptions,
  type AnthropicWorld,
  createInConsole,
  simulatedAnthropic,
} from '../../functions/local/simulated/anthropic.ts';
import type { Simulation } from '../../functions/local/simulated/server.ts';
import { anthropic } from '../../functions/providers/anthropic.ts';
import { ask } from '../../functions/providers/http.ts';
import type { Provider } from '../../functions/providers/provider.ts';

// No vendor that makes keys by API can also disable them, so far: this one is Anthropic with a create.

const createdSchema = z.object({ id: z.string(), value: z.string() });

type Settings = ReturnType<typeof anthropic.settings>;

export const reversible: Provider<Settings> = {
  ...anthropic,
  id: 'reversible',
  title: 'Reversible',
  operations: {
    ...anthropic.operations,
    createKey: async ({ http, admin }, name) => {
      const created = await ask(http, reversibleVendor, {
        what: `Reversible: create key ${name}`,
        method: 'POST',
        url: 'https://api.anthropic.com/v1/organizations/api_keys',
        headers: { 'anthropic-version': '2023-06-01', 'x-api-key': admin.expose() },
        json: { name },
        repeatable: false,
        read: createdSchema,
      });
      return { keyId: keyId(created.id), value: new SecretValue(created.value) };
    },
  },
};

const reversibleVendor = { title: 'Reversible', code: () => null, requestIdHeader: null, personMust: {} };

export const simulatedReversible: Simulation<AnthropicOptions, AnthropicWorld> = {
  ...simulatedAnthropic,
  id: 'reversible',
  routes: [
    ...simulatedAnthropic.routes,
    {
      method: 'POST',
      path: '/v1/organizations/api_keys',
      answer: ({ headers, body }, world) => {
        if (headers['x-api-key'] !== world.options.adminKey) return simulatedAnthropic.failure(401);
        const { name } = z.object({ name: z.string() }).parse(body);
        const made = createInConsole(world, { workspaceId: world.options.workspaceId, name });
        return { status: 200, json: { id: made.keyId, value: made.value } };
      },
    },
  ],
};
