// Writes in a loop and says on stdout what it was told is kept, until somebody kills it.
import { writeSync } from 'node:fs';
import { credentialId, keyId, rotationId, secretName, versionId } from '../../functions/domain/identifiers.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { localLedger } from '../../functions/local/ledger.ts';
import { openStore } from '../../functions/local/store.ts';
import { localVault } from '../../functions/local/vault.ts';
import { systemClock } from '../../functions/shell/system-clock.ts';

const [, , folder = ''] = process.argv;
const store = openStore(folder);
const ledger = localLedger(store);
const vault = localVault(store, systemClock);
const credential = credentialId('chat');
const rotation = rotationId('r-1');
const secret = secretName('keyturn/openai/chat');

await vault.create(secret, {});
for (let turn = (await ledger.read(credential)).record.epoch + 1; ; turn += 1) {
  const { record, revision } = await ledger.read(credential);
  await ledger.replace({ ...record, epoch: turn }, revision);
  const version = versionId(`v-${turn}`);
  const apiKey = new SecretValue(`value-${turn}`);
  await vault.store(secret, version, 'AWSPENDING', { apiKey, keyId: keyId(`k-${turn}`), rotationId: rotation });
  const [current] = ((await vault.describe(secret)) ?? []).filter(({ labels }) => labels.includes('AWSCURRENT'));
  await vault.moveLabel(secret, 'AWSCURRENT', { from: current?.versionId ?? null, to: version });
  await ledger.append({
    rotationId: rotation,
    credentialId: credential,
    at: systemClock.now(),
    step: 'begin',
    event: String(turn),
    detail: '',
  });
  writeSync(1, `${turn}\n`);
}
