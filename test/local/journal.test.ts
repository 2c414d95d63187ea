import { expect, it, onTestFinished } from 'vitest';
import { localJournal } from '../../functions/local/journal.ts';
import { openStore } from '../../functions/local/store.ts';
import type { Execution, HistoryEntry, Journal } from '../../workflows/engine/journal.ts';
import { temporaryFolder } from './temporary-folder.ts';

const opened = (): Journal => {
  const store = openStore(temporaryFolder());
  onTestFinished(store.close);
  return localJournal(store);
};

const executionOf = (name: string, change: Partial<Execution> = {}): Execution => ({
  name,
  definition: 'overlap',
  definitionHash: 'hash-1',
  input: { rotationId: name, nested: [1, null, { deep: true }] },
  status: 'running',
  failure: null,
  state: 'Begin',
  stateInput: { rotationId: name },
  retries: [0, 2],
  wakeAt: null,
  startedAt: 1_000,
  endedAt: null,
  output: null,
  revision: 0,
  ...change,
});

const entryAt = (at: number, event: HistoryEntry['event'] = 'entered'): HistoryEntry => ({
  at,
  state: 'Begin',
  event,
  detail: 'ä',
});

it('keeps an execution, its definition and its history from the start on', async () => {
  const journal = opened();
  const execution = executionOf('r-1');
  expect(await journal.read('r-1')).toBeNull();
  expect(await journal.start(execution, 'the text', [entryAt(1, 'started'), entryAt(2)])).toEqual({ kind: 'started' });
  expect(await journal.read('r-1')).toEqual(execution);
  expect(await journal.history('r-1')).toEqual([entryAt(1, 'started'), entryAt(2)]);
  expect(await journal.definitionText('hash-1')).toBe('the text');
  expect(await journal.definitionText('hash-2')).toBeNull();
});

it('starts a name once, and answers with the one that has it', async () => {
  const journal = opened();
  await journal.start(executionOf('r-1'), 'the text', [entryAt(1)]);
  const again = await journal.start(executionOf('r-1', { input: { other: 1 } }), 'another text', [entryAt(9)]);
  expect(again).toEqual({ kind: 'already-started', execution: executionOf('r-1') });
  expect(await journal.history('r-1')).toEqual([entryAt(1)]);
});

it('saves on the revision that was read, and on no other', async () => {
  const journal = opened();
  await journal.start(executionOf('r-1'), 'the text', []);
  const moved = executionOf('r-1', { state: 'Stage' });
  expect(await journal.save(moved, [entryAt(2)])).toBe(true);
  expect(await journal.save({ ...moved, state: 'Validate' }, [entryAt(3)])).toBe(false);
  expect(await journal.read('r-1')).toEqual({ ...moved, revision: 1 });
  expect(await journal.history('r-1')).toEqual([entryAt(2)]);
  expect(await journal.save(executionOf('unknown'), [])).toBe(false);
});

it('tells what is due, longest due first, and when the next is', async () => {
  const journal = opened();
  const start = (name: string, change: Partial<Execution>) => journal.start(executionOf(name, change), 'the text', []);
  await start('later', { wakeAt: 500 });
  await start('latest', { wakeAt: 900.5 });
  await start('due', { wakeAt: 100 });
  await start('longer-due', { wakeAt: 50 });
  await start('now', { wakeAt: null });
  await start('over', { status: 'succeeded', wakeAt: null });
  expect(await journal.runnable(100, 10)).toEqual({ due: ['now', 'longer-due', 'due'], nextWakeAt: 500 });
  expect(await journal.runnable(100, 2)).toEqual({ due: ['now', 'longer-due'], nextWakeAt: 500 });
  expect(await journal.runnable(900, 10)).toMatchObject({ nextWakeAt: 900.5 });
  expect((await journal.runnable(10_000, 10)).nextWakeAt).toBeNull();
});
