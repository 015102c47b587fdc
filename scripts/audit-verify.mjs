import { buildIfStale } from './build.mjs';

await buildIfStale();
await import('../dist/src/cli/audit-verify.js');
