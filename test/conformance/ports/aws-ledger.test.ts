import type { Server } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { afterAll, beforeAll } from 'vitest';
import { awsLedger } from '../../../functions/aws/ledger.ts';
import { clientOf } from './aws-client.ts';
import { createLedgerTable } from './create-ledger-table.ts';
import { ledgerSuite } from './ledger-suite.ts';

let server: Server;
let client: DynamoDBClient;

beforeAll(async () => {
  server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('dynalite has no port.');
  client = new DynamoDBClient(clientOf(`http://127.0.0.1:${address.port}`));
  await createLedgerTable(client, 'ledger');
});

afterAll(() => {
  client.destroy();
  server.close();
});

ledgerSuite('on DynamoDB, as dynalite has it', () => awsLedger('ledger', client));
