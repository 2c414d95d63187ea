import 'vitest';
import type { Deployed } from '../emulator/global-setup.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly deployed: Deployed | null;
  }
}
