import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { instant, type RotationId, rotationId } from '../domain/identifiers.ts';
import { acquireEngineLock, type EngineLock } from '../local/engine-lock.ts';
import { openLocal } from '../local/ports.ts';
import type { DeclaredRegister } from '../register/register.ts';
import { fetchHttp } from '../shell/fetch-http.ts';
import type { Call } from './call.ts';
import { CommandError } from './command-error.ts';
import { passTime, waitAtMost } from './pass-time.ts';
import type { OpenedPorts } from './session.ts';

/** Longer than the longest call of a step, which gives up after 15 s. */
const letCallsLandSeconds = 30;

const settingsFile = 'local.json';
const settingsForm = z.strictObject({ origins: z.optional(z.record(z.string(), z.string())) });

/** The ports of this machine, and its engine: whoever has the folder's lock drives it. */
export const openLocalSession = async (
  { io, say }: Call,
  folder: string,
  { credentials }: DeclaredRegister,
): Promise<OpenedPorts> => {
  const { origins } = await readSettings(folder);
  const http = fetchHttp(origins);
  const { clock, engineClock, random } = io;
  const local = openLocal({ folder, credentials, http, clock, engineClock, random, warn: say });
  let lock: EngineLock | null = null;
  let steps: Promise<unknown> = Promise.resolve();

  return {
    ports: local.ports,
    adminVault: local.ports.vault,
    accessLog: null,
    deployment: null,
    http,
    letCallsLandSeconds,

    advance: async (tick) => {
      lock ??= acquireEngineLock(folder);
      if (lock === null) return waitAtMost(io, tick, null);
      const untilIdle = local.engine.runUntilIdle();
      steps = untilIdle.catch(() => undefined);
      const nextWakeAt = await passTime(untilIdle, tick);
      return waitAtMost(io, tick, nextWakeAt);
    },

    waitOf: async (rotation) => {
      const execution = await local.journal.read(rotation);
      if (execution?.status !== 'running' || execution.wakeAt === null) return null;
      if (!waits.includes(execution.state)) return null;
      return { state: execution.state, until: instant(execution.wakeAt) };
    },

    running: async () => {
      const found = new Set<RotationId>();
      for (const { rotation, lease } of await local.ports.ledger.all()) {
        if (rotation !== null && lease !== null) found.add(rotation.rotationId);
      }
      const { due } = await local.journal.runnable(Number.MAX_SAFE_INTEGER, 10_000);
      for (const name of due) found.add(rotationId(name));
      const states = await Promise.all([...found].map(async (name) => [name, await local.journal.read(name)] as const));
      return states.filter(([, execution]) => execution?.status === 'running').map(([name]) => name);
    },

    // A step that is still at work would find the store closed.
    close: async () => {
      await steps;
      lock?.release();
      local.close();
    },
  };
};

/** The wait states of the flows. The rest of what wakes an execution are the pauses between two tries. */
const waits = ['Overlap', 'WaitForQuiet', 'LetCallsLand'];

const readSettings = async (folder: string): Promise<z.infer<typeof settingsForm>> => {
  const path = join(folder, settingsFile);
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return {};
  const parsed = settingsForm.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new CommandError({
    what: `${path} is not in its form.`,
    why: 'It may hold {"origins": {"https://api.openai.com": "http://127.0.0.1:1234"}} and nothing else.',
    next: 'Correct it, or remove it.',
  });
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
