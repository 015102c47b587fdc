import { buildIfStale } from './build.mjs';

// The operator's commands run in this process, using the same code as the service.
await buildIfStale();
await import('../dist/src/cli/admin.js');
