import { buildIfStale } from './build.mjs';

await buildIfStale();
await import('../dist/service/audit-verify.js');
