import { z } from 'zod';
import { sensitivities, tiers } from '../domain/credential.ts';
import { durationPattern, durationSeconds } from './duration.ts';

// The descriptions are shown by editors, and quoted in messages after "because `key` is".

const idPattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const id = z.string().max(40).regex(idPattern);
const name = z
  .string()
  .min(1)
  .max(120)
  .regex(/^\S(.*\S)?$/);

const duration = z
  .string()
  .regex(durationPattern)
  .refine((text) => !durationPattern.test(text) || durationSeconds(text) !== null, 'is longer than 365d');

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const timeOfDay = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/);

// AWS: up to 512 letters, digits and /_+=.@-
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html, 2026-11.
const secret = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[A-Za-z0-9/_+=.@-]+$/);

const settings = z.record(z.string(), z.json()).meta({
  description: 'The settings of the provider, as its section of the README lists them',
});

const environment = id.meta({
  description:
    'The environment, such as production; names that begin with prod, prd or live are production for the policy',
  examples: ['production'],
});

const accountSchema = (providers: readonly [string, ...string[]]) =>
  z
    .strictObject({
      id: id.meta({
        description: 'The name of the account: at most 40 lower-case letters, digits and single hyphens',
        examples: ['openai-production'],
      }),
      provider: z.enum(providers).meta({ description: 'The vendor that the account is with' }),
      environment,
      adminSecret: secret.optional().meta({
        description:
          'The secret that holds the admin key (its name, never the key); keyturn/admin/<provider>/<account> if left out',
        examples: ['keyturn/admin/openai/openai-production'],
      }),
      settings: settings.optional(),
    })
    .meta({ description: 'A provider account of one environment' });

const credentialSchema = z
  .strictObject({
    id: id.meta({
      description: 'The name of the credential: at most 40 lower-case letters, digits and single hyphens',
      examples: ['checkout-openai'],
    }),
    account: id.meta({ description: 'The id of the account that the keys live in', examples: ['openai-production'] }),
    settings: settings.optional(),
    service: id.meta({ description: 'The workload that uses the key', examples: ['checkout'] }),
    purpose: id.meta({ description: 'What the workload uses the key for', examples: ['product-search'] }),
    environment,
    owner: z
      .strictObject({
        name: name.meta({ description: 'The team or person who answers for the key', examples: ['Search team'] }),
        contact: name.meta({
          description: 'The e-mail address, or the https address of a channel, where the owner is told',
          examples: ['search-team@example.com'],
        }),
      })
      .meta({ description: 'The team or person who is told when something needs them' }),
    tier: z.enum(tiers).meta({ description: 'What stands on the key: infrastructure, one service, or one user' }),
    sensitivity: z
      .enum(sensitivities)
      .default('standard')
      .meta({ description: 'How much a leak would cost: high caps the cadence at 30d, standard at 90d' }),
    cadence: duration.optional().meta({
      description: 'The longest time between two rotations; the longest that tier and sensitivity allow if left out',
      examples: ['30d'],
    }),
    window: z
      .strictObject({
        days: z
          .array(z.enum(days))
          .min(1)
          .default([...days])
          .meta({ description: 'The days on which the window begins; every day if left out' }),
        from: timeOfDay.meta({ description: 'The local time at which the window opens', examples: ['02:00'] }),
        to: timeOfDay.meta({
          description: 'The local time at which it closes; on the next day when it is not after `from`',
          examples: ['05:00'],
        }),
        timeZone: name.meta({ description: 'The IANA name of the time zone', examples: ['Europe/Berlin'] }),
      })
      .optional()
      .meta({ description: 'The time in which scheduled rotations may start; always if left out' }),
    overlap: duration.optional().meta({
      description: 'The time for which both keys live after a scheduled change; 24h if left out',
      examples: ['24h'],
    }),
    maximumOverlap: duration.optional().meta({
      description: 'The longest time for which an old key that is still used is waited for; overlap + 7d if left out',
      examples: ['8d'],
    }),
    consumers: z
      .array(
        z
          .strictObject({
            name: name.meta({ description: 'The name of the consumer', examples: ['checkout-api'] }),
            cacheTtl: duration.meta({
              description: 'The longest time for which the consumer may serve a cached key',
              examples: ['5m'],
            }),
          })
          .meta({ description: 'A program that reads the secret' }),
      )
      .default([])
      .meta({ description: 'The programs that read the secret; no two credentials of one consumer rotate at once' }),
    expects: z
      .strictObject({
        models: z.array(name).default([]).meta({ description: 'The models that a new key must reach' }),
        permissions: z.array(name).default([]).meta({ description: 'The permissions that a new key must have' }),
      })
      .optional()
      .meta({ description: 'What a new key must be able to do before anything is moved to it' }),
    spendAlertUsd: z
      .number()
      .positive()
      .max(100_000_000)
      .optional()
      .meta({
        description: 'The US dollars a month at which the owner is told; no alert if left out',
        examples: [500],
      }),
    secret: secret.optional().meta({
      description:
        'The secret that consumers read (its name, never a key); keyturn/<provider>/<credential> if left out',
      examples: ['keyturn/openai/checkout-openai'],
    }),
    emergency: z.enum(['contain-first', 'replace-first']).optional().meta({
      description:
        'What comes first when a key leaks: stop it, or replace it; replace-first for infrastructure, else contain-first',
    }),
  })
  .meta({ description: 'A key that a workload uses, and how it is rotated' });

/** The register as an operator writes it. */
export const registerSchema = (providers: readonly [string, ...string[]]) =>
  z
    .strictObject({
      accounts: z.array(accountSchema(providers)).meta({ description: 'The list of the provider accounts' }),
      credentials: z.array(credentialSchema).meta({ description: 'The list of the credentials that are rotated' }),
    })
    .meta({
      title: 'Keyturn register',
      description: 'The credentials that Keyturn rotates, and the provider accounts that they live in',
    });

export type RegisterSchema = ReturnType<typeof registerSchema>;
export type DeclaredAccount = z.infer<RegisterSchema>['accounts'][number];
export type DeclaredCredential = z.infer<RegisterSchema>['credentials'][number];
