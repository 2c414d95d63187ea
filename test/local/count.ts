// Adds to one number of the ledger, as often as four of these can only do when none overwrites another.
import { credentialId } from '../../functions/domain/identifiers.ts';
import { localLedger } from '../../functions/local/ledger.ts';
import { openStore } from '../../functions/local/store.ts';

const [, , folder = ''] = process.argv;
const store = openStore(folder);
const ledger = localLedger(store);
for (let done = 0; done < 20; ) {
  const { record, revision } = await ledger.read(credentialId('chat'));
  if (await ledger.replace({ ...record, epoch: record.epoch + 1 }, revision)) done += 1;
}
store.close();
