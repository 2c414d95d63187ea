import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { appOf, registerOf } from './synthesised.ts';

const texts = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const statementForm = z.looseObject({
  Effect: z.literal('Allow'),
  Principal: z.object({ Service: z.unknown() }),
  Action: texts,
  Condition: z.optional(z.record(z.string(), z.record(z.string(), z.unknown()))),
});
type Permission = { readonly where: string; readonly service: string; readonly bounds: readonly string[] };

/** Every statement that lets a service act, wherever it stands. */
const permissionsIn = (where: string, value: unknown): readonly Permission[] => {
  if (typeof value !== 'object' || value === null) return [];
  const { data } = statementForm.safeParse(value);
  if (data === undefined) return Object.values(value).flatMap((inner) => permissionsIn(where, inner));
  const service = JSON.stringify(data.Principal.Service).replaceAll(/"|\.amazonaws\.com|\{[^}]*\}/g, '');
  return [{ where, service, bounds: Object.values(data.Condition ?? {}).flatMap((keys) => Object.keys(keys)) }];
};

/** Services that say of nothing for whom they act, and what binds them instead. */
const bound: Readonly<Record<string, string | null>> = {
  // Only this account can hand a role of this account to a function:
  // https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html, 2026-11
  lambda: null,
};
/** In the policy of a key a service is bound to what it encrypts there. */
const encrypting = /^kms:EncryptionContext:/;

it('a service acts for a resource of this account that is named, wherever it is let', () => {
  const app = appOf(registerOf(1), {
    homeRegion: 'eu-central-1',
    oktaEventBus: 'aws.partner/okta.com/acme/keyturn',
    githubScopes: 'orgs/acme',
    gitguardianPoll: 'true',
  });
  const stacks = app.node.children.filter((child) => child instanceof Stack);
  const permissions = stacks.flatMap((stack) =>
    Object.entries(Template.fromStack(stack).toJSON()['Resources'] as Record<string, unknown>).flatMap(
      ([id, resource]) => permissionsIn(`${stack.stackName} ${id}`, resource),
    ),
  );
  expect(new Set(permissions.map(({ service }) => service)).size).toBeGreaterThan(5);
  const open = permissions.filter(
    ({ service, bounds }) =>
      !(service in bound) && !bounds.includes('aws:SourceArn') && !bounds.some((key) => encrypting.test(key)),
  );
  expect(open).toEqual([]);
});
