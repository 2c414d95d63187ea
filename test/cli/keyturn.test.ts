import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { adminKeys, makeWorld, type World } from './world.ts';

const command = fileURLToPath(new URL('../../functions/cli/keyturn.mjs', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  readonly stdin?: string;
  readonly folder?: string;
  /** Sends the signal when this text is on stdout. */
  readonly killAt?: readonly [text: string, signal: NodeJS.Signals];
}

/** The command as a person runs it: a process of its own, without a terminal, on real time. */
const keyturn = (line: string, { stdin = '', folder, killAt }: Options = {}): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [command, ...line.split(' ')], {
      cwd: folder,
      timeout: 60_000,
      env: withoutAws,
    });
    let stdout = '';
    let stderr = '';
    let killed = false;
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (killAt === undefined || killed || !stdout.includes(killAt[0])) return;
      killed = true;
      child.kill(killAt[1]);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(stdin);
  });

/** Nothing of this machine's AWS settings reaches the command. */
const withoutAws = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'))),
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
};

describe('npx keyturn', () => {
  test('--help', async () => {
    const { code, stdout, stderr } = await keyturn('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: keyturn <command>');
    expect(stderr).toBe('');
  });

  test('a mistake is four lines and exit code 2', async () => {
    const { code, stdout, stderr } = await keyturn('rotate');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trimEnd().split('\n')).toHaveLength(4);
  });
});

describe('a process of its own', () => {
  let world: World;
  beforeEach(async () => {
    world = await makeWorld(Date.now());
  });
  afterEach(async () => {
    await world.close();
  });

  test('reads the admin key from a pipe', async () => {
    const { code, stdout, stderr } = await keyturn('admin set openai-test --local', {
      stdin: adminKeys.openai,
      folder: world.folder,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('is stored');
    expect(stdout).not.toContain(adminKeys.openai);
    for (const file of ['keyturn.db', 'keyturn.db-wal']) {
      expect(readIfThere(`${world.store}/${file}`)).not.toContain(adminKeys.openai);
    }
  });

  test('without --local and without AWS it says what is missing', async () => {
    const { code, stderr } = await keyturn('status', { folder: world.folder });
    expect(code).toBe(2);
    expect(stderr).toContain('No AWS region is set.');
    expect(stderr).toContain('--local');
  });

  test.each([
    ['SIGINT', 'Overlap'],
    ['SIGTERM', 'create-key'],
    ['SIGKILL', 'cut-over'],
  ] as const)('%s in the middle of a rotation: resume ends it', async (signal, text) => {
    await world.setUp();
    const { code, stderr } = await keyturn('rotate assistant-openai --local', {
      folder: world.folder,
      killAt: [text, signal],
    });
    if (signal === 'SIGKILL') expect(code).toBeNull();
    else {
      expect(code).toBe(130);
      expect(stderr).toContain('Nothing is lost');
      expect(stderr).toMatch(/keyturn resume assistant-openai-\d{8}-\w{8} --local/);
    }
    const resumed = await world.run('resume --json');
    expect(resumed.code).toBe(0);
    expect(resumed.json().rotations).toMatchObject([{ outcome: 'Done' }]);
    await world.run('sweep --grace 0s');
    expect(world.openai.keys().filter(({ refusedAt }) => refusedAt === null)).toHaveLength(1);
  });
});

const readIfThere = (path: string): string => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
};
