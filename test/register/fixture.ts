import { z } from 'zod';
import { SettingsError } from '../../functions/providers/provider.ts';
import type { DeclarableProviders } from '../../functions/register/register.ts';

const vendorSettings = z.strictObject({ projectId: z.string(), robot: z.string().optional() });

/** One vendor whose keys live in projects, held by robots; a revocation takes a minute. */
export const providers: DeclarableProviders = {
  vendor: {
    id: 'vendor',
    settings: (settings) => {
      const parsed = vendorSettings.safeParse(settings);
      if (parsed.success) return parsed.data;
      throw new SettingsError(parsed.error.issues.map(({ path }) => `${path.join('.')} does not fit`).join('; '));
    },
    facts: { maximumLiveKeys: 10, revocationTakesSeconds: 60, sources: ['https://vendor.example'] },
    identity: (settings) => {
      const { projectId, robot } = vendorSettings.parse(settings);
      return { scope: projectId, holder: robot ?? null };
    },
  },
};

/** A register that is as it should be: production and staging, two credentials each. */
export const goodRegister = `accounts:
  - id: vendor-production
    provider: vendor
    environment: production
    settings: { projectId: project-1 }
  - id: vendor-staging
    provider: vendor
    environment: staging
    settings: { projectId: project-2 }

credentials:
  - id: shop-chat
    account: vendor-production
    settings:
      robot: robot-1
    service: shop
    purpose: chat
    environment: production
    owner:
      name: Shop team
      contact: shop@example.com
    tier: service
    sensitivity: high
    cadence: 30d
    window:
      days: [mon, tue]
      from: 02:00
      to: 05:00
      timeZone: Europe/Berlin
    overlap: 2h
    maximumOverlap: 3d
    consumers:
      - name: shop-api
        cacheTtl: 1h
    expects:
      models: [model-1]
      permissions: [read]
    spendAlertUsd: 100
    secret: shop/vendor-key
    emergency: replace-first
  - id: shop-search
    account: vendor-production
    service: shop
    purpose: search
    environment: production
    owner: { name: Search team, contact: https://chat.example.com/search }
    tier: infrastructure
  - id: shop-chat-staging
    account: vendor-staging
    settings:
      robot: robot-2
    service: shop
    purpose: chat
    environment: staging
    owner: { name: Shop team, contact: shop@example.com }
    tier: user
  - id: shop-search-staging
    account: vendor-staging
    service: shop
    purpose: search
    environment: staging
    owner: { name: Search team, contact: search@example.com }
    tier: service
`;

/** The good register with one text replaced by another. Fails when the text is not there exactly once. */
export const change = (from: string, to: string, text = goodRegister): string => {
  const parts = text.split(from);
  if (parts.length !== 2) throw new TypeError(`"${from}" stands ${parts.length - 1} times in the register.`);
  return parts.join(to);
};

/** `line:column` of a text in the register, counted from 1. Fails when it is not there exactly once. */
export const placeOf = (part: string, text: string): string => {
  change(part, '', text);
  const before = text.slice(0, text.indexOf(part)).split('\n');
  return `${before.length}:${(before.at(-1) ?? '').length + 1}`;
};
