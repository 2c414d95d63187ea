import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { localFingerprints } from '../../../functions/local/fingerprints.ts';
import { localLedger } from '../../../functions/local/ledger.ts';
import { openLocal } from '../../../functions/local/ports.ts';
import { openStore } from '../../../functions/local/store.ts';
import { localVault } from '../../../functions/local/vault.ts';
import { systemClock } from '../../../functions/shell/system-clock.ts';
import { executionsSuite } from './executions-suite.ts';
import { fingerprintsSuite } from './fingerprints-suite.ts';
import { ledgerSuite } from './ledger-suite.ts';
import { vaultSuite } from './vault-suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyturn-ports-'));
const store = openStore(folder);
const local = openLocal({ folder, credentials: [] });

afterAll(() => {
  store.close();
  local.close();
  rmSync(folder, { recursive: true });
});

vaultSuite('on one machine', () => localVault(store, systemClock));
ledgerSuite('on one machine', () => localLedger(store));
fingerprintsSuite('on one machine', () => localFingerprints(store));
executionsSuite('on one machine', () => local.ports.executions);
