import { Client } from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { AuditFeed } from '../../../src/audit/feed/audit-feed.js';
import { SealProgress } from '../../../src/audit/seals/seal-progress.js';
import { startTrail } from '../../support/audit/trail.js';
import { freshDatabase } from '../../support/postgres/fresh-database.js';

const SESSIONS = 8;
const ROUNDS = 60;

it('The trail of a spec is sealed and read at once, whatever other specs write on the same server', async () => {
  const [trail, elsewhere] = [await startTrail(), await freshDatabase()];
  const end = new AbortController();
  const others = Array.from({ length: SESSIONS }, async () => {
    const client = new Client(elsewhere.url);
    await client.connect();
    while (!end.signal.aborted) {
      await client.query('BEGIN');
      await client.query('SELECT pg_current_xact_id()');
      await client.query('COMMIT');
    }
    await client.end();
  });
  onTestFinished(async () => {
    end.abort();
    await Promise.all(others);
    await Promise.all([trail.stop(), elsewhere.drop()]);
  });

  const [feed, progress] = [trail.module.get(AuditFeed), trail.module.get(SealProgress)];
  let { position } = await feed.readAfter(null, 1);
  let late = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    await trail.record(1);
    const page = await feed.readAfter(position, 2);
    await trail.sealed();
    if (page.entries.length !== 1 || (await progress.read()).unsealedSeconds > 0) late += 1;
    position = page.position;
  }
  expect(late).toBe(0);
});
