import type { Execution, HistoryEntry, Journal } from '../../workflows/engine/journal.ts';
import { executionSchema } from '../../workflows/engine/journal.ts';

/** A journal in memory. It holds text, so nothing leaks by reference. */
export const memoryJournal = (): Journal => {
  const executions = new Map<string, { readonly text: string; readonly wakeAt: number | null }>();
  const histories = new Map<string, readonly HistoryEntry[]>();
  const definitions = new Map<string, string>();

  const load = (name: string): Execution | null => {
    const text = executions.get(name)?.text;
    return text === undefined ? null : executionSchema.parse(JSON.parse(text));
  };
  const store = (execution: Execution, entries: readonly HistoryEntry[]): void => {
    const wakeAt = execution.status === 'running' ? (execution.wakeAt ?? 0) : null;
    executions.set(execution.name, { text: JSON.stringify(execution), wakeAt });
    histories.set(execution.name, [...(histories.get(execution.name) ?? []), ...entries]);
  };

  return {
    start: async (execution, definitionText, entries) => {
      const present = load(execution.name);
      if (present !== null) return { kind: 'already-started', execution: present };
      definitions.set(execution.definitionHash, definitionText);
      store(execution, entries);
      return { kind: 'started' };
    },
    save: async (execution, entries) => {
      if (load(execution.name)?.revision !== execution.revision) return false;
      store({ ...execution, revision: execution.revision + 1 }, entries);
      return true;
    },
    read: async (name) => load(name),
    history: async (name) => histories.get(name) ?? [],
    runnable: async (now, limit) => {
      const running = [...executions]
        .flatMap(([name, { wakeAt }]) => (wakeAt === null ? [] : [{ name, wakeAt }]))
        .sort((one, other) => one.wakeAt - other.wakeAt);
      return {
        due: running
          .filter(({ wakeAt }) => wakeAt <= now)
          .slice(0, limit)
          .map(({ name }) => name),
        nextWakeAt: running.find(({ wakeAt }) => wakeAt > now)?.wakeAt ?? null,
      };
    },
    definitionText: async (hash) => definitions.get(hash) ?? null,
  };
};
