import { describe, expect, it } from 'vitest';
import { hearAwsHealth } from '../../../functions/triggers/sources/aws-health.ts';
import { hearBus } from '../../../functions/triggers/sources/bus.ts';
import { hearGitguardian, hearListedIncident } from '../../../functions/triggers/sources/gitguardian.ts';
import { hearGuardduty } from '../../../functions/triggers/sources/guardduty.ts';
import type { Heard } from '../../../functions/triggers/sources/heard.ts';
import { hearOkta } from '../../../functions/triggers/sources/okta.ts';
import { hearQuarantine } from '../../../functions/triggers/sources/quarantine.ts';
import { recorded } from './recorded.ts';

const itemsOf = <T>(told: Heard<T>): readonly T[] => {
  if (told.kind !== 'heard') throw new Error(JSON.stringify(told));
  return told.items;
};

/** The recorded payload with some fields of its detail (or itself) changed. */
const changed = (name: string, change: object) => {
  const event = recorded(name);
  return { ...event, detail: { ...event.detail, ...change } };
};

describe('AWS Health', () => {
  it('an exposed access key is the report of its user', () => {
    expect(itemsOf(hearAwsHealth(recorded('aws-health')))).toEqual([
      {
        source: 'aws-health',
        dedupeKey:
          'arn:aws:health:us-east-1::event/RISK/AWS_RISK_CREDENTIALS_EXPOSED/AWS_RISK_CREDENTIALS_EXPOSED_90353408594353980 123456789012 AKIAIOSFODNN7EXAMPLE',
        reference:
          'arn:aws:health:us-east-1::event/RISK/AWS_RISK_CREDENTIALS_EXPOSED/AWS_RISK_CREDENTIALS_EXPOSED_90353408594353980',
        reason: 'AWS found access key AKIAIOSFODNN7EXAMPLE in public',
        reportedAt: '2026-11-20T06:27:57.000Z',
        leak: { kind: 'principal', principal: 'arn:aws:iam::123456789012:user/ci-deploy' },
      },
    ]);
  });

  it('comes to a second region, and page by page: the same event, account and key is the same report', () => {
    const entities = [{ entityValue: 'AKIAIOSFODNN7EXAMPLE' }, { entityValue: 'AKIAI44QH8DHBEXAMPLE' }];
    const again = changed('aws-health', { page: '2', totalPages: '2', backupEvent: true, affectedEntities: entities });
    const [first] = itemsOf(hearAwsHealth(recorded('aws-health')));
    const [same, other] = itemsOf(hearAwsHealth({ ...again, region: 'us-west-2', id: 'another' }));
    expect(same?.dedupeKey).toBe(first?.dedupeKey);
    expect(other?.dedupeKey).not.toBe(first?.dedupeKey);
    // Whose of two keys it is, the one user name does not say.
    expect(other?.leak).toEqual({ kind: 'principal', principal: 'AKIAI44QH8DHBEXAMPLE' });
    const elsewhere = itemsOf(hearAwsHealth(changed('aws-health', { affectedAccount: '210987654321' })));
    expect(elsewhere[0]?.dedupeKey).not.toBe(first?.dedupeKey);
  });

  it.each([
    ['closed', { statusCode: 'closed' }],
    ['another event', { eventTypeCode: 'AWS_EC2_OPERATIONAL_ISSUE' }],
    ['an empty page', { affectedEntities: [] }],
  ])('%s: ignored', (_, change) => {
    expect(hearAwsHealth(changed('aws-health', change))).toMatchObject({ kind: 'ignored' });
  });
});

describe('GuardDuty', () => {
  it('names the role that reads what it should not', () => {
    expect(itemsOf(hearGuardduty(recorded('guardduty')))).toEqual([
      {
        source: 'guardduty',
        dedupeKey: '123456789012 eu-central-1 16afba5c5c43e07c9e3e5e2e544e95df',
        reference: 'GuardDuty finding 16afba5c5c43e07c9e3e5e2e544e95df in eu-central-1',
        reason: 'GuardDuty: CredentialAccess:IAMUser/AnomalousBehavior',
        reportedAt: '2026-11-20T08:40:00.000Z',
        leak: { kind: 'principal', principal: 'arn:aws:iam::123456789012:role/chat-api' },
      },
    ]);
  });

  it('a finding that has grown is the same report', () => {
    const service = { archived: false, count: 7, eventFirstSeen: '2026-11-20T08:40:00Z' };
    const grown = changed('guardduty', { service, updatedAt: '2026-11-21T00:00:00Z' });
    expect(hearGuardduty({ ...grown, time: '2026-11-21T00:00:00Z' })).toEqual(hearGuardduty(recorded('guardduty')));
  });

  it.each<[string, object, string]>([
    ['IAMUser', { userName: 'ci' }, 'arn:aws-cn:iam::123456789012:user/ci'],
    ['IAMUser', { accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }, 'AKIAIOSFODNN7EXAMPLE'],
  ])('of a %s with %j it names %s', (userType, details, principal) => {
    const event = changed('guardduty', { resource: { accessKeyDetails: { userType, ...details } } });
    expect(itemsOf(hearGuardduty({ ...event, region: 'cn-north-1' }))[0]?.leak).toEqual({
      kind: 'principal',
      principal,
    });
  });

  it.each([
    ['archived', { service: { archived: true } }],
    ['another type', { type: 'CryptoCurrency:EC2/BitcoinTool.B' }],
  ])('%s: ignored', (_, change) => {
    expect(hearGuardduty(changed('guardduty', change))).toMatchObject({ kind: 'ignored' });
  });
});

