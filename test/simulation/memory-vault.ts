import { Fault } from '../../functions/domain/fault.ts';
import { type SecretName, type VersionId, versionId } from '../../functions/domain/identifiers.ts';
import { current, previous } from '../../functions/domain/labels.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import type { KeyPayload, SecretVersion, Vault } from '../../functions/ports.ts';
import { readPayload, writePayload } from '../../functions/stored-text.ts';

interface Secret {
  readonly labels: Map<string, VersionId>;
  /** A payload of ours, or the text that a person wrote. */
  readonly versions: Map<VersionId, KeyPayload | SecretValue>;
}

export interface MemoryVault {
  readonly port: Vault;
  /** What a judge may see, without a call. */
  readonly holder: (secret: SecretName, label: string) => VersionId | null;
  readonly labels: (secret: SecretName) => ReadonlyMap<string, VersionId>;
  readonly payload: (secret: SecretName, version: VersionId) => KeyPayload | null;
  /** What a person does in the console: a deleted secret can be restored for some days. */
  readonly remove: (secret: SecretName) => void;
  readonly restore: (secret: SecretName) => void;
}

/** A vault in memory, with the labels of AWS Secrets Manager and their rules: it passes the conformance suite. */
export const memoryVault = (): MemoryVault => {
  const secrets = new Map<SecretName, Secret>();
  const deleted = new Set<SecretName>();
  let adminVersions = 0;

  const find = (name: SecretName): Secret | undefined => {
    if (!deleted.has(name)) return secrets.get(name);
    throw new Fault('NeedsPerson', `The secret ${name} is scheduled for deletion. Nothing was changed.`);
  };
  const secretOf = (name: SecretName): Secret => {
    const secret = find(name);
    if (secret !== undefined) return secret;
    throw new Fault('NeedsPerson', `The vault has no secret ${name}. Nothing was changed.`);
  };
  const make = (name: SecretName): Secret => {
    const made = find(name) ?? { labels: new Map(), versions: new Map() };
    secrets.set(name, made);
    return made;
  };
  const attach = ({ labels }: Secret, label: string, version: VersionId): void => {
    const left = labels.get(label);
    labels.set(label, version);
    if (label === current && left !== undefined && left !== version) labels.set(previous, left);
  };
  const payload = (name: SecretName, version: VersionId): KeyPayload | null => {
    const stored = secrets.get(name)?.versions.get(version);
    if (stored === undefined) return null;
    return stored instanceof SecretValue ? readPayload(stored) : stored;
  };
  const textOf = (stored: KeyPayload | SecretValue): SecretValue =>
    stored instanceof SecretValue ? stored : writePayload(stored);

  const port: Vault = {
    describe: async (name) => {
      const secret = find(name);
      if (secret === undefined) return null;
      const versions = new Map<VersionId, string[]>();
      for (const [label, version] of [...secret.labels].sort(byLabel)) {
        const carried = versions.get(version);
        if (carried === undefined) versions.set(version, [label]);
        else carried.push(label);
      }
      return [...versions].map(([version, labels]): SecretVersion => ({ versionId: version, labels }));
    },
    read: async (name, version, label) => (find(name)?.labels.get(label) === version ? payload(name, version) : null),
    create: async (name) => {
      make(name);
    },
    store: async (name, version, label, given) => {
      const secret = secretOf(name);
      const stored = secret.versions.get(version);
      if (stored !== undefined) return textOf(stored).equals(writePayload(given)) ? 'stored' : 'another-is-stored';
      secret.versions.set(version, given);
      attach(secret, label, version);
      if (!secret.labels.has(current)) attach(secret, current, version);
      return 'stored';
    },
    moveLabel: async (name, label, { from, to }) => {
      const secret = secretOf(name);
      const on = secret.labels.get(label) ?? null;
      if (on === to) return 'moved';
      if (on !== from) return 'held-by-another';
      if (to === null) {
        if (label === current) throw new Fault('NeedsPerson', 'AWSCURRENT can only be moved. Nothing was changed.');
        secret.labels.delete(label);
      } else if (secret.versions.has(to)) attach(secret, label, to);
      else throw new Fault('NeedsPerson', `${name} has no version ${to}. Nothing was changed.`);
      return 'moved';
    },
    readAdmin: async (name) => {
      const version = secrets.get(name)?.labels.get(current);
      const stored = version && secrets.get(name)?.versions.get(version);
      return stored === undefined ? null : textOf(stored);
    },
    writeAdmin: async (name, value) => {
      const secret = make(name);
      adminVersions += 1;
      const version = versionId(`admin-${adminVersions}`);
      secret.versions.set(version, value);
      attach(secret, current, version);
    },
  };

  return {
    port,
    holder: (name, label) => (deleted.has(name) ? null : (secrets.get(name)?.labels.get(label) ?? null)),
    labels: (name) => secrets.get(name)?.labels ?? new Map<string, VersionId>(),
    payload,
    remove: (name) => {
      deleted.add(name);
    },
    restore: (name) => {
      deleted.delete(name);
    },
  };
};

const byLabel = ([one]: readonly [string, VersionId], [other]: readonly [string, VersionId]): number =>
  one < other ? -1 : 1;
