import module from 'node:module';
import { join } from 'node:path';
import { buildIfStale } from './build.mjs';

// The service runs in this very process, so that signals and exit codes need not be forwarded.
await buildIfStale();
const { cacheFolder } = await import('../dist/src/ephemeral/cluster/cache-folder.js');
// Compiling 3,000 modules takes a third of the time until it is ready.
module.enableCompileCache(join(cacheFolder(process.env), 'code'));
const { runEphemeral } = await import('../dist/service/ephemeral.js');
await runEphemeral(process.argv.slice(2), process.env);
module.flushCompileCache();