describe('the quarantine policy', () => {
  it('names the user that AWS has put under it', () => {
    expect(itemsOf(hearQuarantine(recorded('quarantine')))).toEqual([
      {
        source: 'quarantine',
        dedupeKey: 'bbbbbbbb-0007-0007-0007-bbbbbbbbbbbb',
        reference: 'CloudTrail event bbbbbbbb-0007-0007-0007-bbbbbbbbbbbb',
        reason: 'AWS put user ci-deploy of account 123456789012 under quarantine',
        reportedAt: '2026-11-20T06:29:41.000Z',
        leak: { kind: 'principal', principal: 'arn:aws:iam::123456789012:user/ci-deploy' },
      },
    ]);
  });

  it.each(['AWSCompromisedKeyQuarantine', 'AWSCompromisedKeyQuarantineV2', 'AWSCompromisedKeyQuarantineV3'])(
    '%s',
    (name) => {
      const requestParameters = { userName: 'ci', policyArn: `arn:aws:iam::aws:policy/${name}` };
      expect(hearQuarantine(changed('quarantine', { requestParameters })).kind).toBe('heard');
    },
  );

  it.each([
    ['another policy', { requestParameters: { userName: 'ci', policyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' } }],
    ['a refused call', { errorCode: 'AccessDenied' }],
    ['a refused call without parameters', { requestParameters: null }],
    ['another call', { eventName: 'DetachUserPolicy' }],
  ])('%s: ignored', (_, change) => {
    expect(hearQuarantine(changed('quarantine', change))).toMatchObject({ kind: 'ignored' });
  });
});

describe('Okta', () => {
  it('a deactivated person', () => {
    expect(itemsOf(hearOkta(recorded('okta')))).toEqual([
      {
        source: 'okta',
        dedupeKey: 'ab62c0bc-2837-11eb-9823-9fb8f750c5a9 dana@acme.example',
        reference: 'Okta event ab62c0bc-2837-11eb-9823-9fb8f750c5a9',
        reason: 'Okta: the account of dana@acme.example was deactivated',
        reportedAt: '2026-11-20T18:15:12.862Z',
        leak: { kind: 'person', person: 'dana@acme.example' },
      },
    ]);
  });

  it('a suspended one; and each of several, once', () => {
    const user = (alternateId: string) => ({ type: 'User', alternateId });
    const target = [
      user('a@acme.example'),
      { type: 'AppInstance', alternateId: 'app' },
      user('B@acme.example'),
      user('b@acme.example'),
    ];
    const reports = itemsOf(hearOkta(changed('okta', { eventType: 'user.lifecycle.suspend', target })));
    expect(reports.map(({ leak }) => leak)).toEqual([
      { kind: 'person', person: 'a@acme.example' },
      { kind: 'person', person: 'b@acme.example' },
    ]);
    expect(reports[0]?.reason).toContain('suspended');
  });

  it.each([
    ['it failed', { outcome: { result: 'FAILURE' } }],
    ['a sign-in', { eventType: 'user.session.start' }],
    ['an event of the prototype', { eventType: 'toString' }],
    ['an application', { target: [{ type: 'AppInstance', alternateId: 'a@b' }] }],
    ['a user without an address', { target: [{ type: 'User', alternateId: 'unknown' }] }],
  ])('%s: ignored', (_, change) => {
    expect(hearOkta(changed('okta', change))).toMatchObject({ kind: 'ignored' });
  });
});

describe('the bus', () => {
  it('takes the documented event', () => {
    expect(itemsOf(hearBus(recorded('bus')))).toEqual([
      {
        source: 'bus',
        dedupeKey: 'acme.deploy deploy-4711',
        reference: 'https://ci.acme.example/4711',
        reason: 'acme.deploy: the key was printed in a build log',
        reportedAt: '2026-11-20T10:00:00.000Z',
        leak: { kind: 'credential', credentialId: 'chat' },
      },
    ]);
  });

  const hash = 'a'.repeat(64);
  it.each([
    { kind: 'key', provider: 'openai', account: 'openai-production', keyId: 'key_1' },
    { kind: 'leak-hash', leakHash: hash },
    { kind: 'fingerprint', fingerprint: hash },
    { kind: 'hint', provider: null, hint: 'abcd' },
    { kind: 'provider', provider: 'openai' },
    { kind: 'account', account: 'openai-production' },
    { kind: 'owner', owner: 'Dana' },
    { kind: 'person', person: 'dana@acme.example' },
    { kind: 'principal', principal: 'arn:aws:iam::123456789012:user/ci' },
    { kind: 'admin-key', account: 'openai-production' },
  ])('takes $kind', (leak) => {
    expect(itemsOf(hearBus(changed('bus', { leak })))[0]?.leak).toEqual(leak);
  });

  it.each([
    ['a field that is not documented', { containFirst: true }],
    ['a field of the leak that is not', { leak: { kind: 'credential', credentialId: 'chat', value: 'x' } }],
    ['no id', { id: undefined }],
    ['an id with space in it', { id: 'a b' }],
    ['a kind that is none', { leak: { kind: 'value', value: 'x' } }],
    ['a value for a hash', { leak: { kind: 'leak-hash', leakHash: 'sk-proj-0123456789abcdef' } }],
    ['most of the value for a hint', { leak: { kind: 'hint', provider: null, hint: '0123456789' } }],
    ['a reason without end', { reason: 'x'.repeat(501) }],
  ])('%s: malformed', (_, change) => {
    expect(hearBus(changed('bus', change))).toMatchObject({ kind: 'malformed' });
  });

  it('withholds a text that quotes a key, and reports all the same', () => {
    const canary = 'sk-proj-canary0123456789abcdef';
    const [report] = itemsOf(
      hearBus(changed('bus', { reason: `it was ${canary}`, reference: `https://x.example/?k=${canary}` })),
    );
    expect(JSON.stringify(report)).not.toContain('canary');
    expect(report?.leak).toEqual({ kind: 'credential', credentialId: 'chat' });
  });
});

describe('GitGuardian', () => {
  const withIncident = (action: string, change: object = {}) => {
    const event = recorded('gitguardian-webhook');
    return { ...event, action, incident: { ...event.incident, ...change } };
  };

  it.each([
    ['incident_triggered', {}, '31542 open'],
    ['incident_regression', { regression: true }, '31542 open regression'],
    ['incident_reopened', {}, '31542 reopened 2026-11-20T07:45:32.930Z'],
    ['incident_validity_changed', { validity: 'valid' }, '31542 open valid'],
  ])('%s %j is the report %s', (action, change, dedupeKey) => {
    expect(itemsOf(hearGitguardian(withIncident(action, change)))[0]?.dedupeKey).toBe(dedupeKey);
  });

  it.each([
    ['incident_validity_changed', { validity: 'invalid' }],
    ['incident_resolved', {}],
    ['incident_shared_publicly', {}],
  ])('%s %j: ignored', (action, change) => {
    expect(hearGitguardian(withIncident(action, change))).toMatchObject({ kind: 'ignored' });
  });

  it.each([null, 'xxx', undefined])('without a usable hash (%j) it is unknown, and still a report', (hmsl_hash) => {
    expect(itemsOf(hearGitguardian(withIncident('incident_triggered', { hmsl_hash })))[0]?.leak.kind).toBe('unknown');
  });

  it('the listing tells the same report as the webhook; a closed one, none', () => {
    const [listed] = itemsOf(hearListedIncident(recorded('gitguardian-incident')));
    const [sent] = itemsOf(hearGitguardian(recorded('gitguardian-webhook')));
    expect(listed).toEqual(sent);
    expect(hearListedIncident({ ...recorded('gitguardian-incident'), status: 'RESOLVED' }).kind).toBe('ignored');
  });

  it('keeps nothing of the link that opens the incident to everybody', () => {
    expect(JSON.stringify(hearGitguardian(recorded('gitguardian-webhook')))).not.toContain('share');
  });
});

describe('what is no event of theirs', () => {
  it.each([
    ['AWS Health', hearAwsHealth, 'aws-health'],
    ['GuardDuty', hearGuardduty, 'guardduty'],
    ['the quarantine', hearQuarantine, 'quarantine'],
    ['Okta', hearOkta, 'okta'],
    ['the bus', hearBus, 'bus'],
  ])('%s: malformed, and told where, without what stood there', (_, hear, name) => {
    for (const nothing of [null, undefined, 'text', 7, [], {}, { detail: null }, { detail: [] }]) {
      expect(hear(nothing)).toMatchObject({ kind: 'malformed' });
    }
    const { detail, ...envelope } = recorded(name);
    expect(
      hear(JSON.parse(JSON.stringify({ ...envelope, pollute: detail }).replace('pollute', '__proto__'))),
    ).toMatchObject({
      kind: 'malformed',
    });
    expect(
      JSON.stringify(hear({ ...recorded(name), time: 'canary', detail: { ...detail, uuid: 7, eventID: 7, id: 7 } })),
    ).not.toContain('canary');
  });
});
