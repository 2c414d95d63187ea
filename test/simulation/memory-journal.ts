import type { Execution, HistoryEntry, Journal } from '../../workflows/engine/journal.ts';

export interface MemoryJournal {
  readonly port: Journal;
  /** What a judge may see, without a call. */
  readonly executions: () => readonly Execution[];
  readonly history: readonly HistoryEntry[];
}

/** The engine's journal in memory. It keeps what it is given: executions are never changed, only replaced. */
export const memoryJournal = (onEnd: (execution: Execution) => void): MemoryJournal => {
  const executions = new Map<string, Execution>();
  const history: (HistoryEntry & { readonly name: string })[] = [];
  const definitions = new Map<string, string>();

  const keep = (execution: Execution, entries: readonly HistoryEntry[]): void => {
    executions.set(execution.name, execution);
    for (const entry of entries) history.push({ ...entry, name: execution.name });
    if (execution.status !== 'running') onEnd(execution);
  };
  return {
    port: {
      start: async (execution, text, entries) => {
        const present = executions.get(execution.name);
        if (present !== undefined) return { kind: 'already-started', execution: present };
        definitions.set(execution.definitionHash, text);
        keep(execution, entries);
        return { kind: 'started' };
      },
      save: async (execution, entries) => {
        if (executions.get(execution.name)?.revision !== execution.revision) return false;
        keep({ ...execution, revision: execution.revision + 1 }, entries);
        return true;
      },
      read: async (name) => executions.get(name) ?? null,
      history: async (name) => history.filter((entry) => entry.name === name),
      runnable: async (now) => {
        const running = [...executions.values()].filter(({ status }) => status === 'running');
        const waking = running.map(({ wakeAt }) => wakeAt ?? 0);
        return {
          due: running.filter(({ wakeAt }) => (wakeAt ?? 0) <= now).map(({ name }) => name),
          nextWakeAt: waking
            .filter((at) => at > now)
            .reduce<number | null>((least, at) => Math.min(least ?? at, at), null),
        };
      },
      definitionText: async (hash) => definitions.get(hash) ?? null,
    },
    executions: () => [...executions.values()],
    history,
  };
};
