import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../infra/constructs/bundle.ts';
import { type FunctionName, rightsOf } from '../../infra/constructs/permissions.ts';
import { entries, entryOf } from '../../infra/entries.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { functionEnvironment } from './function-environment.ts';

const folder = scratchFolder('bundle');
const fileOf = (under: string, name: string): string => join(under, name, 'index.mjs');

beforeAll(() => bundle(entries, folder));

const isFunction = (name: string): name is FunctionName => name in rightsOf;

/** Loads a bundle as Lambda does, away from the project and its node_modules. */
const load = (name: FunctionName, script: string, others: Record<string, string> = {}) =>
  spawnSync(
    process.execPath,
    ['--input-type=module', '-e', `const loaded = await import(${JSON.stringify(urlOf(name))}); ${script}`],
    {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], ...functionEnvironment, KEYTURN_STEP: name, ...others },
    },
  );

const urlOf = (name: FunctionName): string => pathToFileURL(fileOf(folder, entryOf(name))).href;

describe('the bundles', () => {
  it('are the same bytes for the same sources, so that an asset is uploaded once', async () => {
    const again = scratchFolder('bundle');
    await bundle(entries, again);
    for (const { name } of entries) {
      expect(readFileSync(fileOf(again, name)).equals(readFileSync(fileOf(folder, name)))).toBe(true);
    }
  });

  it('hold no place of the machine that made them', () => {
    for (const { name } of entries) expect(readFileSync(fileOf(folder, name), 'utf8')).not.toContain(process.cwd());
  });

  it('have a handler for every function, and need nothing beside them', () => {
    for (const name of ['begin', 'two-slot/revoke-old', ...entries.map((entry) => entry.name)].filter(isFunction)) {
      const { status, stdout } = load(name, 'console.log(typeof loaded.handler);');
      expect([status, stdout]).toEqual([0, 'function\n']);
    }
  });

  it('answer a webhook before anything else is asked, when nobody signed it', () => {
    const script = `
      const request = { requestContext: { http: { method: 'POST' } }, headers: {}, isBase64Encoded: false };
      for (const rawPath of ['/elsewhere', '/github']) {
        console.log((await loaded.handler({ ...request, rawPath })).statusCode);
      }
    `;
    expect(load('webhook', script).stdout.match(/^\d+$/gm)).toEqual(['404', '415']);
  });

  it('give a message back to the queue that could not be taken in', () => {
    const script = `
      const Records = [{ messageId: 'one', body: '{"source":"acme","detail-type":"other","detail":{}}' }, { messageId: 'two', body: '[]' }];
      console.log(JSON.stringify(await loaded.handler({ Records })));
    `;
    expect(load('intake', script).stdout).toContain('{"batchItemFailures":[{"itemIdentifier":"two"}]}');
  });

  it('tell the steps apart: a step answers for itself', () => {
    const script = `
      await loaded.handler({ rotationId: 'r', credentialId: 'c', leakedKeyId: null, target: {} }).catch((error) => {
        console.log(error.name, error.message);
      });
    `;
    // Contain looks at its input first, and refuses one that names no key before it calls anybody.
    expect(load('contain', script).stdout).toContain('NeedsPerson The request names no key to contain');
  });

  it('say which variable is missing', () => {
    const { status, stderr } = load('begin', '', { KEYTURN_LEDGER_TABLE: '' });
    expect(status).not.toBe(0);
    expect(stderr).toContain('This function lacks environment variables: KEYTURN_LEDGER_TABLE');
    expect(load('intake', '', { KEYTURN_STATE_MACHINE_PREFIX: '' }).stderr).toContain(': KEYTURN_STATE_MACHINE_PREFIX');
    expect(load('webhook', '', { KEYTURN_INTAKE_QUEUE_URL: '' }).stderr).toContain(': KEYTURN_INTAKE_QUEUE_URL');
  });

  it('hold of the SDK and of zod only what a Lambda of ours can come to', () => {
    const elsewhere = ['sso_start_url', 'AssumeRoleWithWebIdentity', 'credential_process', 'credential_source'];
    const ofOtherCommands = [':message-type', 'ReplicaAlreadyExistsException', 'XksProxyUriUnreachableException'];
    const ofTheWholeZod = ['toJSONSchema', 'Eingabe'];
    const unused = [...elsewhere, ...ofOtherCommands, ...ofTheWholeZod, 'devDependencies'];
    for (const { name } of entries) {
      const text = readFileSync(fileOf(folder, name), 'utf8');
      expect(unused.filter((word) => text.includes(word))).toEqual([]);
    }
  });

  it('say that a person is needed where there are no credentials', () => {
    const script = `
      await loaded.handler({ rotationId: 'r', credentialId: 'c', urgency: 'scheduled' }).catch((error) => {
        console.log(error.name, error.message);
      });
    `;
    expect(load('begin', script).stdout).toContain('NeedsPerson AWS answered CredentialsProviderError');
  });

  it('are there for every row of the permission table', () => {
    const names = entries.map(({ name }) => name);
    for (const name of Object.keys(rightsOf) as FunctionName[]) expect(names).toContain(entryOf(name));
  });
});
