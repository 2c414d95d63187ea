import { defineConfig } from 'vitest/config';

// A project per kind of test, so that one kind can be run alone: npx vitest run --project unit
const project = (
  name: string,
  include: readonly string[],
  testTimeoutSeconds: number,
  exclude: readonly string[] = [],
  isolate = true,
) => ({
  test: {
    name,
    isolate,
    include: [...include],
    exclude: [...exclude],
    testTimeout: testTimeoutSeconds * 1000,
    hookTimeout: testTimeoutSeconds * 1000,
    // That AWS clients of 2027 want a newer Node is no news in a test's output.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  },
});

const conformance = ['test/conformance/**/*.test.ts', 'test/contract/**/*.test.ts'];
/** In a world of its own: npm run test:aws. */
const emulator = 'test/emulator/**';
const simulation = ['test/simulation/**/*.test.ts'];
const exhaustive = ['singles', 'settings', 'pairs'].map((part) => `test/simulation/${part}-*.test.ts`);
const world = [
  'test/rotation/**/*.test.ts',
  'test/infra/**/*.test.ts',
  'test/gate/**/*.test.ts',
  'test/cli/**/*.test.ts',
];

export default defineConfig({
  test: {
    // Vitest leaves one core idle unless told.
    maxWorkers: '100%',
    projects: [
      // Functions and files, one at a time.
      project('unit', ['test/**/*.test.ts'], 30, [...conformance, ...simulation, ...world, emulator]),
      // One suite for every adapter of a contract, over loopback or real files.
      project('conformance', conformance, 60),
      // Whole rotations, processes that are killed, stacks that are synthesised, and the gate itself.
      project('world', world, 180),
      // The simulation's own tests; and every crash point, every fault, every strategy, in memory: files per vendor, so
      // that two cores share them, and one world for all, so that what Node has made quick stays so.
      project('simulation', simulation, 120, exhaustive),
      project('simulation-exhaustive', exhaustive, 900, [], false),
    ],
  },
});
