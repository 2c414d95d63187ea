// From a report to the first refusal, with every call taking its time; what it prints is measured, but for the estimate.
import { setTimeout as pause } from 'node:timers/promises';
import { containWaiting } from '../../functions/cli/contain-waiting.ts';
import { waitAtMost } from '../../functions/cli/pass-time.ts';
import type { Credential } from '../../functions/domain/credential.ts';
import { milliseconds } from '../../functions/domain/identifiers.ts';
import type { CompromiseReport, Leak } from '../../functions/domain/incident.ts';
import type { Ports } from '../../functions/ports.ts';
import { approveIncident } from '../../functions/triggers/approve-incident.ts';
import { acceptReport, takeReport, usualOptions } from '../../functions/triggers/compromise.ts';
import { startObligations } from '../../functions/triggers/start-obligations.ts';
import { type LatencyWorld, type Lost, latency, latencyWorld, losable } from './latency-world.ts';
import { median, report } from './report.ts';

const { providerCall, awsCall, stepStart } = latency;
const options = { ...usualOptions, automaticPerHour: Infinity, letCallsLandSeconds: 120 };

let reports = 0;
const reportOf = (leak: Leak, source: CompromiseReport['source'], { clock }: Ports): CompromiseReport => {
  reports += 1;
  const name = `report ${reports}`;
  return { source, dedupeKey: name, reference: name, reason: 'the bench', reportedAt: clock.now(), leak };
};

/** One leaked key, by its fingerprint: all times in milliseconds. */
const leak = async (world: LatencyWorld, credential: Credential, lost: Lost | null = null) => {
  const { keyId, print } = world.keyOf(credential);
  const reportedAt = Date.now();
  world.loseInSteps(lost);
  const accepted = acceptReport(
    reportOf({ kind: 'fingerprint', fingerprint: print.fingerprint }, 'github', world.ports),
    world.ports,
    options,
  );
  const isContainment = ({ request: { method, url } }: LatencyWorld['providerCalls'][number]): boolean =>
    method === 'DELETE' && url.endsWith(keyId);
  await world.until(() => world.providerCalls.some(isContainment));
  const startedAt = world.startedAt.at(-1) ?? NaN;
  const before = world.providerCalls.filter(({ beganAt }) => beganAt >= startedAt);
  const contained = before.find(isContainment);
  await accepted;
  return {
    startAfter: startedAt - reportedAt,
    containedAfter: (contained?.endedAt ?? NaN) - startedAt,
    callsBefore: before.findIndex(isContainment),
    /** As the product saw it, and wrote down. */
    refusedAfter: async (): Promise<number> => {
      const seen = () => world.obligations().find((one) => one.keyId === keyId)?.firstRefusedAt ?? null;
      await world.until(() => seen() !== null);
      const at = seen();
      return (at === null ? NaN : milliseconds(at)) - startedAt;
    },
  };
};

const samples = 21;
const registerOf = (size: number): string => `register of ${size.toLocaleString('en')}`;
const settleMilliseconds = 150;

const firstRefusal = async (): Promise<number> => {
  const floor = stepStart + awsCall + providerCall + providerCall;
  const sizes = [10, 10_000] as const;
  const figures: Record<(typeof sizes)[number], { startAfter: number[]; refusedAfter: number[] }> = {
    10: { startAfter: [], refusedAfter: [] },
    10000: { startAfter: [], refusedAfter: [] },
  };
  const big = await latencyWorld(10_000);
  let small = await latencyWorld(10);
  // In turn, so that a machine that changes its speed changes both; the first of each is for the compiler.
  for (let sample = 0; sample <= samples; sample += 1) {
    if (sample % 10 === 9) {
      small.stop();
      small = await latencyWorld(10);
    }
    for (const [size, world] of [[10, small] as const, [10_000, big] as const]) {
      const credential = world.credentials[size === 10 ? sample % 10 : sample * 400];
      if (credential === undefined) throw new TypeError('There are fewer credentials than samples.');
      const { startAfter, refusedAfter, callsBefore } = await leak(world, credential);
      // Later samples have the other runs of their world beside them.
      if (sample === 0 && callsBefore !== 0)
        throw new Error(`The provider was asked ${callsBefore} times before the containment.`);
      const after = await refusedAfter();
      // The rest of this run, its replacement, would take its processor time from the next sample.
      world.loseInSteps({ ports: losable, how: 'hangs' });
      await pause(settleMilliseconds);
      if (sample === 0) continue;
      figures[size].startAfter.push(startAfter);
      figures[size].refusedAfter.push(after);
    }
  }
  small.stop();
  big.stop();
  report({ what: 'floor: step start, admin secret, containment, one refusal', value: floor, unit: 'ms' });
  for (const size of sizes) {
    const what = `executions.start to first refusal, ${registerOf(size)}, median of ${samples}`;
    report({ what, value: median(figures[size].refusedAfter), unit: 'ms', atMost: 1.3 * floor });
  }
  for (const size of sizes) {
    const what = `report to executions.start, ${registerOf(size)}, median of ${samples}`;
    const limit = size === 10 ? {} : { atMost: 1.1 * median(figures[10].startAfter) };
    report({ what, value: median(figures[size].startAfter), unit: 'ms', ...limit });
  }
  return median(figures[10].refusedAfter);
};

/** A place that is free while others wait is time in which a leaked key lives for nothing. */
const shareBusy = (
  spans: readonly { readonly from: number; readonly to: number }[],
  from: number,
  to: number,
): number =>
  spans.reduce((sum, span) => sum + Math.max(0, Math.min(span.to, to) - Math.max(span.from, from)), 0) /
  ((to - from) * options.maximumStarts);

