import { expect, it } from 'vitest';
import { adminKeySteps } from '../../functions/providers/admin-key-steps.ts';
import { providers } from '../../functions/providers/index.ts';

const ofNobody = adminKeySteps('nobody');

it('is one general step where the vendor is not known', () => {
  expect(ofNobody).toEqual([expect.stringMatching(/another admin key.*delete the old one/)]);
});

it.each(Object.keys(providers))('says for %s where, and then to make another before the old one goes', (id) => {
  const [where, make, remove, ...rest] = adminKeySteps(id);
  expect(where).toMatch(/open /i);
  expect(make).toMatch(/^Make another /);
  expect(remove).toMatch(/old one/);
  expect(rest).toEqual([]);
});
