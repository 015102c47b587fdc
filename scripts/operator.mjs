import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { buildIfStale } from './build.mjs';

// The same folder as in start.cjs. By its name, the function could not be imported from a version of Node.js without it, which
// is reported by an import above.
module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url)));
// The operator's commands run in this process, using the same code as the service.
await buildIfStale();
await import('../dist/service/admin.js');
