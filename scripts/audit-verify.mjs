import { buildIfStale } from './build.mjs';

await buildIfStale();
await import('../dist/service/cli/audit-verify.js');
