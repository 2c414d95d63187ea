import { defineConfig } from 'vitest/config';

const seconds = 1000;

/** One after the other: what a group has done to the deployed world, a later group looks at. */
const group = (name: string, groupOrder: number, include: readonly string[], exclude: readonly string[] = []) => ({
  // Not `extends`: each group would set up a world of its own.
  test: { ...shared, name, include: [...include], exclude: [...exclude], sequence: { groupOrder } },
});
const shared = {
  testTimeout: 600 * seconds,
  hookTimeout: 300 * seconds,
  // Stories wait more than they work.
  maxConcurrency: 12,
  env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
};
/** Before the stories, in the minute until the schedules wake: what was deployed, as it was deployed. */
const untouched = ['test/emulator/doctor.test.ts'];
const judging = ['test/emulator/least-privilege.test.ts', 'test/emulator/counted.test.ts'];

// npm run test:aws: the stacks as they were synthesised, on an AWS emulator that this project did not write. Apart from
// `npm test`, because it needs Python and installs the emulator.
export default defineConfig({
  test: {
    globalSetup: ['test/emulator/global-setup.ts'],
    maxWorkers: 4,
    projects: [
      group('untouched', 1, untouched),
      group('stories', 2, ['test/emulator/**/*.test.ts'], [...untouched, ...judging]),
      group('judged', 3, judging),
    ],
  },
});
