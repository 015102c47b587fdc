import { buildIfStale } from './build.mjs';

// Loads a few small modules, and neither a configuration nor the service.
await buildIfStale();
const { runScan } = await import('../dist/src/cli/scan/scan.js');
process.exitCode = await runScan(process.argv.slice(2), process);
