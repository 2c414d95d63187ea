import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AccessLog } from '../aws/access-log.ts';
import type { Deployment } from '../aws/deployment.ts';
import type { Credential, Strategy } from '../domain/credential.ts';
import { credentialId, type Instant, type RotationId } from '../domain/identifiers.ts';
import type { Http, Ports, Vault } from '../ports.ts';
import { strategyOf } from '../providers/connect.ts';
import { providerOf, providers } from '../providers/index.ts';
import { quote } from '../register/key-like.ts';
import { loadRegister, parseRegister } from '../register/load.ts';
import { nearest } from '../register/nearest.ts';
import type { Account, DeclaredRegister } from '../register/register.ts';
import type { Call } from './call.ts';
import { CommandError } from './command-error.ts';

/** The register, read. */
export interface Declared {
  readonly register: DeclaredRegister;
  readonly registerFile: string;
}

/** What a command works with, on AWS or on this machine. */
export interface Session extends Declared {
  readonly ports: Ports;
  readonly http: Http;
  /** Writes admin secrets; the same as `ports.vault`, where both are sealed with one key. */
  readonly adminVault: Pick<Vault, 'readAdmin' | 'writeAdmin' | 'describe' | 'moveLabel'>;
  /** Null where nobody writes down who reads which secret. */
  readonly accessLog: AccessLog | null;
  /** Null on one machine, where nothing is deployed. */
  readonly deployment: Deployment | null;
  /** As `flagsOf` gives them. */
  readonly flags: string;
  readonly letCallsLandSeconds: number;
  /**
   * Lets time pass while rotations are at work; on one machine, drives them as well, unless another process does.
   * @param tick called now and then
   */
  readonly advance: (tick: () => Promise<void>) => Promise<void>;
  /** The wait that a rotation is in; null when it is in none, or nobody can tell. */
  readonly waitOf: (rotation: RotationId, credential: Credential) => Promise<Wait | null>;
  /** On one machine: rotations that were begun and have not ended. */
  readonly running: (() => Promise<readonly RotationId[]>) | null;
  /** Waits for the steps in flight. */
  readonly close: () => Promise<void>;
}

export interface Wait {
  /** Such as `Overlap`. */
  readonly state: string;
  readonly until: Instant;
}

/**
 * Opens the ports for as long as `work` takes.
 *
 * @throws StoreError, CommandError
 */
export const withSession = async <T>(
  call: Call,
  declared: Declared,
  work: (session: Session) => Promise<T>,
): Promise<T> => {
  const session = await openSession(call, declared);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
};

const openSession = async (call: Call, declared: Declared): Promise<Session> => {
  const { values, switches } = call.arguments;
  const store = values.get('store') ?? '.keyturn';
  if (values.has('store') && !switches.has('local')) {
    throw new CommandError({
      what: '--store is for --local only.',
      why: 'Without --local, the records are in DynamoDB and Secrets Manager.',
      next: 'Add --local, or leave --store out.',
    });
  }
  const flags = flagsOf(call, declared);
  if (!switches.has('local')) {
    const { openAws } = await import('./open-aws.ts');
    return { ...(await openAws(call, declared.register)), ...declared, flags };
  }
  const { openLocalSession } = await import('./open-local.ts');
  const folder = resolve(call.io.workingDirectory, store);
  return { ...(await openLocalSession(call, folder, declared.register)), ...declared, flags };
};

/** ` --local --store DIR --register FILE` where they differ from the defaults: for the commands in messages. */
export const flagsOf = ({ arguments: { values, switches } }: Call, { registerFile }: Declared): string =>
  [
    switches.has('local') ? ' --local' : '',
    values.has('store') ? ` --store ${values.get('store') ?? ''}` : '',
    values.has('register') ? ` --register ${registerFile}` : '',
  ].join('');

export type OpenedPorts = Omit<Session, 'register' | 'registerFile' | 'flags'>;

/**
 * Reads the register that the command line names.
 *
 * @param policy `ignored` where a rule that an entry breaks must not stand in the way: a leaked key, a parked rotation
 * @throws RegisterError with file and line; CommandError when there is none
 */
export const readRegister = async (
  { io, arguments: { values } }: Call,
  policy: 'checked' | 'ignored',
): Promise<Declared> => {
  const file = values.get('register') ?? 'credentials.yaml';
  const text = await readFile(resolve(io.workingDirectory, file), 'utf8').catch((error: unknown) => {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new CommandError({
      what: isAbsent ? `There is no register ${file} here.` : `The register ${file} cannot be read.`,
      why: 'The register says which credentials there are and where their keys live.',
      next: isAbsent
        ? 'Run it where credentials.yaml is, or name the file: --register FILE'
        : 'Look at its permissions.',
    });
  });
  const load = policy === 'checked' ? loadRegister : parseRegister;
  return { register: load(text, file, { providers }), registerFile: file };
};

export const findCredential = ({ register, registerFile }: Declared, given: string | undefined): Credential => {
  const id = credentialId(given ?? '');
  const found = register.credentials.find((credential) => credential.id === id);
  if (found !== undefined) return found;
  throw unknown(
    `The register has no credential ${quote(id)}.`,
    id,
    register.credentials.map((credential) => credential.id),
    registerFile,
  );
};

export const findAccount = ({ register, registerFile }: Declared, given: string | undefined): Account => {
  const id = given ?? '';
  const found = register.accounts.find((account) => account.id === id);
  if (found !== undefined) return found;
  throw unknown(
    `The register has no account ${quote(id)}.`,
    id,
    register.accounts.map((account) => account.id),
    registerFile,
  );
};

const unknown = (what: string, given: string, names: readonly string[], file: string): CommandError => {
  const near = nearest(given, names);
  const shown = names.slice(0, 8).join(', ');
  return new CommandError({
    what,
    why:
      names.length === 0
        ? `${file} declares none.`
        : `${file} declares ${shown}${names.length > 8 ? ', and more' : ''}.`,
    next: near === null ? 'Correct the name, or add it to the register.' : `Perhaps you meant ${near}.`,
  });
};

export const strategyOfProvider = (provider: string): Strategy => strategyOf(providerOf(provider));
