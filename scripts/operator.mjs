import { buildIfStale } from './build.mjs';

// The operator's commands run in this very process, on the code that serves requests.
await buildIfStale();
await import('../dist/src/cli/admin.js');
