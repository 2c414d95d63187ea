// What AWS gives a function and the emulator does not, by `node --import`; what the function runs is as it was built.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

// AWS unpacks layers into /opt; the emulator, into folders that it names here.
for (const folder of (process.env._LAMBDA_LAYERS_DIRS ?? '').split(':')) {
  const register = join(folder, 'register.json');
  if (existsSync(register)) process.env.KEYTURN_REGISTER = register;
}

// The vendors are simulated: their origins lead to this machine, and nothing else leads out of it.
const origins = JSON.parse(process.env.KEYTURN_SIMULATED_ORIGINS ?? '{}');
const { fetch } = globalThis;
globalThis.fetch = (address, options) => {
  const { origin } = new URL(address);
  const simulated = origins[origin];
  if (simulated === undefined) throw new TypeError(`${origin} is not simulated here.`);
  return fetch(simulated + String(address).slice(origin.length), options);
};
