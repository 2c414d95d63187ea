import { awsDeadLetters, type DeadLetterQueue, type DeadLetters, type Letter } from '../aws/dead-letters.ts';
import type { Instant } from '../domain/identifiers.ts';
import { timeOf } from '../domain/time-words.ts';
import type { Clock } from '../ports.ts';
import { quote } from '../register/key-like.ts';
import { nearest } from '../register/nearest.ts';
import type { Call, Run } from './call.ts';
import { CommandError } from './command-error.ts';
import { deploymentSettings } from './deployment-settings.ts';
import { expectedParts, intakePart, providersOf, stackOf } from './doctor/expected.ts';
import { type Declared, readRegister, withSession } from './session.ts';

/** Where reports wait to be taken in. A test holds it to the name that infra/ gives. */
export const intakeQueue = `${stackOf(intakePart)}.fifo`;

/** How long nobody else is given what is being looked at: longer than the look takes. Then it lies there again. */
const holdSeconds = 120;
/** As many are looked at; the same command again goes on. */
const maximumLetters = 500;
const moveLookSeconds = 2;
const maximumMoveLooks = 30;

type Redriven = {
  readonly queue: string;
  readonly found: number;
  /** Since when the oldest lies there; null when nothing does. */
  readonly oldestAt: Instant | null;
  readonly sentBack: number;
  readonly removed: number;
  readonly kept: number;
};

interface Redrive {
  readonly call: Call;
  readonly clock: Clock;
  readonly letters: DeadLetters;
  readonly dryRun: boolean;
}

/** Sends back what lies in the dead-letter queues, or removes it where its work is done. What a message says is never shown. */
export const redrive: Run = async (call) => {
  const { switches } = call.arguments;
  if (switches.has('local')) {
    throw new CommandError({
      what: 'There is nothing to redrive on this machine.',
      why: 'Dead-letter queues are a part of the deployment on AWS; with --local nothing goes through a queue.',
      next: 'keyturn reconcile --local puts right what a run has left behind.',
    });
  }
  const declared = await readRegister(call, 'ignored');
  const names = chosenQueues(call, declared);
  return withSession(call, declared, async ({ ports: { clock } }) => {
    const dryRun = switches.has('dry-run');
    const work: Redrive = { call, clock, letters: awsDeadLetters(intakeQueue), dryRun };
    const queues = await Promise.all(names.map((name) => work.letters.find(name)));
    const there = queues.filter((queue) => queue !== null);
    if (there.length === 0) throw notDeployed(names);
    call.ifInterrupted({
      what: 'Interrupted. What was sent back or removed stays so; the rest lies there again in two minutes.',
      next: 'keyturn redrive',
    });
    const redriven: Redriven[] = [];
    for (const queue of there) {
      redriven.push(await (queue.name.endsWith('.fifo') ? sendBackReports(queue, work) : clear(queue, work)));
    }
    if (dryRun) call.say('A dry run: nothing was changed.');
    const kept = redriven.reduce((sum, queue) => sum + queue.kept, 0);
    return { exitCode: kept > 0 && !dryRun ? 1 : 0, json: { dryRun, queues: redriven } };
  });
};

/** The reports first: a leaked key may live for want of one. */
const chosenQueues = ({ arguments: { positionals } }: Call, { register }: Declared): readonly string[] => {
  const names = expectedParts(providersOf(register), deploymentSettings())
    .flatMap(({ deadLetters }) => deadLetters)
    .toReversed();
  const [given] = positionals;
  if (given === undefined) return names;
  if (names.includes(given)) return [given];
  const near = nearest(given, names);
  throw new CommandError({
    what: `There is no dead-letter queue ${quote(given)}.`,
    why: `They are ${names.join(', ')}.`,
    next: near === null ? 'keyturn redrive --dry-run shows what lies in them.' : `Perhaps you meant ${near}.`,
  });
};

const notDeployed = (names: readonly string[]): CommandError =>
  new CommandError({
    what: 'Keyturn is not deployed here.',
    why: `There is no queue ${names.join(', ')} in this account and region.`,
    next: 'Look at AWS_PROFILE and AWS_REGION; deploy with: npx cdk deploy --all',
  });

