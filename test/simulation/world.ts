import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Credential } from '../../functions/domain/credential.ts';
import { Fault } from '../../functions/domain/fault.ts';
import {
  accountId,
  credentialId,
  fingerprint,
  instant,
  type KeyId,
  keyId,
  leakHash,
  secretName,
  type VersionId,
  versionId,
} from '../../functions/domain/identifiers.ts';
import type { JsonObject } from '../../functions/domain/json.ts';
import type { ValuePrint } from '../../functions/domain/key-print.ts';
import { newLabel } from '../../functions/domain/labels.ts';
import { emptyRecord, type RotationRequest } from '../../functions/domain/rotation.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { localExecutions } from '../../functions/local/executions.ts';
import type { Clock, Executions, Http, HttpResponse, Ledger, Notice, Ports, Vault } from '../../functions/ports.ts';
import { type AnyStep, runStep } from '../../functions/shell/run-step.ts';
import { steps } from '../../functions/steps/index.ts';
import { versionToken } from '../../functions/steps/version-token.ts';
import { rotationRequest } from '../../functions/triggers/request.ts';
import { startDue } from '../../functions/triggers/start-due.ts';
import { reconcile } from '../../functions/watch/reconcile.ts';
import { sweepStrays } from '../../functions/watch/sweep-strays.ts';
import { createEngine, type Engine } from '../../workflows/engine/engine.ts';
import { flows } from '../../workflows/strategies.ts';
import { substitute, substitutions } from '../../workflows/substitutions.ts';
import { perform, possibleActs } from './acts.ts';
import { type Caller, judge } from './judge.ts';
import { memoryJournal } from './memory-journal.ts';
import { memoryLedger } from './memory-ledger.ts';
import { memoryVault } from './memory-vault.ts';
import { isAct, type Plan } from './plan.ts';
import { rememberedMachine } from './remembered-machine.ts';
import {
  canTruncate,
  failed,
  isRead,
  malformed,
  operationOf,
  type PortName,
  type Question,
  type Site,
  truncated,
} from './seam.ts';
import { letCallsLandSeconds, type SettingName, settingNames, settings } from './settings.ts';
import { connectTo, type VendorName, vendorNames, vendors } from './vendor.ts';
import { virtualTime } from './virtual-time.ts';

export const modes = ['scheduled', 'first-issue', 'contain-first', 'replace-first', 'heal'] as const;
export type Mode = (typeof modes)[number];

export interface Scenario {
  readonly vendor: VendorName;
  readonly mode: Mode;
  readonly setting: SettingName;
}

export const scenarioText = ({ vendor, mode, setting }: Scenario): string => `${vendor}/${mode}/${setting}`;

/** Reads `vendor/mode/setting`. @throws TypeError for a word that there is not */
export const readScenario = (text: string): Scenario => {
  const [vendorWord, modeWord, settingWord] = text.split('/');
  const vendor = vendorNames.find((name) => name === vendorWord);
  const mode = modes.find((name) => name === modeWord);
  const setting = settingNames.find((name) => name === settingWord);
  if (vendor === undefined || mode === undefined || setting === undefined) {
    throw new TypeError(`${text} is not vendor/mode/setting.`);
  }
  return { vendor, mode, setting };
};

const overlapSeconds = 1_800;
const cacheTtlSeconds = 300;
export const outageSeconds = 2_700;
const deniedSeconds = 7_200;
const slowSeconds = 8;
const strayGraceSeconds = 1_800;

/** A build in which something is made wrong on purpose, to see that it is found. */
export interface Build {
  readonly definition?: (asl: string) => string;
  readonly steps?: Readonly<Record<string, AnyStep>>;
  readonly vault?: (vault: Vault) => Vault;
  readonly ledger?: (ledger: Ledger) => Ledger;
  readonly letCallsLandSeconds?: number;
  readonly request?: (request: RotationRequest) => RotationRequest;
  readonly reconciles?: boolean;
  /** Every expression is evaluated each time, however often it was before. */
  readonly forgets?: boolean;
  /** A page that breaks off is taken for the whole listing. */
  readonly believesPages?: boolean;
  /** For how long a consumer goes on with an old value, whatever the register says. */
  readonly consumerHoldsSeconds?: number;
}

export type World = ReturnType<typeof makeWorld>;

