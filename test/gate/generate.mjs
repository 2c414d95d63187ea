// Runs every generator; with --check none of them writes, and a stale file is an error.
import { spawnSync } from 'node:child_process';

for (const generator of ['workflows/generate.ts', 'functions/register/generate-schema.ts']) {
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', generator, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
