import { describe, expect, it } from 'vitest';
import { Fault, faultNames, Superseded } from '../../functions/domain/fault.ts';

// The workflows catch by these names.
describe('a fault', () => {
  it.each(faultNames)('%s goes by its name, and says what it leaves behind', (name) => {
    const fault = new Fault(name, 'OpenAI refused the connection; no key was made.');
    expect(fault).toMatchObject({ name, message: 'OpenAI refused the connection; no key was made.' });
    expect(fault.cause).toBeUndefined();
  });

  it('is not what it is to be superseded', () => {
    const superseded = new Superseded('Another holds it.');
    expect(superseded).toMatchObject({ name: 'Superseded', message: 'Another holds it.' });
    expect(superseded).not.toBeInstanceOf(Fault);
  });
});
