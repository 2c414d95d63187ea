import type { KeyId } from '../domain/identifiers.ts';
import type { Connection } from '../providers/provider.ts';

/** How a complete listing shows a key; null when the vendor has no listing. For a key whose value is gone. */
export const listedAs = async (
  keyId: KeyId | undefined,
  connection: Connection,
): Promise<'absent' | 'inactive' | 'active' | null> => {
  if (connection.listKeys === undefined) {
    const slots = await connection.listSlots?.();
    if (slots === undefined) return null;
    return slots.some((slot) => slot.keyId === keyId) ? 'active' : 'absent';
  }
  const key = (await connection.listKeys()).find((listed) => listed.keyId === keyId);
  if (key === undefined) return 'absent';
  return key.active ? 'active' : 'inactive';
};
