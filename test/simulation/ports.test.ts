import { ledgerSuite } from '../conformance/ports/ledger-suite.ts';
import { vaultSuite } from '../conformance/ports/vault-suite.ts';
import { memoryLedger } from './memory-ledger.ts';
import { memoryVault } from './memory-vault.ts';

vaultSuite('in memory', () => memoryVault().port);
ledgerSuite('in memory', () => memoryLedger().port);
