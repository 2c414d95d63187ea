import { afterEach, describe, expect, it } from 'vitest';
import { containWaiting } from '../../functions/cli/contain-waiting.ts';
import { Fault } from '../../functions/domain/fault.ts';
import { keyId } from '../../functions/domain/identifiers.ts';
import type { Ports } from '../../functions/ports.ts';
import { at, type IncidentWorld, incidentWorld, sampleIncident, sampleObligation } from '../support/incident-world.ts';

const options = { maximumStarts: 2, letCallsLandSeconds: 120 };

let world: IncidentWorld;
afterEach(() => world.close());

const waiting = (key: string) => sampleObligation(key, { rotationId: null });

/** A provider that answers when it is told to, and knows how many containments are under way. */
const provider = () => {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  let underWay = 0;
  let most = 0;
  const containKey = async (key: string): Promise<void> => {
    asked.push(key);
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise<void>((resolve) => answers.push(resolve));
    underWay -= 1;
    if (key === 'key_bad') throw new Fault('OutcomeUnknown', 'No complete answer.');
  };
  const connection = { containKey, facts: { maximumLiveKeys: 1, revocationTakesSeconds: 0, sources: ['here'] } };
  return { asked, answers, most: () => most, connect: (async () => connection) as unknown as Ports['connect'] };
};

/** Answers one request after another until the work is done. */
const answerAll = async (answers: (() => void)[], done: Promise<unknown>): Promise<void> => {
  const over = new AbortController();
  void done.finally(() => over.abort());
  while (!over.signal.aborted) {
    answers.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
};

describe('containWaiting', () => {
  it('stops what no run has taken up, so many at once as the provider allows', async () => {
    world = incidentWorld();
    await world.write(
      sampleIncident(),
      ...['key_1', 'key_2', 'key_3', 'key_4', 'key_5'].map(waiting),
      sampleObligation('key_of_a_run'),
      sampleObligation('key_admin', { rotationId: null, credentialId: null }),
      sampleObligation('key_stopped', { rotationId: null, containedAt: at(1) }),
      sampleObligation('key_refused', { rotationId: null, refusedAt: at(2) }),
    );
    const { asked, answers, most, connect } = provider();
    const done = containWaiting(sampleIncident(), new Map(), { ...world.ports, connect }, options);
    await answerAll(answers, done);
    expect(await done).toBe(5);
    expect(asked.toSorted()).toEqual(['key_1', 'key_2', 'key_3', 'key_4', 'key_5']);
    expect(most()).toBe(2);
    const contained = (await world.ports.ledger.obligations('all')).filter(({ containedAt }) => containedAt !== null);
    expect(contained.map(({ keyId: key }) => key).toSorted()).toEqual([...asked, 'key_stopped'].toSorted());
  });

  it('one that fails is left to its run, and keeps no other from being stopped', async () => {
    world = incidentWorld();
    await world.write(sampleIncident(), waiting('key_bad'), waiting('key_1'), waiting('key_2'));
    const { asked, answers, connect } = provider();
    const done = containWaiting(sampleIncident(), new Map(), { ...world.ports, connect }, options);
    await answerAll(answers, done);
    expect(await done).toBe(2);
    expect(asked).toHaveLength(3);
    const open = await world.ports.ledger.obligations('open');
    expect(open.find(({ keyId: key }) => key === keyId('key_bad'))).toMatchObject({
      containedAt: null,
      rotationId: null,
    });
  });

  it('touches nothing that is to be replaced first', async () => {
    world = incidentWorld();
    const incident = sampleIncident({ containFirst: false });
    await world.write(incident, waiting('key_1'));
    const { asked, connect } = provider();
    expect(await containWaiting(incident, new Map(), { ...world.ports, connect }, options)).toBe(0);
    expect(asked).toEqual([]);
  });
});
