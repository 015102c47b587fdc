import { buildIfStale } from './build.mjs';

// The service runs in this very process, so that signals and exit codes need not be forwarded.
await buildIfStale();
const { runEphemeral } = await import('../dist/src/cli/ephemeral.js');
await runEphemeral(process.argv.slice(2), process.env);
