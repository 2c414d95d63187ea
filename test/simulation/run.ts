import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { keyId } from '../../functions/domain/identifiers.ts';
import { current } from '../../functions/domain/labels.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { type Plan, planText } from './plan.ts';
import type { Residual } from './residuals.ts';
import type { Site } from './seam.ts';
import { type Build, makeWorld, type Scenario, scenarioText, type World } from './world.ts';

export interface Result {
  readonly plan: Plan;
  /** Sites of the plan that were never reached. */
  readonly notFired: readonly string[];
  readonly violations: readonly string[];
  /** Windows that were seen open. */
  readonly raced: ReadonlySet<Residual>;
  /** `Done RolledBack`: how the runs ended, in order of their start. */
  readonly outcomes: string;
  readonly sites: readonly Site[];
  /** What happened, as one number: the same plan has the same. */
  readonly hash: () => string;
  /** When everything had come to rest, in hours after the start. */
  readonly hours: number;
  /** What happened, line by line, for who replays it. */
  readonly story: () => readonly string[];
}

export const caseText = (scenario: Scenario, plan: Plan): string =>
  `npm run simulate -- --replay '${scenarioText(scenario)} ${planText(plan)}'`;

/** When the watch looks, in minutes after the start. It stops when nothing is left to do. */
const looksAt = [55, 125, 190, 250, 370, 490, 730, 1_450, 1_600, 2_900, 3_050, 4_400, 4_600, 5_900];
const hour = 3_600_000;

export const runCase = async (
  scenario: Scenario,
  plan: Plan,
  recording = false,
  build: Build = {},
): Promise<Result> => {
  const world = makeWorld(scenario, plan, recording, build);
  const { time, referee } = world;
  const startedAt = time.now();
  await play(world, scenario);
  return {
    plan,
    notFired: [...plan.keys()].filter((site) => !world.fired.has(site)),
    violations: [...referee.violations],
    raced: referee.raced,
    outcomes: world.journal
      .executions()
      .map(({ state }) => state)
      .join(' '),
    sites: world.sites,
    hash: () => hashOf(world),
    hours: (time.now() - startedAt) / hour,
    story: () => storyOf(world),
  };
};

/** Lets a case happen, until everything has come to rest: the watch looks once at least. */
export const play = async (world: World, scenario: Scenario): Promise<void> => {
  const { time, referee } = world;
  const startedAt = time.now();
  // Virtual time passes within one turn of the event loop: whoever runs the cases has a turn between two of them.
  await setImmediate();
  await begin(world, scenario);
  for (const [index, minutes] of looksAt.entries()) {
    await time.runUntil(startedAt + minutes * 60_000);
    if (index > 0 && referee.unsettled().length === 0) break;
    await people(world, (time.now() - startedAt) / hour);
    world.watch().catch((error: unknown) => {
      throw error;
    });
    await time.runUntil(time.now() + 60_000);
  }
  referee.look(null);
  referee.atRest();
  world.stop();
};

/** The world as it is before anything goes wrong, and the run that the case is about. */
const begin = async (world: World, { mode, vendor: vendorName }: Scenario): Promise<void> => {
  const { vault, vendor, credential, strategy } = world;
  await vault.port.writeAdmin(credential.target.adminSecret, new SecretValue(vendor.admin()));
  if (strategy !== 'two-slot') {
    world.foreign.add(world.mint('another teams'));
    world.foreign.add(world.mint('keyturn-another-20260101-deadbeef-1'));
    world.ownKey();
  }
  if (mode === 'first-issue') {
    // What people have made is accepted by the time that the case begins.
    await world.time.runUntil(world.time.now() + 600_000);
    void (vendorName === 'human' ? world.submit() : world.watch());
    return;
  }
  const seeded = strategy === 'two-slot' ? keyId(vendor.keys()[0]?.id ?? '') : world.mint('by hand');
  world.seeded = seeded;
  await (mode === 'heal' ? world.writeByHand(seeded, current, true) : world.writeByHand(seeded, current));
  world.seedRecord();
  // A new key is accepted by the time that the case begins.
  await world.time.runUntil(world.time.now() + 600_000);
  world.noticeServing();
  world.referee.look(null);
  if (mode === 'heal') {
    world.outsiders.add(seeded);
    vendor.kill(seeded);
    world.referee.look(null);
    void world.watch();
    return;
  }
  const isEmergency = mode === 'contain-first' || mode === 'replace-first';
  const wish = isEmergency
    ? { urgency: 'emergency' as const, leakedKeyId: seeded, containFirst: mode === 'contain-first' }
    : {};
  if (vendorName === 'human' && !isEmergency) {
    void world.submit(wish);
    return;
  }
  world.first = world.request(wish);
  await world.start(world.first);
};

/** What people do in time: renew an admin key that was revoked, and go on with what waits for them. */
const people = async (world: World, hours: number): Promise<void> => {
  const { vault, vendor, credential, ledger, strategy, troubles } = world;
  if (hours < 2) return;
  troubles.delete('admin');
  troubles.delete('secret');
  vendor.quicken();
  vault.restore(credential.secret);
  world.noticeServing();
  world.referee.look(null);
  await vault.port.writeAdmin(credential.target.adminSecret, new SecretValue(vendor.admin()));
  const { rotation, lease } = ledger.record(credential.id);
  if (lease !== null) return;
  const waitsForPerson = rotation?.endedAs === 'Escalated' || (strategy === 'human-created' && rotation !== null);
  const open = ledger.obligations().some(({ refusedAt }) => refusedAt === null);
  const dead = world.deadCurrent();
  // What Escalated asks for where neither slot's value serves: a person puts one of them into the secret.
  if (dead !== null && strategy === 'two-slot' && rotation?.endedAs === 'Escalated') {
    const theirs = await world.writeByHand(world.ownKey(), 'theirs');
    const from = vault.holder(credential.secret, current);
    await vault.port.moveLabel(credential.secret, current, { from, to: theirs });
    await vault.port.moveLabel(credential.secret, 'theirs', { from: theirs, to: null });
    world.noticeServing();
    world.referee.look(null);
  }
  if (waitsForPerson || (rotation === null && open)) void world.resume();
  // What the page of `heal` asks for when it cannot name the key itself.
  else if (dead !== null && hours > 3) {
    if (strategy === 'human-created') void world.submit();
    else void world.start(world.request({ urgency: 'emergency', leakedKeyId: dead }));
  } else if (vault.holder(credential.secret, current) === null && strategy === 'human-created') void world.submit();
};

const storyOf = ({ ledger, calls, vault, vendor, credential, notices }: World): readonly string[] => [
  ...ledger.entries.map(
    ({ at, step, event, detail, rotationId }) => `${at} ${rotationId.slice(-8)} ${step}: ${event} ${detail}`,
  ),
  ...calls,
  ...notices.map(({ severity, subject }) => `${severity}: ${subject}`),
  ...[...vault.labels(credential.secret)].map(([label, version]) => `${label} -> ${version}`),
  ...vendor
    .keys()
    .map(({ id, name, createdAt, refusedAt }) => `${id} ${name ?? ''} ${createdAt} - ${refusedAt ?? 'lives'}`),
  JSON.stringify(ledger.record(credential.id)),
];

const hashOf = (world: World): string =>
  createHash('sha256')
    .update(
      JSON.stringify([world.journal.history, world.ledger.entries, [...world.referee.violations], world.vendor.keys()]),
    )
    .digest('hex')
    .slice(0, 16);
