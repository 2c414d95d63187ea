// npm run bench: every limit on time or size. Node 20 cannot run TypeScript by itself.
import { register } from 'tsx/esm/api';

register();
await import('./bench.ts');
