import * as z from 'zod/mini';
import type { Journal } from '../../../workflows/engine/journal.ts';
import type { Strategy } from '../../domain/credential.ts';
import type { RotationRequest } from '../../domain/rotation.ts';

/** One rotation, as `--json` shows it. Times are ISO 8601, or null for what did not happen. */
export type Row = {
  readonly credential: string;
  readonly provider: string;
  readonly strategy: Strategy;
  readonly urgency: string;
  readonly outcome: string;
  readonly startedAt: string | null;
  readonly containedAt: string | null;
  readonly cutOverAt: string | null;
  readonly oldKeyRefusedAt: string | null;
  readonly oldKeyId: string | null;
  readonly newKeyId: string | null;
};

const text = z.catch(z.nullable(z.string()), null);
const stateForm = z.object({
  containedAt: text,
  cutOverAt: text,
  oldKeyRefusedAt: text,
  oldKeyId: text,
  newKeyId: text,
});

/** Read from the state that the execution ended with. */
export const rowOf = async (journal: Journal, request: RotationRequest, strategy: Strategy): Promise<Row> => {
  const execution = await journal.read(request.rotationId);
  const state = stateForm.parse(execution?.output ?? execution?.stateInput ?? {});
  return {
    credential: request.credentialId,
    provider: request.target.provider,
    strategy,
    urgency: request.urgency,
    outcome: execution === null || execution.status === 'running' ? 'Running' : execution.state,
    startedAt: execution === null ? null : new Date(execution.startedAt).toISOString(),
    ...state,
  };
};

/** The rows for a person, in 80 columns. Times are counted from the start of each rotation. */
export const table = (rows: readonly Row[], failuresOf: (row: Row) => string): string => {
  const seconds = ({ startedAt }: Row, at: string | null): string =>
    at === null || startedAt === null ? '-' : `${((Date.parse(at) - Date.parse(startedAt)) / 1000).toFixed(1)} s`;
  const lines = [
    ['', '', '', 'cut', 'old key', 'consumer'],
    ['credential', 'strategy', 'outcome', 'over', 'refused', 'failures'],
    ...rows.map((row) => [
      row.urgency === 'emergency' ? `${row.credential}, leaked` : row.credential,
      row.strategy,
      row.outcome,
      seconds(row, row.cutOverAt),
      seconds(row, row.oldKeyRefusedAt),
      failuresOf(row),
    ]),
  ];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};
