import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { Fault } from '../domain/fault.ts';
import { type SecretName, type VersionId, versionId } from '../domain/identifiers.ts';
import { current, previous } from '../domain/labels.ts';
import type { SecretValue } from '../domain/secret-value.ts';
import type { Clock, SecretVersion, Vault } from '../ports.ts';
import { readPayload, writePayload } from '../stored-text.ts';
import type { Sql, Store } from './store.ts';

const daySeconds = 24 * 3600;

const labelRow = z.object({ version: z.string(), label: z.string() });
const sealedRow = z.object({ sealed: z.string() });
const versionRow = z.object({ version: z.string() });
const anyRow = z.object({});

/** The vault of one machine: values sealed in the store, labels by the rules of AWS Secrets Manager. */
export const localVault = (store: Store, clock: Clock): Vault => ({
  describe: (secret) => store.read((sql) => (exists(sql, secret) ? versionsOf(sql, secret) : null)),

  read: (secret, version, label) =>
    store.read((sql) => {
      if (holder(sql, secret, label) !== version) return null;
      const value = readValue(store, sql, secret, version);
      return value && readPayload(value);
    }),

  create: (secret, tags) =>
    store.write((sql) => {
      sql.run('INSERT OR IGNORE INTO secrets (name, tags) VALUES (?, ?)', secret, JSON.stringify(tags));
    }),

  store: (secret, version, label, payload) =>
    store.write((sql) => {
      if (!exists(sql, secret)) throw noSuchSecret(secret);
      const value = writePayload(payload);
      const stored = readValue(store, sql, secret, version);
      if (stored !== null) return stored.equals(value) ? 'stored' : 'another-is-stored';
      insert(store, sql, clock, secret, version, value);
      attach(sql, secret, label, version);
      if (holder(sql, secret, current) === null) attach(sql, secret, current, version);
      return 'stored';
    }),

  moveLabel: (secret, label, { from, to }) =>
    store.write((sql) => {
      if (!exists(sql, secret)) throw noSuchSecret(secret);
      const on = holder(sql, secret, label);
      if (on === to) return 'moved';
      if (on !== from) return 'held-by-another';
      if (to === null) detach(sql, secret, label);
      else if (readSealed(sql, secret, to) === null) throw noSuchVersion(secret, to);
      else attach(sql, secret, label, to);
      return 'moved';
    }),

  readAdmin: (secret, label = current) =>
    store.read((sql) => {
      const version = holder(sql, secret, label);
      return version === null ? null : readValue(store, sql, secret, version);
    }),

  writeAdmin: (secret, value) =>
    store.write((sql) => {
      sql.run('INSERT OR IGNORE INTO secrets (name, tags) VALUES (?, ?)', secret, '{}');
      const version = versionId(randomUUID());
      insert(store, sql, clock, secret, version, value);
      attach(sql, secret, current, version);
    }),
});

const exists = (sql: Sql, secret: SecretName): boolean =>
  sql.first(anyRow, 'SELECT name FROM secrets WHERE name = ?', secret) !== null;

const versionsOf = (sql: Sql, secret: SecretName): readonly SecretVersion[] => {
  const labels = new Map<string, string[]>();
  const statement = 'SELECT version, label FROM labels WHERE secret = ? ORDER BY version, label';
  for (const { version, label } of sql.all(labelRow, statement, secret)) {
    labels.set(version, [...(labels.get(version) ?? []), label]);
  }
  return [...labels].map(([version, carried]) => ({ versionId: versionId(version), labels: carried }));
};

const holder = (sql: Sql, secret: SecretName, label: string): VersionId | null => {
  const row = sql.first(versionRow, 'SELECT version FROM labels WHERE secret = ? AND label = ?', secret, label);
  return row && versionId(row.version);
};

/** Secrets Manager moves AWSPREVIOUS along: UpdateSecretVersionStage in its API reference, 2026-11. */
const attach = (sql: Sql, secret: SecretName, label: string, version: VersionId): void => {
  const left = holder(sql, secret, label);
  sql.run('INSERT OR REPLACE INTO labels (secret, label, version) VALUES (?, ?, ?)', secret, label, version);
  if (label === current && left !== null && left !== version) attach(sql, secret, previous, left);
};

const detach = (sql: Sql, secret: SecretName, label: string): void => {
  if (label === current) {
    throw new Fault('NeedsPerson', `AWSCURRENT of ${secret} can only be moved, not taken away. Nothing was changed.`);
  }
  sql.run('DELETE FROM labels WHERE secret = ? AND label = ?', secret, label);
};

const placeOf = (secret: SecretName, version: VersionId): string => `${secret}\n${version}`;

const readSealed = (sql: Sql, secret: SecretName, version: VersionId): string | null =>
  sql.first(sealedRow, 'SELECT sealed FROM versions WHERE secret = ? AND id = ?', secret, version)?.sealed ?? null;

const readValue = (store: Store, sql: Sql, secret: SecretName, version: VersionId): SecretValue | null => {
  const sealed = readSealed(sql, secret, version);
  return sealed === null ? null : store.unseal(placeOf(secret, version), sealed);
};

const insert = (
  store: Store,
  sql: Sql,
  clock: Clock,
  secret: SecretName,
  version: VersionId,
  value: SecretValue,
): void => {
  const now = clock.now();
  forgetUnlabelled(sql, secret, new Date(Date.parse(now) - daySeconds * 1000).toISOString());
  sql.run(
    'INSERT INTO versions (secret, id, sealed, stored_at) VALUES (?, ?, ?, ?)',
    secret,
    version,
    store.seal(placeOf(secret, version), value),
    now,
  );
};

/** Secrets Manager keeps a version without a label for at least a day; so a token stays good that long. */
const forgetUnlabelled = (sql: Sql, secret: SecretName, before: string): void => {
  sql.run(
    `DELETE FROM versions WHERE secret = ? AND stored_at < ?
      AND id NOT IN (SELECT version FROM labels WHERE labels.secret = versions.secret)`,
    secret,
    before,
  );
};

const noSuchSecret = (secret: SecretName): Fault =>
  new Fault('NeedsPerson', `The vault has no secret ${secret}. Nothing was changed. Create it, or correct its name.`);

const noSuchVersion = (secret: SecretName, version: VersionId): Fault =>
  new Fault('NeedsPerson', `${secret} has no version ${version}; the label stays where it was. Nothing was changed.`);
