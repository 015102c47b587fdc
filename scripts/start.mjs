import cluster from 'node:cluster';
import { buildIfStale } from './build.mjs';

// The service runs in this process, so that signals and exit codes need not be forwarded.
if (cluster.isPrimary) await buildIfStale();
await import('../dist/service/main.js');
