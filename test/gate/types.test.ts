import { ESLint } from 'eslint';
import { describe, expect, test } from 'vitest';

// These rules ask the compiler, so the sources are linted as if they stood in a file that is there; in a program of
// that file alone, which takes a fraction of the time.
const eslint = new ESLint({
  overrideConfig: [
    {
      files: ['**/*.ts'],
      languageOptions: {
        parserOptions: {
          projectService: false,
          project: 'test/gate/types.tsconfig.json',
          // With CI=true the parser would take a single run for granted, and read the file instead of the source.
          disallowAutomaticSingleRunInference: true,
        },
      },
    },
  ],
});

const objections = async (source: string): Promise<readonly string[]> => {
  const [result] = await eslint.lintText(source, { filePath: 'functions/steps/step.ts' });
  return [...new Set(result?.messages.map((message) => message.ruleId ?? message.message))];
};

describe('rules that know types', () => {
  test('a SecretValue in a template does not pass', async () => {
    const source = `
import type { SecretValue } from '../domain/secret-value.ts';
export const header = (apiKey: SecretValue): string => \`Bearer \${apiKey}\`;
`;
    expect(await objections(source)).toEqual(['@typescript-eslint/restrict-template-expressions']);
    expect(await objections(source.replace('apiKey}', 'apiKey.expose()}'))).toEqual([]);
  });

  test('a SecretValue added to a text does not pass', async () => {
    const source = `
import type { SecretValue } from '../domain/secret-value.ts';
export const header = (apiKey: SecretValue): string => 'Bearer ' + apiKey;
`;
    expect(await objections(source)).toEqual(['@typescript-eslint/restrict-plus-operands']);
  });

  test('a promise that nobody waits for does not pass', async () => {
    const source = `
import type { Ports } from '../ports.ts';
export const act = async (ports: Ports): Promise<void> => {
  ports.clock.sleep(1);
};
`;
    expect(await objections(source)).toEqual(['@typescript-eslint/no-floating-promises']);
    expect(await objections(source.replace('  ports.', '  await ports.'))).toEqual([]);
  });

  test('a switch that forgets a case does not pass', async () => {
    const source = `
import type { Urgency } from '../domain/rotation.ts';
export const patience = (urgency: Urgency): number | undefined => {
  switch (urgency) {
    case 'scheduled':
      return 1;
  }
  return undefined;
};
`;
    expect(await objections(source)).toEqual(['@typescript-eslint/switch-exhaustiveness-check']);
  });
});
