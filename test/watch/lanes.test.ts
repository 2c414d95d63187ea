import { expect, it } from 'vitest';
import { Fault } from '../../functions/domain/fault.ts';
import type { Ports } from '../../functions/ports.ts';
import { lanes } from '../../functions/watch/pass.ts';
import { reconcile } from '../../functions/watch/reconcile.ts';
import { compromiseWorld } from '../triggers/compromise-world.ts';
import { options } from './reconciled.ts';

it('asks about a few keys at once, and one that fails holds up none of the others', async () => {
  const world = compromiseWorld(3 * lanes);
  let underWay = 0;
  let most = 0;
  let asked = 0;
  const validate = async () => {
    asked += 1;
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    if (asked === 1) throw new Fault('NothingChanged', 'No answer.');
    return { kind: 'accepted', findings: [] };
  };
  const connect = (async () => ({ validate })) as unknown as Ports['connect'];
  await reconcile({ ...world.ports, connect }, options);
  expect(asked).toBe(3 * lanes);
  expect(most).toBe(lanes);
});
