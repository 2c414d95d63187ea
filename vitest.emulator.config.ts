import { defineConfig } from 'vitest/config';

// npm run test:aws: the stacks as they were synthesised, on an AWS emulator that this project did not write. Apart from
// `npm test`, because it needs Python and installs the emulator.
export default defineConfig({
  test: {
    include: ['test/emulator/**/*.test.ts'],
    globalSetup: ['test/emulator/global-setup.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // One world for all of them.
    fileParallelism: false,
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  },
});
