import { type CfnResource, Validations } from 'aws-cdk-lib';
import { expect, it } from 'vitest';
import { nagPacks } from '../../infra/constructs/nag-packs.ts';
import { appOf, registerOf } from './synthesised.ts';

/** With everything that a setting can switch on. */
const app = appOf(registerOf(1), {
  homeRegion: 'eu-central-1',
  oktaEventBus: 'aws.partner/okta.com/acme/keyturn',
  githubScopes: 'orgs/acme',
  gitguardianPoll: 'true',
});

it('each acknowledgement excuses a finding, and says why', () => {
  const found: { readonly path: string; readonly finding: string }[] = [];
  for (const pack of nagPacks(app)) {
    // cdk-nag keeps no record of what was excused; this is where it asks.
    Object.assign(pack, {
      isAcknowledged: ({ node }: CfnResource, finding: string) => {
        found.push({ path: node.path, finding });
        return true;
      },
    });
    expect(pack.validateScope(app).violations).toEqual([]);
  }
  const acknowledged = app.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .map(([name, reason]) => ({ path: node.path, finding: name.replace(/^annotation::/i, ''), reason })),
  );
  const idle = acknowledged.filter(
    ({ path, finding }) => !found.some((one) => one.finding === finding && `${one.path}/`.startsWith(`${path}/`)),
  );
  expect(idle).toEqual([]);
});
