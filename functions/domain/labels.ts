import type { KeyId, RotationId, VersionId } from './identifiers.ts';

/** AWS Secrets Manager's own staging labels. */
export const current = 'AWSCURRENT';
export const pending = 'AWSPENDING';
export const previous = 'AWSPREVIOUS';

/** Holds the new version from the moment it is stored, before it has a role. */
export const newLabel = (rotation: RotationId): string => `${newPrefix}${rotation}`;
export const isNewLabel = (label: string): boolean => label.startsWith(newPrefix);
const newPrefix = 'keyturn-new-';
/** Pins the old version, so that it cannot vanish before its key was seen refused. */
export const oldLabel = (rotation: RotationId): string => `keyturn-old-${rotation}`;
/** Keeps a leaked or expiring admin key, so that it can be seen refused when another one serves. */
export const leakedAdminLabel = (key: KeyId): string => `keyturn-leaked-${key}`;
export const isOurs = (label: string): boolean => label.startsWith('keyturn-');

type Version = { readonly versionId: VersionId; readonly labels: readonly string[] };

/** The version that carries the label; null when none does. */
export const holderOf = (versions: readonly Version[], label: string): VersionId | null =>
  versions.find((version) => version.labels.includes(label))?.versionId ?? null;

/** A label to read a version by: one of ours, which nobody moves, before any other. Null when it carries none. */
export const labelOf = (versions: readonly Version[], versionId: VersionId): string | null => {
  const labels = versions.find((version) => version.versionId === versionId)?.labels ?? [];
  return labels.find(isOurs) ?? labels[0] ?? null;
};
