import { defineConfig } from 'vitest/config';
import { BaseSequencer, type Reporter, type RunnerTestCase, type TestSpecification, type Vitest } from 'vitest/node';

/** The tests that kill a folder's mutants, the quick ones first: the first that fails ends a mutant's run. */
const testsOf: Readonly<Record<string, readonly string[]>> = {
  domain: [
    'test/domain/*.test.ts',
    'test/conformance/ports/local.test.ts',
    'test/triggers/sources/*.test.ts',
    'test/triggers/tell.test.ts',
  ],
  providers: ['test/providers/*.test.ts', 'test/conformance/providers/*.test.ts'],
  steps: ['test/steps/*.test.ts', 'test/simulation/stories.test.ts', 'test/mutation/scenarios.ts'],
};
const include = testsOf[process.env['KEYTURN_MUTATED'] ?? 'domain'] ?? [];

const placeOf = ({ moduleId }: TestSpecification): number => include.findIndex((glob) => isMatch(moduleId, glob));
const isMatch = (file: string, glob: string): boolean => {
  const [folder = '', ending = ''] = glob.split('*');
  return file.includes(`/${folder}`) && file.endsWith(ending);
};

class QuickOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => placeOf(one) - placeOf(other));
  }
}

/**
 * A mutant that keeps a test file from loading is killed by it. Stryker looks at tests only, and such a file has none:
 * https://github.com/stryker-mutator/stryker-js/issues/6150, 2026-11. So the file is given one, which has failed.
 */
class LoadFailureIsFailure implements Reporter {
  private vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.vitest = vitest;
  }

  onTestRunEnd(): void {
    for (const file of this.vitest?.state.getFiles() ?? []) {
      if (file.result?.state !== 'fail' || file.tasks.length > 0) continue;
      const { result } = file;
      const failed: Partial<RunnerTestCase> = { type: 'test', name: 'loads', mode: 'run', file, suite: file, result };
      // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- only Vitest itself can make a whole one
      file.tasks.push(failed as RunnerTestCase);
    }
  }
}

export default defineConfig({
  test: {
    include: [...include],
    // These take long, and kill nothing that the others do not.
    exclude: ['test/rotation/kill.test.ts', 'test/providers/any-answer.test.ts'],
    testTimeout: 30_000,
    sequence: { sequencer: QuickOnesFirst },
    reporters: [new LoadFailureIsFailure()],
  },
});
