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
const released = new Promise<void>((resolve) => {
  process.stdin.on('close', resolve).on('error', resolve).resume();
});
let isReleased = false;
void released.then(() => (isReleased = true));

while (!isReleased && isComplete(lineage)) await Promise.race([released, delay(WATCH_MS)]);
if (!isReleased) {
  stop('SIGTERM');
  await Promise.race([released, delay(DRAIN_MS)]);
  if (!isReleased) stop('SIGKILL');
}
await removeTraces(folder);
process.exit(0);

function stop(name: NodeJS.Signals): void {
  if (isRunning(service)) process.kill(service.pid, name);
}