/** One credential at one vendor, with everything around it in memory, and a plan of what goes wrong. */
export const makeWorld = (
  { vendor: vendorName, setting: settingName }: Scenario,
  plan: Plan,
  recording = false,
  build: Build = {},
) => {
  const setting = settings[settingName];
  const { strategy, make } = vendors[vendorName];
  const time = virtualTime(Date.UTC(2026, 10, 21, 8));
  const vendor = make(setting, time.instant);
  const vault = memoryVault();
  const ledger = memoryLedger();
  const notices: Notice[] = [];
  const told: string[] = [];
  const foreign = new Set<KeyId>();
  const handMade = new Map<VersionId, KeyId>();
  const values = new Map<KeyId, string>();
  const compromised = new Map<KeyId, number>();
  const contained = new Set<KeyId>();
  const outsiders = new Set<KeyId>();
  const sites: Site[] = [];
  /** `write create-key.http.POST api_keys#1`, in order. */
  const calls: string[] = [];
  const fired = new Set<string>();
  const counts = new Map<string, number>();
  const answers = new Map<string, unknown>();
  /** Nothing but a stale read asks what was answered before. */
  const remembers = recording || [...plan.values()].includes('stale');
  const downUntil = new Map<PortName, number>();
  const deniedUntil = new Map<string, number>();
  /** What others have broken, until when; in milliseconds since 1970. */
  const troubles = new Map<'admin' | 'secret' | 'vendor', number>();
  /** When the last part of the plan came to its turn. */
  let firedAt = -Infinity;
  /** How often somebody outside has moved a label, or killed a key. */
  const outside = { moves: 0, kills: 0 };
  let skewSeconds = 0;
  let skewed = 0;

  const clock: Clock = {
    now: () => (skewSeconds === 0 ? time.instant() : instant(time.now() + skewSeconds * 1000)),
    sleep: time.sleep,
  };
  const credential: Credential = {
    id: credentialId('support'),
    target: {
      provider: vendor.providerId,
      account: accountId('test'),
      adminSecret: secretName('admin'),
      settings: vendor.settings,
    },
    secret: secretName('keyturn/support'),
    service: 'support',
    purpose: 'chat',
    environment: 'test',
    owner: { name: 'Support', contact: 'support@example.com' },
    tier: 'service',
    sensitivity: 'standard',
    cadenceSeconds: 30 * 86_400,
    window: null,
    overlapSeconds,
    maximumOverlapSeconds: 2 * overlapSeconds,
    consumers: [{ name: 'support-api', cacheTtlSeconds }],
    expects: { models: [], permissions: [] },
    spendAlertUsd: null,
    emergency: 'contain-first',
  };

  const journal = memoryJournal((execution) => referee.ended(execution));
  const referee = judge({
    credential,
    time,
    vault,
    ledger,
    journal,
    vendor,
    foreign,
    handMade,
    compromised,
    contains: (key) => contained.has(key),
    outsiders,
    skewSeconds: () => skewed,
    outside,
    wasCalmSince: (at) =>
      firedAt < at &&
      [downUntil, deniedUntil, troubles].every((until) => [...until.values()].every((end) => end <= at)),
    isProviderWell: [...plan].every(([site, kind]) => !isAct(kind) && !/\.(?:http|vault)\./.test(site)),
    sinks: () =>
      JSON.stringify([
        journal.executions(),
        journal.history,
        ledger.entries,
        ledger.record(credential.id),
        ledger.obligations(),
        notices,
        told,
      ]),
  });

  // ---- the seam ----------------------------------------------------------------------------------------------------

  const never = new Promise<never>(() => undefined);

  const call = async <Answer>(
    caller: Caller & { readonly again: () => Promise<unknown> },
    question: Question<Answer>,
  ): Promise<Answer> => {
    const { port, operation, kind, subject } = question;
    await time.turn();
    const isFirst = caller.hasCalled !== true;
    caller.hasCalled = true;
    const path = `${caller.step}.${port}.${operation}`;
    const count = (counts.get(path) ?? 0) + 1;
    counts.set(path, count);
    const name = `${path}#${count}`;
    calls.push(`${kind} ${name}`);
    const planned = plan.get(name);
    if (planned !== undefined) {
      fired.add(name);
      firedAt = time.now();
    }
    const mayAct = recording ? possibleActs(world) : [];
    if (planned !== undefined && isAct(planned)) await perform(planned, world);

    const fail = (fault: Parameters<typeof failed>[1]): Answer =>
      failed(question, fault, vendor.failure) as Answer & HttpResponse;
    const hasSeen = (): void => {
      if (kind === 'read' && port === 'vault') caller.sawMoves = outside.moves;
      if (kind === 'read' && port === 'http') caller.sawKills = outside.kills;
      if (operation === 'obligations') caller.sawOwed = new Set(ledger.obligations().map((owed) => owed.keyId));
    };
    const effect = async (landed?: Caller['landed']): Promise<Answer> => {
      // As things are when it is asked, and what it has done at once: by the time of the answer somebody else may have
      // had his turn.
      hasSeen();
      const answer = question.effect();
      if (kind === 'write') {
        if (port === 'ledger' && operation === 'replace') caller.intended = true;
        referee.look(landed === undefined ? caller : { ...caller, landed });
        noticeServing();
      }
      return await answer;
    };

    if ((downUntil.get(port) ?? 0) > time.now()) return fail('outage');
    // Each step has a role of its own; a vendor knows one admin key.
    const permission = port === 'http' ? operation : path;
    if ((deniedUntil.get(permission) ?? 0) > time.now()) return fail('denied');
    const about = subject === undefined || !remembers ? undefined : `${path} ${subject}`;
    const previous = about === undefined ? undefined : answers.get(about);
    if (recording) {
      const present = kind === 'read' ? await question.effect() : null;
      sites.push({
        name,
        kind,
        port,
        operation,
        canBeStale: previous !== undefined && textOf(previous) !== textOf(present),
        canBeTruncated: port === 'http' && kind === 'read' && canTruncate(present as HttpResponse),
        isFirst,
        acts: mayAct,
      });
    }
    const fault = planned !== undefined && isAct(planned) ? undefined : planned;
    switch (fault) {
      case 'err5xx':
      case 'throttle':
        return fail(fault);
      case 'outage':
        downUntil.set(port, time.now() + outageSeconds * 1000);
        return fail('outage');
      case 'denied':
        deniedUntil.set(permission, time.now() + deniedSeconds * 1000);
        return fail('denied');
      case 'lost':
        await effect();
        return fail('lost');
      case 'crash-before':
        return never;
      case 'crash-after':
        await effect();
        return never;
      case 'late':
      case 'overdue':
        time.after(setting.lateSeconds, () => {
          effect(setting.lateSeconds > letCallsLandSeconds ? 'too late' : 'late').catch(() => undefined);
        });
        // Its caller has died, or has given it up.
        return fault === 'late' ? never : fail('lost');
      case 'duplicate':
        await caller.again().catch(() => undefined);
        break;
      case 'again-later':
        // A second invocation that was held up on its way: nobody waits for it.
        time.after(setting.lateSeconds, () => {
          caller.again().catch(() => undefined);
        });
        break;
      case 'slow':
        await time.sleep(slowSeconds);
        break;
      case 'stale':
        // Whoever believes what is old has looked all the same.
        hasSeen();
        if (previous !== undefined) return previous as Answer;
        break;
      case 'malformed':
        return malformed((await effect()) as HttpResponse) as Answer;
      case 'truncated':
        return truncated((await effect()) as HttpResponse, build.believesPages !== true) as Answer;
      case undefined:
        break;
    }
    const answer = await effect();
    if (about !== undefined) answers.set(about, answer);
    return answer;
  };

  /** The ports of one invocation: every call goes through the seam. */
  const portsOf = (caller: Parameters<typeof call>[0]): Ports => {
    const ask = <Answer>(
      port: PortName,
      operation: string,
      kind: 'read' | 'write',
      effect: () => Promise<Answer> | Answer,
      subject?: string,
    ): Promise<Answer> => call(caller, { port, operation, kind, effect, ...(subject !== undefined && { subject }) });
    const safe = build.vault?.(vault.port) ?? vault.port;
    const book = build.ledger?.(ledger.port) ?? ledger.port;
    const http: Http = {
      send: (request) => {
        const operation = operationOf(request.method, request.url);
        const effect = () => vendor.answer(request);
        return isRead(operation)
          ? ask('http', operation, 'read', effect, operation.startsWith('GET') ? request.url : undefined)
          : ask('http', operation, 'write', effect);
      },
    };
    return {
      clock,
      vault: {
        describe: (secret) => ask('vault', 'describe', 'read', () => safe.describe(secret), secret),
        read: (secret, version, label) =>
          ask('vault', 'read', 'read', () => safe.read(secret, version, label), `${version} ${label}`),
        create: (secret, tags) => ask('vault', 'create', 'write', () => safe.create(secret, tags)),
        store: (secret, version, label, payload) =>
          ask('vault', 'store', 'write', () => safe.store(secret, version, label, payload)),
        moveLabel: (secret, label, move) =>
          ask('vault', 'moveLabel', 'write', () => safe.moveLabel(secret, label, move)),
        readAdmin: (secret) => ask('vault', 'readAdmin', 'read', () => safe.readAdmin(secret)),
        writeAdmin: safe.writeAdmin,
      },
      ledger: {
        ...book,
        read: (id) => ask('ledger', 'read', 'read', () => book.read(id)),
        replace: (record, revision) => ask('ledger', 'replace', 'write', () => book.replace(record, revision)),
        all: () => ask('ledger', 'all', 'read', book.all),
        append: (entry) => {
          if (entry.event === 'confirmed') referee.confirmed(caller);
          return ask('ledger', 'append', 'write', () => book.append(entry));
        },
        entries: (rotation) => ask('ledger', 'entries', 'read', () => book.entries(rotation)),
        putObligation: (report) => ask('ledger', 'putObligation', 'write', () => book.putObligation(report)),
        putPrint: (print) => ask('ledger', 'putPrint', 'write', () => book.putPrint(print)),
        obligations: (filter) => ask('ledger', 'obligations', 'read', () => book.obligations(filter)),
      },
      notices: {
        send: (notice) =>
          ask('notices', 'send', 'write', () => {
            notices.push(notice);
          }),
      },
      executions: {
        start: (request) => ask('executions', 'start', 'write', () => executions.start(request)),
        look: (request) => ask('executions', 'look', 'read', () => executions.look(request), request.rotationId),
      },
      register: {
        credential: (id) => ask('register', 'credential', 'read', () => (id === credential.id ? credential : null)),
        credentials: () => ask('register', 'credentials', 'read', () => [credential]),
      },
      fingerprints: { of: (value) => ask('fingerprints', 'of', 'read', () => printOf(value)) },
      connect: connectTo(vendor, {
        readAdmin: () => ask('vault', 'readAdmin', 'read', () => safe.readAdmin(credential.target.adminSecret)),
        http,
        clock,
      }),
    };
  };

  // ---- what runs ---------------------------------------------------------------------------------------------------

  const note = (text: string): void => {
    told.push(text);
  };
  const run = async (name: string, input: JsonObject): Promise<JsonObject> => {
    const step = build.steps?.[name] ?? stepsByName[name];
    if (step === undefined) throw new TypeError(`There is no step ${name}.`);
    const rotation = typeof input['rotationId'] === 'string' ? input['rotationId'] : null;
    const caller = { step: name, rotationId: rotation, intended: false, again: () => run(name, input) };
    try {
      // Without the last wall: it would hide from the judge what the others let through.
      return await runStep(step, input, portsOf(caller), note);
    } catch (error) {
      note(String(error));
      throw error;
    }
  };

  const engineOf = (text: string): Engine =>
    createEngine({
      journal: journal.port,
      clock: time,
      random: () => 0.5,
      invoke: run,
      definitions: { [strategy]: text },
      pollSeconds: 1e9,
      ...(build.forgets !== true && { readMachine: rememberedMachine }),
    });
  let deployments = 0;
  let stop = new AbortController();
  let engine: Engine;
  /** The same flow in other bytes: what is running finishes on the bytes that it started with. */
  const deploy = (): void => {
    stop.abort('deployed');
    stop = new AbortController();
    const definition = build.definition?.(definitions[strategy]) ?? definitions[strategy];
    engine = engineOf(`${definition}${'\n'.repeat(deployments)}`);
    deployments += 1;
    void engine.run(stop.signal);
  };
  deploy();
  const executions = localExecutions(
    (...start) => engine.start(...start),
    journal.port,
    () => strategy,
  );

  /** What runs on its own clock. It may hang: nobody waits for it. */
  const watch = async (): Promise<void> => {
    referee.watched();
    const alone = async (step: string, work: (ports: Ports) => Promise<unknown>): Promise<void> => {
      const again = (): Promise<unknown> =>
        work(portsOf({ step, rotationId: null, intended: false, again: async () => undefined }));
      try {
        const caller = { step, rotationId: null, intended: false, again };
        note(JSON.stringify(await work(portsOf(caller))));
      } catch (error) {
        note(String(error));
        if (!(error instanceof Fault)) throw error;
      }
    };
    await alone('sweep', (ports) =>
      sweepStrays(ports, { provider: null, graceSeconds: strayGraceSeconds, dryRun: false }),
    );
    const options = {
      provider: null,
      strategyOf: () => strategy,
      maximumStarts: 10,
      letCallsLandSeconds,
      dryRun: false,
    };
    if (build.reconciles !== false) await alone('reconcile', (ports) => reconcile(ports, options));
    await alone('start-due', (ports) =>
      startDue(ports, { strategyOf: () => strategy, maximumStarts: 10, letCallsLandSeconds }),
    );
  };

  // ---- consumers ---------------------------------------------------------------------------------------------------

  let serving: VersionId | null = null;
  /** A consumer takes the new value at once, and uses the old one for as long as it may cache it. */
  const noticeServing = (): void => {
    const version = vault.holder(credential.secret, 'AWSCURRENT');
    if (version === serving) return;
    const left = serving === null ? undefined : valueBehind(serving);
    serving = version;
    const taken = version === null ? undefined : valueBehind(version);
    if (taken !== undefined) vendor.use(taken);
    if (left === undefined) return;
    for (let seconds = cacheTtlSeconds - 1; seconds < (build.consumerHoldsSeconds ?? cacheTtlSeconds); seconds += 240) {
      time.after(seconds, () => {
        if (!vendor.use(left) && build.consumerHoldsSeconds !== undefined) referee.consumerFailed();
        referee.look(null);
      });
    }
  };
  const valueBehind = (version: VersionId): string | undefined => {
    const key = handMade.get(version) ?? vault.payload(credential.secret, version)?.keyId;
    return vendor.keys().find(({ id }) => id === key)?.value;
  };

  // ---- people ------------------------------------------------------------------------------------------------------

  let requests = 0;
  const request = (wish: Partial<Parameters<typeof rotationRequest>[0]> = {}): RotationRequest => {
    requests += 1;
    return rotationRequest({
      credential,
      urgency: 'scheduled',
      requestKey: `request ${requests}`,
      at: instant(time.now()),
      reason: 'a case',
      letCallsLandSeconds: build.letCallsLandSeconds ?? letCallsLandSeconds,
      ...wish,
    });
  };
  const start = async (made: RotationRequest, through: Pick<Executions, 'start'> = executions): Promise<void> => {
    if (made.leakedKeyId !== null && !compromised.has(made.leakedKeyId)) {
      compromised.set(made.leakedKeyId, time.now());
      if (made.containFirst) contained.add(made.leakedKeyId);
    }
    await through.start(build.request?.(made) ?? made);
  };
  /** What a person makes in the vendor's console. */
  const mint = (name: string): KeyId => {
    const made = vendor.mint(name);
    values.set(made.keyId, made.value);
    return made.keyId;
  };
  /** Made in advance: who puts a key to use has seen it accepted. */
  let own: KeyId | null = null;
  /** A key that Keyturn has not made: of two slots, what the other one holds. */
  const ownKey = (): KeyId => {
    if (strategy !== 'two-slot') {
      own ??= mint('a persons own');
      return own;
    }
    const version = vault.holder(credential.secret, 'AWSCURRENT');
    const serves = version === null ? undefined : valueBehind(version);
    return keyId(vendor.keys().find(({ value, refusedAt }) => refusedAt === null && value !== serves)?.id ?? '');
  };
  let handWritten = 0;
  /** Stores a value as a person does: without its id, but where the vendor cannot tell which key a value is. */
  const writeByHand = async (
    key: KeyId,
    label: string,
    withId = vendor.providerId === 'pinecone',
  ): Promise<VersionId> => {
    handWritten += 1;
    const version = versionId(`hand-${handWritten}`);
    handMade.set(version, key);
    const value = vendor.keys().find(({ id }) => id === key)?.value ?? '';
    await vault.port.create(credential.secret, {});
    await vault.port.store(credential.secret, version, label, {
      apiKey: new SecretValue(value),
      keyId: withId ? key : null,
      rotationId: null,
    });
    return version;
  };
  /** `keyturn submit`: a key that a person made is sealed under the token of the run that takes it up. */
  const submit = async (wish: Parameters<typeof request>[0] = {}): Promise<void> => {
    try {
      await submitOnce(wish);
    } catch (error) {
      // The command says what is wrong, and the person tries again later.
      if (!(error instanceof Fault)) throw error;
    }
  };
  const submitOnce = async (wish: Parameters<typeof request>[0]): Promise<void> => {
    const made = request(wish);
    const key = mint('made in the console');
    const value = new SecretValue(values.get(key) ?? '');
    await vault.port.create(credential.secret, {});
    const payload = { apiKey: value, keyId: key, rotationId: made.rotationId };
    // The command probes the key before it seals it.
    await time.sleep(setting.activationLagSeconds);
    const command = { step: 'submit', rotationId: made.rotationId, intended: false, again: async () => undefined };
    const ports = portsOf(command);
    await ports.vault.store(credential.secret, versionToken(made.rotationId), newLabel(made.rotationId), payload);
    await start(made, ports.executions);
  };
  /** The key behind AWSCURRENT, if the vendor refuses it. */
  const deadCurrent = (): KeyId | null => {
    const version = vault.holder(credential.secret, 'AWSCURRENT');
    const key = version === null ? undefined : vendor.keys().find(({ value }) => value === valueBehind(version));
    return key === undefined || vendor.isLive(key) ? null : keyId(key.id);
  };

  const resume = async (): Promise<void> => {
    const { rotation, lease } = ledger.record(credential.id);
    const open = ledger.obligations().find(({ refusedAt }) => refusedAt === null);
    if (lease !== null) return;
    const isEmergency = rotation === null ? open !== undefined : rotation.urgency === 'emergency';
    if (rotation === null && open === undefined) return;
    const leakedKeyId = isEmergency
      ? rotation === null
        ? (open?.keyId ?? null)
        : (rotation.old?.keyId ?? null)
      : null;
    const containedAt = rotation === null ? open?.containedAt : rotation.containedAt;
    const wish = {
      urgency: isEmergency ? ('emergency' as const) : ('scheduled' as const),
      containFirst: isEmergency && containedAt != null,
      leakedKeyId,
    };
    const wantsKey = strategy === 'human-created' && (rotation?.new == null || deadCurrent() !== null);
    await (wantsKey ? submit(wish) : start(request(wish)));
  };

  const world = {
    strategy,
    deadCurrent,
    credential,
    time,
    vendor,
    vault,
    ledger,
    journal,
    notices,
    sites,
    calls,
    fired,
    foreign,
    handMade,
    compromised,
    outsiders,
    outside,
    troubles,
    referee,
    executions,
    watch,
    deploy,
    request,
    start,
    mint,
    ownKey,
    isOwn: (key: KeyId) => key === own,
    writeByHand,
    submit,
    resume,
    noticeServing,
    skew: (seconds: number) => {
      skewSeconds += seconds;
      skewed = Math.max(skewed, Math.abs(skewSeconds));
    },
    seedRecord: () => {
      const at = instant(time.now() - 86_400_000);
      ledger.seed({ ...emptyRecord(credential.id), lastRotatedAt: at });
    },
    /** The run that the case is about. */
    first: null as RotationRequest | null,
    seeded: null as KeyId | null,
    stop: () => {
      stop.abort('over');
    },
  };
  return world;
};

const stepsByName: Readonly<Record<string, AnyStep>> = steps;

const definitions = Object.fromEntries(
  Object.entries(flows).map(([strategy, flow]) => {
    const text = readFileSync(new URL(`../../workflows/asl/${strategy}.asl.json`, import.meta.url), 'utf8');
    return [strategy, substitute(text, substitutions(flow))];
  }),
) as Readonly<Record<keyof typeof flows, string>>;

/** A key of its own for the HMAC makes no difference here: it only has to tell values apart. */
const printOf = (value: SecretValue): ValuePrint => {
  const digest = createHash('sha256').update(value.expose()).digest('hex');
  return { fingerprint: fingerprint(digest), leakHash: leakHash(digest), hint: null };
};

/** For comparing two answers of one read. A version's payload never changes. */
const textOf = (answer: unknown): string =>
  typeof answer === 'object' && answer !== null && 'apiKey' in answer ? 'a payload' : JSON.stringify(answer);
