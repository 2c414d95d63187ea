import { createHash, randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { Fault } from '../domain/fault.ts';
import {
  type CredentialId,
  type Fingerprint,
  type IncidentId,
  incidentId,
  type LeakHash,
} from '../domain/identifiers.ts';
import type { Incident } from '../domain/incident.ts';
import { type Obligation, outlives, withReport } from '../domain/obligation.ts';
import { emptyRecord } from '../domain/rotation.ts';
import type { JournalEntry, Ledger } from '../ports.ts';
import { readEntry, readIncident, readObligation, readPrint, readRecord, writeStored } from '../stored-text.ts';
import { clientSettings } from './client-settings.ts';
import { faultOf, isAnswer } from './fault-of.ts';

/**
 * One table, keys `pk` and `sk`. A partition takes 1,000 writes a second, so credentials are spread over several,
 * few enough to list them all by query and consistently: no index, no scan.
 *
 * | pk | sk | item |
 * |---|---|---|
 * | `credentials#<shard>` | credential | its record, fenced by `revision` |
 * | `rotation#<rotation>` | instant#number | a journal entry |
 * | `ends#<credential>` | instant#number | the entry of how a rotation ended, once more |
 * | `obligations` | provider#account#key | an obligation, fenced by `revision` |
 * | `print#<fingerprint>`, `print#<leak hash>` | `print` | which key a value is |
 * | `hint#<hint>` | provider#account#key | the same print, once more |
 * | `incident#<incident>` | `incident` | an accepted report, fenced by `revision` |
 * | `incidents` | acceptedAt#incident | that there is one, written before it is |
 */
type Key = { readonly pk: string; readonly sk: string };
type Item = { readonly revision: number; readonly writer: string; readonly text: string };

const credentialShards = 16;
/** Two writers of one obligation, or of one instant of a rotation, at once are rare; this many are a fault. */
const mostConflicts = 20;

export const awsLedger = (table: string, client: DynamoDBClient = new DynamoDBClient(clientSettings)): Ledger => {
  const get = async (key: Key): Promise<Item | null> => {
    try {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: table, Key: marshalKey(key), ConsistentRead: true }),
      );
      return Item === undefined ? null : itemOf(Item);
    } catch (error) {
      throw error instanceof Fault ? error : faultOf(error, `read ${key.pk} of the ledger`, 'read');
    }
  };

  /** Replaces the item at that revision; 0 is none. False: it is of another revision by now. */
  const put = async (key: Key, text: string, revision: number): Promise<boolean> => {
    const writer = randomUUID();
    try {
      await client.send(
        new PutItemCommand({
          TableName: table,
          Item: {
            ...marshalKey(key),
            revision: { N: String(revision + 1) },
            writer: { S: writer },
            text: { S: text },
          },
          ...(revision === 0
            ? { ConditionExpression: 'attribute_not_exists(pk)' }
            : {
                ConditionExpression: 'revision = :revision',
                ExpressionAttributeValues: { ':revision': { N: String(revision) } },
              }),
        }),
      );
      return true;
    } catch (error) {
      if (!isAnswer(error, 'ConditionalCheckFailedException'))
        throw faultOf(error, `write ${key.pk} of the ledger`, 'write');
      // A first try whose answer was lost makes the client's second one fail: who wrote tells.
      return (await get(key))?.writer === writer;
    }
  };

  const query = async (pk: string, options: Partial<QueryCommandInput> = {}): Promise<readonly string[]> => {
    const texts: string[] = [];
    try {
      const pages = paginateQuery(
        { client },
        {
          TableName: table,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: pk } },
          ...options,
        },
      );
      for await (const { Items } of pages) {
        texts.push(...(Items ?? []).map((item) => itemOf(item).text));
        if (options.Limit !== undefined && texts.length >= options.Limit) break;
      }
      return texts;
    } catch (error) {
      throw error instanceof Fault ? error : faultOf(error, `list ${pk} of the ledger`, 'read');
    }
  };

  /** Adds under the first free number of its instant. The same entry again, after a lost answer, is no second one. */
  const add = async (pk: string, entry: JournalEntry): Promise<void> => {
    const text = writeStored(entry);
    for (let number = 0; number < mostConflicts; number += 1) {
      const key = { pk, sk: `${entry.at}#${String(number).padStart(2, '0')}` };
      if (await put(key, text, 0)) return;
      if ((await get(key))?.text === text) return;
    }
    throw tooManyWriters(pk);
  };

  const getIncident: Ledger['incident'] = async (incidentId) => {
    const item = await get(incidentKey(incidentId));
    return item && { incident: readIncident(item.text), revision: item.revision };
  };

  return {
    async read(credentialId) {
      const item = await get(credentialKey(credentialId));
      return item === null
        ? { record: emptyRecord(credentialId), revision: 0 }
        : { record: readRecord(item.text), revision: item.revision };
    },

    replace: (record, revision) => put(credentialKey(record.credentialId), writeStored(record), revision),

    async all() {
      const shards = Array.from({ length: credentialShards }, (_, shard) => query(credentialPartition(shard)));
      const records = (await Promise.all(shards)).flat().map(readRecord);
      return records.sort((one, other) => (one.credentialId < other.credentialId ? -1 : 1));
    },

    async append(entry) {
      if (entry.step === 'end') await add(`ends#${entry.credentialId}`, entry);
      await add(`rotation#${entry.rotationId}`, entry);
    },

    entries: async (rotationId) => (await query(`rotation#${rotationId}`)).map(readEntry),

    ends: async (credentialId, limit) =>
      (await query(`ends#${credentialId}`, { ScanIndexForward: false, Limit: limit })).slice(0, limit).map(readEntry),

    async putObligation(report) {
      const key = obligationKey(report);
      for (let tries = 0; tries < mostConflicts; tries += 1) {
        const item = await get(key);
        const known = item && readObligation(item.text);
        // First: lost in between, it is there twice for a moment, and never not at all.
        if (known !== null && outlives(known, report)) {
          await put({ ...key, sk: `${key.sk}#${known.acceptedAt}` }, writeStored(known), 0);
        }
        if (await put(key, writeStored(withReport(known, report)), item?.revision ?? 0)) return;
      }
      throw tooManyWriters(key.pk);
    },

    async obligations(filter) {
      const obligations = (await query('obligations')).map(readObligation);
      return filter === 'all' ? obligations : obligations.filter(({ refusedAt }) => refusedAt === null);
    },

    async putPrint(print) {
      const { fingerprint, leakHash, hint } = print;
      const text = writeStored(print);
      await put(printKey(fingerprint), text, 0);
      await put(printKey(leakHash), text, 0);
      if (hint !== null) await put({ pk: hintPartition(hint), sk: nameOf(print) }, text, 0);
    },

    async findPrints(question) {
      if ('hint' in question) return (await query(hintPartition(question.hint))).map(readPrint);
      const item = await get(printKey('fingerprint' in question ? question.fingerprint : question.leakHash));
      return item === null ? [] : [readPrint(item.text)];
    },

    incident: getIncident,

    async replaceIncident(incident, revision) {
      const { incidentId } = incident;
      // First, so that an incident is never missing from the list; what is listed and not there is passed over.
      if (revision === 0) await put({ pk: 'incidents', sk: orderOf(incident) }, incidentId, 0);
      return put(incidentKey(incidentId), writeStored(incident), revision);
    },

    async incidents(since) {
      const listed = await query('incidents', {
        KeyConditionExpression: 'pk = :pk AND sk >= :since',
        ExpressionAttributeValues: { ':pk': { S: 'incidents' }, ':since': { S: since ?? '0' } },
      });
      const found = await Promise.all([...new Set(listed)].map((id) => getIncident(incidentId(id))));
      return found
        .flatMap((one) => (one === null ? [] : [one.incident]))
        .filter(({ acceptedAt }) => since === null || acceptedAt >= since)
        .sort((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));
    },
  };
};

