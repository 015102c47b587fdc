import { buildIfStale } from './build.mjs';

await buildIfStale();
await import('../dist/src/audit-verify.js');
