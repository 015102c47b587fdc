import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../../src/platform/embedded-postgres/embedded-postgres.js';

// Uses the embedded server like the service does: it is started with a DATA_DIR, writes one line of JSON per event, and
// drains on a signal while the database is still in use.
const say = (event: object) => process.stdout.write(`${JSON.stringify(event)}\n`);

const startedAt = performance.now();
const embedded = await startEmbeddedPostgres({
  dataDir: process.argv[2]!,
  logger: {
    log: (message: unknown) => say({ log: message }),
    warn: (message: unknown) => say({ warn: message }),
  },
});
const { serviceUrl, ownerUrl, superuserUrl } = embedded;

async function drain(): Promise<void> {
  await delay(200);
  const client = new Client(serviceUrl);
  await client.connect();
  await client.query('SELECT 1');
  await client.end();
  say({ drained: true });
  await embedded.stop();
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void drain());
say({ urls: { serviceUrl, ownerUrl, superuserUrl }, tookMs: Math.round(performance.now() - startedAt) });