const credentialPartition = (shard: number): string => `credentials#${shard}`;

const credentialKey = (credentialId: CredentialId): Key => {
  const shard = createHash('sha256').update(credentialId).digest().readUInt8(0) % credentialShards;
  return { pk: credentialPartition(shard), sk: credentialId };
};

const nameOf = ({ target, keyId }: Pick<Obligation, 'target' | 'keyId'>): string =>
  `${target.provider}#${target.account}#${keyId}`;

const obligationKey = (obligation: Obligation): Key => ({ pk: 'obligations', sk: nameOf(obligation) });

const printKey = (hash: Fingerprint | LeakHash): Key => ({ pk: `print#${hash}`, sk: 'print' });
const hintPartition = (hint: string): string => `hint#${hint}`;

const incidentKey = (incidentId: IncidentId): Key => ({ pk: `incident#${incidentId}`, sk: 'incident' });
/** The order in which they are listed. */
const orderOf = ({ acceptedAt, incidentId }: Incident): string => `${acceptedAt}#${incidentId}`;

const marshalKey = ({ pk, sk }: Key): Record<string, AttributeValue> => ({ pk: { S: pk }, sk: { S: sk } });

const itemForm = z.object({
  revision: z.object({ N: z.string() }),
  writer: z.object({ S: z.string() }),
  text: z.object({ S: z.string() }),
});

const itemOf = (attributes: Record<string, AttributeValue>): Item => {
  const parsed = itemForm.safeParse(attributes);
  if (!parsed.success) throw new Fault('NeedsPerson', 'An item of the ledger has not the form that Keyturn writes.');
  const { revision, writer, text } = parsed.data;
  return { revision: Number(revision.N), writer: writer.S, text: text.S };
};

const tooManyWriters = (what: string): Fault =>
  new Fault('NothingChanged', `Too many wrote ${what} of the ledger at once; nothing was changed.`);
