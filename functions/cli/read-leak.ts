import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { accountId, type Instant, instant, keyId } from '../domain/identifiers.ts';
import type { CompromiseReport, Leak } from '../domain/incident.ts';
import { providerOf } from '../providers/index.ts';
import { leakOfValue } from '../triggers/leaked-value.ts';
import { reportOfFinding, type ScanReading } from '../triggers/sources/finding.ts';
import { readGitleaks } from '../triggers/sources/gitleaks.ts';
import { readTrufflehog } from '../triggers/sources/trufflehog.ts';
import type { Call } from './call.ts';
import { CommandError } from './command-error.ts';
import { readAll, readSecret } from './read-secret.ts';
import { type Declared, findAccount, findCredential, type Session } from './session.ts';

const scanners: Readonly<Record<string, (text: string) => ScanReading>> = {
  trufflehog: readTrufflehog,
  gitleaks: readGitleaks,
};

/** What the command line names: the options that do, and what each means. Without any a value is asked for. */
export type Named =
  | { readonly kind: 'leak'; readonly leak: Leak }
  | { readonly kind: 'value' }
  | { readonly kind: 'scan'; readonly scanner: string; readonly file: string };

/** @throws CommandError for none that is known, or more than one */
export const readNamed = ({ io, arguments: { values } }: Call, declared: Declared): Named => {
  const given = Object.keys(selectors).filter((name) => values.has(name));
  // An account says where a key lives, too.
  const [name, another] = given.filter((one) => one !== 'account' || !values.has('key'));
  if (another !== undefined) {
    throw new CommandError({
      what: 'One thing at a time.',
      why: `--${name ?? ''} and --${another} name two.`,
      next: 'Run keyturn compromised once for each.',
    });
  }
  const expires = values.get('expires');
  if (expires !== undefined && name !== 'admin') {
    throw new CommandError({
      what: '--expires is for an admin key.',
      why: 'A key that Keyturn makes is replaced by rotation, before it ends.',
      next: 'Name the account: keyturn compromised --admin ACCOUNT --expires DATE',
    });
  }
  if (name === undefined) return { kind: 'value' };
  const value = values.get(name) ?? '';
  if (Object.hasOwn(scanners, name)) return { kind: 'scan', scanner: name, file: value };
  const leak = selectors[name]?.(value, declared, values.get('account'));
  if (leak === undefined || leak === null) return { kind: 'value' };
  if (leak.kind !== 'admin-key' || expires === undefined) return { kind: 'leak', leak };
  return { kind: 'leak', leak: { ...leak, expiresAt: readExpiry(expires, io.clock.now()) } };
};

const expiryForm = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?Z)?$/;

/** A day without a time is its beginning: too early is late for nobody. */
const readExpiry = (given: string, now: Instant): Instant => {
  const read = expiryForm.test(given) ? Date.parse(given) : Number.NaN;
  // 30 February would be read as a day in March.
  const isDate = !Number.isNaN(read) && new Date(read).toISOString().startsWith(given.slice(0, 10));
  if (isDate && instant(read) > now) return instant(read);
  throw new CommandError({
    what: `--expires ${isDate ? 'is not in the future' : 'is no date'}.`,
    why: 'It says when an admin key that has not leaked will end, in UTC: 2026-12-31, or 2026-12-31T12:00Z.',
    next: isDate
      ? 'Has it ended, make another one and store it: keyturn admin set ACCOUNT'
      : 'keyturn compromised --admin ACCOUNT --expires 2026-12-31',
  });
};

const selectors: Readonly<
  Record<string, (value: string, declared: Declared, account: string | undefined) => Leak | null>
> = {
  credential: (value, declared) => ({ kind: 'credential', credentialId: findCredential(declared, value).id }),
  key: (value, declared, account) => {
    const { id, provider } = accountOfKey(declared, account);
    return { kind: 'key', provider, account: id, keyId: keyId(value) };
  },
  provider: (value) => ({ kind: 'provider', provider: providerOf(value).id }),
  account: (value, declared) => ({ kind: 'account', account: findAccount(declared, value).id }),
  owner: (value) => ({ kind: 'owner', owner: value }),
  person: (value) => ({ kind: 'person', person: value }),
  principal: (value) => ({ kind: 'principal', principal: value }),
  admin: (value, declared) => ({ kind: 'admin-key', account: accountId(findAccount(declared, value).id) }),
  trufflehog: () => null,
  gitleaks: () => null,
};

const accountOfKey = (declared: Declared, given: string | undefined): ReturnType<typeof findAccount> => {
  if (given !== undefined) return findAccount(declared, given);
  const [only, another] = declared.register.accounts;
  if (only !== undefined && another === undefined) return only;
  throw new CommandError({
    what: 'In which account is that key?',
    why: `The register has ${declared.register.accounts.map(({ id }) => id).join(', ')}; a key's id is of one of them.`,
    next: 'keyturn compromised --key KEY_ID --account ACCOUNT',
  });
};

/** @returns the leak of a value from the hidden prompt, or stdin; the value is dropped here */
export const readLeakedValue = async (call: Call, { ports }: Session): Promise<Leak> =>
  leakOfValue([await readSecret(call, 'The leaked value')], ports);

/**
 * The reports of a scanner's findings. Values are hashed here, one by one, and dropped.
 *
 * @throws CommandError when the file cannot be read, or is none of that scanner's
 */
export const readScan = async (
  call: Call,
  { ports }: Session,
  { scanner, file }: Extract<Named, { kind: 'scan' }>,
  reportedAt: Instant,
): Promise<readonly CompromiseReport[]> => {
  const text = file === '-' ? await readAll(call, longestScan) : await readScanFile(call, file);
  const { findings, unread } = scanners[scanner]?.(text) ?? { findings: [], unread: [] };
  if (findings.length === 0 && unread.length > 0) {
    throw new CommandError({
      what: `${file === '-' ? 'What was given' : file} is no output of ${scanner}.`,
      why: unread[0] ?? '',
      next:
        scanner === 'trufflehog'
          ? 'trufflehog ... --json | keyturn compromised --trufflehog -'
          : 'keyturn compromised --gitleaks report.json',
    });
  }
  for (const line of unread) call.say(`Not read: ${line}`);
  const reports: CompromiseReport[] = [];
  for (const finding of findings) reports.push(await reportOfFinding(finding, reportedAt, ports));
  return reports;
};

const longestScan = 64 * 1024 * 1024;

const readScanFile = async ({ io }: Call, file: string): Promise<string> => {
  try {
    return await readFile(resolve(io.workingDirectory, file), 'utf8');
  } catch {
    throw new CommandError({
      what: `${file} cannot be read.`,
      why: 'There is no such file here, or it is not yours to read.',
      next: 'Name the file that the scanner wrote, or - for stdin.',
    });
  }
};
