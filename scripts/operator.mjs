import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { buildIfStale } from './build.mjs';

// The same folder as in start.cjs.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url)));
// The operator's commands run in this process, using the same code as the service.
await buildIfStale();
await import('../dist/service/admin.js');
