import { readFileSync } from 'node:fs';
import type { EngineClock } from '../../workflows/engine/clock.ts';
import { createEngine, type Engine, type Invoke } from '../../workflows/engine/engine.ts';
import type { Journal } from '../../workflows/engine/journal.ts';
import { flows } from '../../workflows/strategies.ts';
import { substitute, substitutions } from '../../workflows/substitutions.ts';
import type { Credential } from '../domain/credential.ts';
import type { Clock, Http, Notice, Ports } from '../ports.ts';
import { connector, strategyOf } from '../providers/connect.ts';
import { providerOf } from '../providers/index.ts';
import { fetchHttp } from '../shell/fetch-http.ts';
import { type AnyStep, runStep, type Warn } from '../shell/run-step.ts';
import { systemClock } from '../shell/system-clock.ts';
import { behindWall } from '../shell/wall.ts';
import { steps } from '../steps/index.ts';
import { engineClock } from './clock.ts';
import { localExecutions } from './executions.ts';
import { localFingerprints } from './fingerprints.ts';
import { localJournal } from './journal.ts';
import { localLedger } from './ledger.ts';
import { type LocalNotices, localNotices } from './notices.ts';
import { localRegister } from './register.ts';
import { openStore, type Store } from './store.ts';
import { localVault } from './vault.ts';

export interface LocalOptions {
  /** Where everything is kept: `keyturn.db` and the key to its values, `vault.key`. */
  readonly folder: string;
  /** Instead of the folder's own; closed with everything else. */
  readonly store?: Store;
  /** The register's entries. */
  readonly credentials: readonly Credential[];
  /** Where requests to a provider's origin really go; see `fetchHttp`. */
  readonly origins?: Readonly<Record<string, string>> | undefined;
  /** Instead of `fetch`. */
  readonly http?: Http;
  /** The two clocks of one time; this machine's unless told. */
  readonly clock?: Clock;
  readonly engineClock?: EngineClock;
  /** For the jitter of retries; evenly from 0 up to, not including, 1. */
  readonly random?: () => number;
  /** Hears of every notice that this process sends. */
  readonly onNotice?: (notice: Notice) => void;
  /** Hears of records that could not be written. */
  readonly warn?: Warn;
}

/** Keyturn on one machine. */
export interface Local {
  readonly ports: Ports & { readonly notices: LocalNotices };
  /** Starts runs; drives them where this process holds the folder's engine lock. */
  readonly engine: Engine;
  readonly journal: Journal;
  readonly close: () => void;
}

/**
 * Opens a folder. Several processes may have it open; one may drive the engine: see `acquireEngineLock`.
 *
 * @throws StoreError when the folder or what is in it cannot be used
 */
export const openLocal = (options: LocalOptions): Local => {
  const { folder, credentials, onNotice, warn } = options;
  const { clock = systemClock, random = Math.random } = options;
  const http = options.http ?? fetchHttp(options.origins);
  const store = options.store ?? openStore(folder);
  const journal = localJournal(store);
  const vault = localVault(store, clock);

  const invoke: Invoke = (name, input) => {
    const step = stepsByName[name];
    if (step === undefined) throw new TypeError(`There is no step ${name}.`);
    return behindWall(() => runStep(step, input, ports, warn));
  };
  const engine = createEngine({ journal, clock: options.engineClock ?? engineClock, random, invoke, definitions });

  const ports = {
    clock,
    vault,
    ledger: localLedger(store),
    notices: localNotices(store, clock, onNotice),
    executions: localExecutions(engine.start, journal, (provider) => strategyOf(providerOf(provider))),
    fingerprints: localFingerprints(store),
    register: localRegister(credentials),
    connect: connector({ vault, http, clock }),
  };
  return { ports, engine, journal, close: store.close };
};

const stepsByName: Readonly<Record<string, AnyStep>> = steps;

/** The bytes that run on AWS, with the names of steps where AWS has those of functions. */
const definitions: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(flows).map(([strategy, flow]) => {
    const text = readFileSync(new URL(`../../workflows/asl/${strategy}.asl.json`, import.meta.url), 'utf8');
    return [strategy, substitute(text, substitutions(flow))];
  }),
);
