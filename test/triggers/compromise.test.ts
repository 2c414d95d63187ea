import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Fault } from '../../functions/domain/fault.ts';
import { accountId, credentialId, fingerprint, keyId, leakHash } from '../../functions/domain/identifiers.ts';
import type { CompromiseReport } from '../../functions/domain/incident.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { approveIncident, dismissIncident, openApproved } from '../../functions/triggers/approve-incident.ts';
import { acceptReport, isApproved, takeReport } from '../../functions/triggers/compromise.ts';
import { incidentIdOf } from '../../functions/triggers/incident-id.ts';
import { leakOfValue } from '../../functions/triggers/leaked-value.ts';
import { startObligations } from '../../functions/triggers/start-obligations.ts';
import { type RotationWorld, startRotationWorld } from '../rotation/rotation-world.ts';
import { compromiseWorld, failAt, keyOf, printOf, reportOf } from './compromise-world.ts';

const options = { letCallsLandSeconds: 120, automaticPerHour: 20, floorSeconds: 900, maximumStarts: 5 };

describe('acceptReport', () => {
  it('starts before it records, and records before it tells', async () => {
    const world = compromiseWorld(1);
    const order: string[] = [];
    world.before = (operation) => order.push(operation);
    const accepted = await acceptReport(reportOf(), world.ports, options);
    expect(order.slice(0, 4)).toEqual(['start', 'putObligation', 'replaceIncident', 'send']);
    expect(accepted).toMatchObject({ state: 'accepted', proof: 'fingerprint', repeated: false });
    expect(world.starts).toMatchObject([
      { urgency: 'emergency', leakedKeyId: 'key-of-credential-0', containFirst: true, replacement: 'now' },
    ]);
    expect(world.obligations()).toMatchObject([
      { incidentId: accepted.incidentId, rotationId: world.starts[0]?.rotationId, reportedAt: reportOf().reportedAt },
    ]);
    expect(world.incidents()[0]?.told.length).toBe(world.notices.length);
  });

  it('redelivered after a failure at any instant it ends as without one', async () => {
    const calm = compromiseWorld(1);
    await acceptReport(reportOf(), calm.ports, options);
    for (let nth = 1; ; nth += 1) {
      const world = compromiseWorld(1);
      const hasFailed = failAt(world, nth);
      await acceptReport(reportOf(), world.ports, options).catch((error: unknown) => {
        if (!(error instanceof Fault)) throw error;
      });
      if (!hasFailed()) break;
      await acceptReport(reportOf(), world.ports, options);
      expect(world.starts).toEqual(calm.starts);
      expect(world.obligations()).toEqual(calm.obligations());
      expect(world.incidents().map(({ told, ...incident }) => [incident, new Set(told.map(({ to }) => to))])).toEqual(
        calm.incidents().map(({ told, ...incident }) => [incident, new Set(told.map(({ to }) => to))]),
      );
      expect(nth).toBeLessThan(20);
    }
  });

  it('what fails after the start keeps nobody from being told, and is thrown', async () => {
    for (const lost of ['putObligation', 'replaceIncident', 'send']) {
      const world = compromiseWorld(1);
      const order: string[] = [];
      world.before = (operation) => {
        order.push(operation);
        if (operation === lost) throw new Fault('NothingChanged', `${lost} is down.`);
      };
      await expect(acceptReport(reportOf(), world.ports, options)).rejects.toThrow(`${lost} is down.`);
      expect(world.starts).toHaveLength(1);
      expect(order).toContain('send');
      // An incident on record says that its obligations are.
      if (lost === 'putObligation') expect(world.incidents()).toEqual([]);
    }
  });

  it('a key named by its id that cannot be looked for: the lead is believed, a machine is asked to come again', async () => {
    const world = compromiseWorld(1);
    const ports = { ...world.ports, connect: () => Promise.reject(new Fault('NeedsPerson', 'Denied.')) };
    const { target } = world.credentials[0] ?? {};
    if (target === undefined) throw new Error('There is no credential.');
    const { provider, account } = target;
    const leak = { kind: 'key', provider, account, keyId: keyId('key_unknown') } as const;
    await expect(acceptReport(reportOf({ source: 'bus', leak }), ports, options)).rejects.toThrow('Denied.');
    expect([world.starts, world.incidents()]).toEqual([[], []]);
    await acceptReport(reportOf({ source: 'security-lead', leak }), ports, options);
    expect(world.starts).toMatchObject([{ leakedKeyId: 'key_unknown', containFirst: true }]);
  });

  it('nothing is accepted when the start fails', async () => {
    const world = compromiseWorld(1);
    world.before = () => {
      throw new Fault('NothingChanged', 'down');
    };
    await expect(acceptReport(reportOf(), world.ports, options)).rejects.toThrow('down');
    expect(world.obligations()).toEqual([]);
    expect(world.incidents()).toEqual([]);
  });

  it('any replays of any reports of one key, in any order, are one obligation and one run', async () => {
    const reports = [
      reportOf(),
      reportOf({ dedupeKey: 'alert 2' }),
      reportOf({ source: 'gitguardian', dedupeKey: '7', reference: 'incident 7' }),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...reports), fc.integer({ min: 0, max: 4_000 })), {
          minLength: 1,
          maxLength: 12,
        }),
        async (deliveries) => {
          const world = compromiseWorld(1);
          for (const [report, seconds] of deliveries) {
            world.advance(seconds);
            await acceptReport(report, world.ports, options);
          }
          expect(world.starts).toHaveLength(1);
          expect(world.obligations()).toHaveLength(1);
          expect(world.incidents()).toHaveLength(new Set(deliveries.map(([report]) => report)).size);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('a storm of 10,000 reports stops what is proven, makes no more keys than the budget, and tells few', async () => {
    const world = compromiseWorld(50);
    const forged = (index: number): CompromiseReport['leak'] =>
      index % 3 === 0
        ? { kind: 'fingerprint', fingerprint: fingerprint(`forged ${index}`) }
        : { kind: 'unknown', why: 'a value of no key' };
    for (let index = 0; index < 10_000; index += 1) {
      const proven = index % 100 === 0 ? `credential-${(index / 100) % 50}` : null;
      const leak = proven === null ? forged(index) : ({ kind: 'fingerprint', fingerprint: printOf(proven) } as const);
      await acceptReport(
        reportOf({ dedupeKey: `alert ${index}`, reference: `alert ${index}`, leak }),
        world.ports,
        options,
      );
    }
    expect(new Set(world.starts.map(({ leakedKeyId }) => leakedKeyId))).toEqual(new Set(world.credentials.map(keyOf)));
    expect(world.starts).toHaveLength(50);
    expect(world.starts.every(({ containFirst }) => containFirst)).toBe(true);
    expect(world.starts.filter(({ replacement }) => replacement === 'now')).toHaveLength(options.automaticPerHour);
    expect(world.obligations()).toHaveLength(50);
    expect(world.incidents()).toHaveLength(10_000);
    expect(world.notices.length).toBeLessThan(250);
  }, 60_000);

  it.each<[string, CompromiseReport['leak'], string, number]>([
    ['a hint that one key fits', { kind: 'hint', provider: null, hint: 'al-0' }, 'awaiting-approval', 0],
    ['a hint of another provider', { kind: 'hint', provider: 'other', hint: 'al-0' }, 'noted', 0],
    ['a person', { kind: 'person', person: 'Team@Example.com' }, 'awaiting-approval', 0],
    [
      'a principal that is a consumer',
      { kind: 'principal', principal: 'arn:aws:iam::1:role/credential-1-api' },
      'awaiting-approval',
      0,
    ],
    ['an owner of nothing', { kind: 'owner', owner: 'nobody' }, 'noted', 0],
    [
      'a credential that a machine names',
      { kind: 'credential', credentialId: credentialId('credential-1') },
      'awaiting-approval',
      0,
    ],
    ['a credential of no register', { kind: 'credential', credentialId: credentialId('gone') }, 'noted', 0],
    ['the hash of a value', { kind: 'leak-hash', leakHash: leakHash('hash-of-credential-0') }, 'accepted', 1],
    ['an admin key of no account', { kind: 'admin-key', account: accountId('nowhere') }, 'noted', 0],
    ['nothing', { kind: 'unknown', why: 'a value of none of ours' }, 'noted', 0],
  ])('%s', async (_name, leak, state, starts) => {
    const world = compromiseWorld(3);
    expect(await acceptReport(reportOf({ leak }), world.ports, options)).toMatchObject({ state });
    expect(world.starts).toHaveLength(starts);
    expect(world.incidents()).toMatchObject([{ state }]);
  });

  it('a credential that leaks again within the floor is only stopped; after it, replaced', async () => {
    const world = compromiseWorld(1);
    const leak = { kind: 'leak-hash', leakHash: leakHash('hash-of-credential-0') } as const;
    await acceptReport(reportOf({ leak }), world.ports, options);
    const [first] = world.obligations();
    if (first === undefined) throw new Error('There is no obligation.');
    await world.ports.ledger.putObligation({ ...first, refusedAt: world.ports.clock.now() });
    world.advance(60);
    const again = await acceptReport(reportOf({ dedupeKey: 'alert 2', leak }), world.ports, options);
    expect(again.state).toBe('contained-only');
    expect(world.starts.map(({ replacement }) => replacement)).toEqual(['now', 'on-approval']);
  });

  it('an admin key is an obligation without a run, and a page with what a person does', async () => {
    const world = compromiseWorld(1);
    const leak = { kind: 'admin-key', account: accountId('vendor-production') } as const;
    const accepted = await acceptReport(reportOf({ leak }), world.ports, options);
    expect(accepted.keys).toEqual([
      { keyId: 'admin-11111111-aaaa-4aaa-8aaa-111111111111', credentialId: null, rotationId: null },
    ]);
    expect(world.starts).toEqual([]);
    expect(world.obligations()).toMatchObject([{ credentialId: null, incidentId: accepted.incidentId }]);
    expect(world.notices[0]).toMatchObject({ severity: 'page', next: 'keyturn admin set vendor-production' });
    expect(world.notices[0]?.text).toContain('1. Make another admin key');
  });

  it('another report with the same short id is another incident', async () => {
    const world = compromiseWorld(2);
    const report = reportOf();
    await acceptReport(report, world.ports, options);
    const other = { ...report, leak: { kind: 'fingerprint', fingerprint: printOf('credential-1') } } as const;
    const accepted = await acceptReport(other, world.ports, options);
    expect(accepted).toMatchObject({ repeated: false, incidentId: incidentIdOf(report, 1) });
    expect(world.starts).toHaveLength(2);
  });

  it('the lead names a key and the ledger is down: it is started all the same', async () => {
    const world = compromiseWorld(1);
    const down = (): Promise<never> => Promise.reject(new Fault('NothingChanged', 'The ledger is down.'));
    Object.assign(world.ports.ledger, {
      incident: down,
      incidents: down,
      obligations: down,
      all: down,
      read: down,
      putObligation: down,
      replaceIncident: down,
    });
    const leak = { kind: 'credential', credentialId: credentialId('credential-0') } as const;
    const { unrecorded } = await takeReport(reportOf({ source: 'security-lead', leak }), world.ports, options);
    expect(world.starts).toHaveLength(1);
    expect(unrecorded?.message).toBe('The ledger is down.');
  });
});

describe('many keys at once', () => {
  const leak = { kind: 'provider', provider: 'vendor' } as const;
  const choice = { containFirst: null, decidedBy: 'a lead' };

  it('approved again after a failure at any instant, each key has one obligation of the incident', async () => {
    for (let nth = 1; ; nth += 1) {
      const world = compromiseWorld(3);
      const report = reportOf({ source: 'security-lead', leak });
      const { incidentId } = (await takeReport(report, world.ports, options, choice)).accepted;
      const hasFailed = failAt(world, nth);
      await approveIncident(incidentId, choice, world.ports).catch((error: unknown) => {
        if (!(error instanceof Fault)) throw error;
      });
      await approveIncident(incidentId, choice, world.ports);
      expect(world.obligations().map((obligation) => obligation.incidentId)).toEqual([
        incidentId,
        incidentId,
        incidentId,
      ]);
      expect(world.incidents()).toMatchObject([{ state: 'accepted', decidedBy: 'a lead' }]);
      if (!hasFailed()) break;
    }
  });

  it('a yes that was interrupted at any instant is completed by whoever finds it, and cannot be taken back', async () => {
    for (let nth = 1; ; nth += 1) {
      const world = compromiseWorld(3);
      const { incidentId } = (await takeReport(reportOf({ leak }), world.ports, options)).accepted;
      expect(world.incidents()).toMatchObject([{ state: 'awaiting-approval', decidedAt: null }]);
      const hasFailed = failAt(world, nth);
      await approveIncident(incidentId, choice, world.ports).catch((error: unknown) => {
        if (!(error instanceof Fault)) throw error;
      });
      const [found] = world.incidents();
      if (found === undefined) throw new Error('It is not on record.');
      if (found.decidedAt === null) continue;
      if (isApproved(found)) {
        expect(await dismissIncident(incidentId, 'somebody', world.ports)).toBeNull();
        await openApproved(found, 'vendor', world.ports);
        expect(world.obligations()).toHaveLength(3);
        await openApproved(found, null, world.ports);
      }
      expect(world.obligations()).toHaveLength(3);
      expect(world.incidents()).toMatchObject([{ state: 'accepted', decidedBy: 'a lead' }]);
      if (!hasFailed()) break;
    }
  });

  it("a function of one provider opens its own keys, and leaves another's to who may look at them", async () => {
    const world = compromiseWorld(2);
    const { incidentId } = (await takeReport(reportOf({ leak }), world.ports, options)).accepted;
    failAt(world, 2);
    await expect(approveIncident(incidentId, choice, world.ports)).rejects.toThrow(Fault);
    const [found] = world.incidents();
    if (found === undefined) throw new Error('It is not on record.');
    const before = world.obligations().length;
    expect(await openApproved(found, 'another', world.ports)).toEqual([]);
    expect(world.obligations()).toHaveLength(before);
  });

  it('who reports and decides in one is not told that it waits for a decision', async () => {
    const world = compromiseWorld(2);
    const report = reportOf({ source: 'security-lead', leak });
    const { incidentId } = (await takeReport(report, world.ports, options, choice)).accepted;
    expect(world.notices).toEqual([]);
    await approveIncident(incidentId, choice, world.ports);
    expect(world.notices.map(({ subject }) => subject)).toContain(`${incidentId} is being handled`);
  });

  it('who hands in a hint has decided nothing', async () => {
    const world = compromiseWorld(1);
    const hint = { kind: 'hint', provider: null, hint: 'al-0' } as const;
    await takeReport(reportOf({ source: 'gitleaks', leak: hint }), world.ports, options, choice);
    expect(world.incidents()).toMatchObject([{ state: 'awaiting-approval', decidedBy: null, decidedAt: null }]);
  });

  it('starts so many at a time at one provider, and the rest as those are refused', async () => {
    const world = compromiseWorld(12);
    const report = reportOf({ source: 'security-lead', leak });
    const { incidentId } = (await takeReport(report, world.ports, options, choice)).accepted;
    const { incident } = (await approveIncident(incidentId, choice, world.ports)) ?? {};
    if (incident === undefined) throw new Error('It was not approved.');
    const credentials = new Map(world.credentials.map((credential) => [credential.id, credential]));
    const go = () => startObligations(incident, credentials, world.ports, options);
    expect(await go()).toEqual({ closed: 0, running: 5, waiting: 7, stuck: [] });
    expect(await go()).toMatchObject({ running: 5, waiting: 7 });
    expect(world.starts).toHaveLength(5);
    for (const { leakedKeyId } of world.starts.slice(0, 2)) {
      const obligation = world.obligations().find((one) => one.keyId === leakedKeyId);
      if (obligation === undefined) throw new Error('It has no obligation.');
      await world.ports.ledger.putObligation({ ...obligation, refusedAt: world.ports.clock.now() });
    }
    expect(await go()).toMatchObject({ closed: 2, running: 5, waiting: 5 });
    expect(world.starts).toHaveLength(7);
  });
});

describe('after the acceptance', () => {
  let world: RotationWorld;
  afterEach(() => world.close());

  const accept = async () => {
    world = await startRotationWorld('openai');
    const old = await world.seed();
    const { ports } = world.local;
    const print = await ports.fingerprints.of(new SecretValue(old.value));
    await ports.ledger.putPrint({
      ...print,
      keyId: keyId(old.keyId),
      target: world.credential.target,
      credentialId: world.credential.id,
      recordedAt: ports.clock.now(),
    });
    world.expectDeadCurrent(true);
    const leak = await leakOfValue([new SecretValue(` "${old.value}"\n`)], ports);
    const accepted = await acceptReport(reportOf({ leak }), ports, options);
    return { old, accepted };
  };
  const live = () => world.liveKeys().map(({ id }) => id);

  it('the key is refused, replaced, and the obligation closed with its times', async () => {
    const { old, accepted } = await accept();
    await world.drive();
    expect(live()).not.toContain(old.keyId);
    expect(live()).toHaveLength(1);
    expect(await world.local.ports.ledger.obligations('all')).toMatchObject([
      {
        keyId: old.keyId,
        incidentId: accepted.incidentId,
        containedAt: expect.any(String),
        refusedAt: expect.any(String),
      },
    ]);
    expect(world.leaks()).toEqual([]);
  });

  it.each(['ledger', 'notices', 'register', 'executions', 'fingerprints'] as const)(
    'the loss of %s does not keep the key alive',
    async (port) => {
      const { old } = await accept();
      const down = (): Promise<never> => Promise.reject(new Fault('NothingChanged', `${port} is down.`));
      const lost: object = world.local.ports[port];
      const whole = { ...lost };
      for (const operation of Object.keys(lost)) Object.assign(lost, { [operation]: down });
      await world.local.engine.runUntilIdle();
      expect(live()).not.toContain(old.keyId);
      Object.assign(lost, whole);
      await world.drive();
    },
  );
});
