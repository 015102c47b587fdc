import { isComplete, type Lineage } from './lineage.js';
import { isRunning } from './process-table.js';
import { removeTraces } from './traces.js';
import { setTimeout as delay } from 'node:timers/promises';

/** How often the processes of the lineage are looked at, milliseconds. */
const WATCH_MS = 250;
/** How long the service may take to end by itself, milliseconds. */
const DRAIN_MS = 2500;

// Outlives the service by as long as it takes to remove what the service leaves behind. It is in a session of its own, so
// that a signal to the service's process group does not reach it, and ignores those to itself: only the end of the service
// ends it. Arguments: the folder of the service, and the lineage, the service first.
const [folder, text] = process.argv.slice(2) as [string, string];
const lineage = JSON.parse(text) as Lineage;
const [service] = lineage as [Lineage[number], ...Lineage];

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);

// The service holds the other end of this pipe, which the system closes with the service.
const released = new AbortController();
process.stdin
  .on('close', () => released.abort())
  .on('error', () => released.abort())
  .resume();
const { signal } = released;
const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => undefined);

while (!signal.aborted && isComplete(lineage)) await pause(WATCH_MS);
if (!signal.aborted) {
  stop('SIGTERM');
  await pause(DRAIN_MS);
  stop('SIGKILL');
}
await removeTraces(folder);
process.exit(0);

function stop(name: NodeJS.Signals): void {
  if (isRunning(service)) process.kill(service.pid, name);
}