/** Reports that could not be taken in. SQS itself puts them back, so that nobody need read them. */
const sendBackReports = async (queue: DeadLetterQueue, { call, clock, dryRun }: Redrive): Promise<Redriven> => {
  const seen = await queue.take(0);
  const found = Math.max(await queue.count(), seen.length);
  const redriven = { queue: queue.name, found, oldestAt: oldestOf(seen), sentBack: 0, removed: 0, kept: found };
  call.say(titleOf(redriven, 'report'));
  if (dryRun || found === 0) return redriven;
  await queue.startMove();
  let move = await queue.lookAtMove();
  for (let looks = 1; move.status === 'running' && looks < maximumMoveLooks; looks += 1) {
    await clock.sleep(moveLookSeconds);
    move = await queue.lookAtMove();
  }
  const { status, moved } = move;
  switch (status) {
    case 'completed':
      call.say(`  ${moved} sent back: the intake takes them in now. keyturn incidents --all shows what came of it.`);
      return { ...redriven, sentBack: moved, kept: 0 };
    case 'running':
      call.say(`  ${moved} sent back so far; SQS goes on by itself. Look again with: keyturn redrive --dry-run`);
      return { ...redriven, sentBack: moved, kept: 0 };
    case 'failed':
      call.say(
        `  ${moved} sent back, and then SQS gave up. The right to sqs:SendMessage on ${intakeQueue} may be missing.`,
      );
      return { ...redriven, sentBack: moved, kept: Math.max(found - moved, 1) };
  }
};

/** Calls of sweeps and events. A sweep does all that is to be done whenever it runs, so one good run stands for every call before it. */
const clear = async (queue: DeadLetterQueue, work: Redrive): Promise<Redriven> => {
  const { call, letters: port, dryRun } = work;
  const held = await takeAll(queue);
  const redriven = { queue: queue.name, found: held.length, oldestAt: oldestOf(held), sentBack: 0, removed: 0 };
  call.say(titleOf(redriven, 'message'));
  const events = held.filter(({ holds }) => holds.kind === 'event');
  const done = await doneCalls(held, work);
  const unknown = held.filter(({ holds }) => holds.kind === 'unknown');
  if (events.length > 0) call.say(`  ${counted(events.length, 'event')} that may report a leak: for the intake.`);
  if (unknown.length > 0) {
    call.say(`  ${counted(unknown.length, 'message')} that nothing of Keyturn has left there: kept. Look in SQS.`);
  }
  for (const letter of held) {
    const { kind } = letter.holds;
    if (dryRun || (kind !== 'event' && !done.has(letter))) {
      await queue.giveBack(letter);
      continue;
    }
    // Sent before it is removed: interrupted in between, it is sent again, and the same report is no second one.
    if (kind === 'event') await port.sendToIntake(letter);
    await queue.remove(letter);
  }
  const sentBack = dryRun ? 0 : events.length;
  const removed = dryRun ? 0 : done.size;
  if (sentBack > 0) call.say(`  ${sentBack} sent to ${intakeQueue}.`);
  if (removed > 0) call.say(`  ${counted(removed, 'call')} removed.`);
  return { ...redriven, sentBack, removed, kept: held.length - sentBack - removed };
};

const takeAll = async (queue: DeadLetterQueue): Promise<readonly Letter[]> => {
  const held: Letter[] = [];
  while (held.length < maximumLetters) {
    const some = await queue.take(holdSeconds);
    if (some.length === 0) break;
    held.push(...some);
  }
  return held;
};

/** The calls whose function has run well since the last of them failed. */
const doneCalls = async (held: readonly Letter[], { call, clock, letters }: Redrive): Promise<ReadonlySet<Letter>> => {
  const byFunction = new Map<string, Letter[]>();
  for (const letter of held) {
    if (letter.holds.kind !== 'call') continue;
    const { functionName } = letter.holds;
    byFunction.set(functionName, [...(byFunction.get(functionName) ?? []), letter]);
  }
  const done = new Set<Letter>();
  for (const [functionName, calls] of byFunction) {
    const last = calls
      .map(({ at }) => at)
      .toSorted()
      .at(-1);
    if (last === undefined) continue;
    const goodAt = await letters.lastGoodRun(functionName, last, clock.now());
    const failed = `  ${functionName}: ${counted(calls.length, 'call')} failed, the last at ${timeOf(last)};`;
    if (goodAt === null) {
      call.say(`${failed} it has not run well since: kept. See sweep-failed in RUNBOOK.md.`);
    } else {
      call.say(`${failed} it ran well at ${timeOf(goodAt)}, which did their work.`);
      for (const letter of calls) done.add(letter);
    }
  }
  return done;
};

const oldestOf = (letters: readonly Letter[]): Instant | null => letters.map(({ at }) => at).toSorted()[0] ?? null;

const titleOf = ({ queue, found, oldestAt }: Pick<Redriven, 'queue' | 'found' | 'oldestAt'>, what: string): string =>
  found === 0
    ? `${queue}: empty`
    : `${queue}: ${counted(found, what)}${oldestAt === null ? '' : `, the oldest since ${timeOf(oldestAt)}`}`;

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