const many = async (count: number): Promise<void> => {
  const world = await latencyWorld(count);
  const { ports } = world;
  const choice = { containFirst: true, decidedBy: 'the bench' };
  const { accepted } = await takeReport(
    reportOf({ kind: 'provider', provider: 'openai' }, 'security-lead', ports),
    ports,
    options,
    choice,
  );
  const approved = await approveIncident(accepted.incidentId, choice, ports);
  if (approved?.obligations.length !== count) throw new Error('Not every key has an obligation.');
  const credentials = new Map<string, Credential>(world.credentials.map((credential) => [credential.id, credential]));

  const spans: { from: number; to: number }[] = [];
  const counted: Ports = {
    ...ports,
    // One containment: from its first call to its last, which is the journal's.
    connect: (...question) => {
      spans.push({ from: Date.now(), to: NaN });
      return ports.connect(...question);
    },
    ledger: {
      ...ports.ledger,
      append: async (entry) => {
        await ports.ledger.append(entry);
        const oldest = spans.find(({ to }) => Number.isNaN(to));
        if (oldest !== undefined) oldest.to = Date.now();
      },
    },
  };
  const stopped = await containWaiting(approved.incident, credentials, counted, options);
  if (stopped !== count) throw new Error(`Only ${stopped} of ${count} keys were stopped.`);
  const from = Math.min(...spans.map((span) => span.from));
  const to = Math.max(...spans.map((span) => span.to));
  const at = `${count.toLocaleString('en')} obligations, ${options.maximumStarts} at once`;
  report({ what: `${at}: from the first containment to the last`, value: (to - from) / 1000, unit: 's' });
  const busy = shareBusy(spans, from, to) * 100;
  report({ what: `${at}: time in which that many were under way`, value: busy, unit: '%', atLeast: 95 });

  // Their replacements, which nobody's safety waits for: as \`keyturn approve\` paces them, for some turns.
  const began = Date.now();
  const firstStart = world.startedAt.length;
  while (Date.now() < began + replacementsSeconds * 1000) {
    await startObligations(approved.incident, credentials, ports, options);
    await waitAtMost({ clock: ports.clock }, () => Promise.resolve(), null);
  }
  const ends = world
    .obligations()
    .flatMap(({ refusedAt }) => (refusedAt === null ? [] : [milliseconds(refusedAt)]))
    .sort((left, right) => left - right);
  // Runs of one kind end in the order of their starts.
  const runs = world.startedAt.slice(firstStart).map((at, index) => ({ from: at, to: ends[index] ?? Infinity }));
  report({
    what: `their replacements, ${options.maximumStarts} runs at once: places in use over ${replacementsSeconds} s`,
    value: shareBusy(runs, runs[0]?.from ?? NaN, began + replacementsSeconds * 1000) * 100,
    unit: '%',
  });
  world.stop();
};
const replacementsSeconds = 20;

const losses = async (): Promise<void> => {
  const whole = await latencyWorld(10);
  const undisturbed: number[] = [];
  const lossesOf: readonly Lost[] = (['hangs', 'fails'] as const).flatMap((how): readonly Lost[] => [
    ...losable.map((port): Lost => ({ ports: [port], how })),
    { ports: losable, how },
  ]);
  const figures = new Map<Lost, readonly number[]>();
  for (const [index, lost] of lossesOf.entries()) {
    const world = await latencyWorld(lossSamples);
    const found: number[] = [];
    for (const credential of world.credentials) found.push((await leak(world, credential, lost)).containedAfter);
    figures.set(lost, found);
    world.stop();
    const credential = whole.credentials[index % 10];
    if (index < 10 && credential !== undefined) undisturbed.push((await leak(whole, credential)).containedAfter);
  }
  whole.stop();
  const usual = median(undisturbed);
  report({ what: 'executions.start to containment, nothing lost, median of 10', value: usual, unit: 'ms' });
  for (const [{ ports, how }, found] of figures) {
    const gone = ports.length === 1 ? `the port ${ports[0] ?? ''} ${how}` : `all of these ports ${how.slice(0, -1)}`;
    const what = `  the same, ${gone}, median of ${lossSamples}`;
    report({ what, value: median(found), unit: 'ms', atMost: 1.1 * usual });
  }
};
const lossSamples = 5;

/** 512 MB of 1,769 MB to one CPU: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html, 2026-11. */
const cpuShare = 512 / 1_769;
const assumed = { sandboxMilliseconds: 200, firstConnections: 2, connectionMilliseconds: 60 };

const estimate = (warm: number, importMilliseconds: number): void => {
  const { sandboxMilliseconds, firstConnections, connectionMilliseconds } = assumed;
  const loading = importMilliseconds / cpuShare;
  const cold = warm + sandboxMilliseconds + loading + firstConnections * connectionMilliseconds;
  report({
    what: 'ESTIMATE, not measured: the first refusal on AWS, cold start',
    value: cold / 1000,
    unit: 's',
    note:
      `assumed: ${warm.toFixed(0)} ms as above; ${sandboxMilliseconds} ms for the sandbox; the step's bundle loads in ` +
      `${importMilliseconds.toFixed(0)} ms here and in ${loading.toFixed(0)} ms on 512 MB (0.29 CPU); ${firstConnections} ` +
      `first TLS connections of ${connectionMilliseconds} ms. No VPC.`,
  });
};

const warm = await firstRefusal();
await many(1_000);
await losses();
const importMilliseconds = Number(process.argv[2]);
if (importMilliseconds > 0) estimate(warm, importMilliseconds);
// What hangs was made to hang, and would keep the process for as long as a step may take.
await pause(0);
process.exit(0);
