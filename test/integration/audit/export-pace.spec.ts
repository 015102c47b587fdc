import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditExport } from '../../../src/audit/reading/audit-export.js';
import { NDJSON } from '../../../src/audit/reading/export-format.js';
import { AuditFeed } from '../../../src/audit/feed/audit-feed.js';
import { SessionEndsRepository } from '../../../src/audit/reading/session-ends.repository.js';
import { eventFrames } from '../../../src/audit/stream/event-frames.js';
import { Clock } from '../../../src/platform/clock/clock.js';
import type { SessionPrincipal } from '../../../src/platform/access/principal.js';
import { CALL, startTrail, type Trail } from '../../support/audit/trail.js';
import { mostBetweenPauses } from '../../support/event-loop/most-between-pauses.js';

const ENTRIES = 2500;
const SEALS = 60;
/** Less than 5 ms of work. */
const MOST_ENTRIES = 300;
const MOST_SEALS = 40;

const READER: SessionPrincipal = {
  kind: 'session',
  acr: 'aal1',
  userId: '0197a1b2-0000-7000-8000-000000000001',
  sessionId: '0197a1b2-0000-7000-8000-000000000002',
  roles: ['auditor'],
  tokenId: 'token',
  issuedAt: 0,
  expiresAt: 4_102_444_800,
};

describe('Requests proceed', () => {
  let trail: Trail;
  beforeEach(async () => {
    trail = await startTrail();
  });
  afterEach(() => trail.stop());

  const recordCalls = async () => {
    for (let n = 0; n < ENTRIES; n += 1) trail.audit.recordCall(CALL);
    await trail.drained();
  };
  const read = async (text: AsyncIterable<string>, taken: { line: (line: string) => unknown }) => {
    for await (const chunk of text) for (const line of chunk.trimEnd().split('\n')) taken.line(line);
  };
  const exported = () => trail.module.get(AuditExport).entries({}, undefined).text;

  it('between few entries of an export', async () => {
    await recordCalls();
    const { most, all } = await mostBetweenPauses(NDJSON, 'line', () => read(exported(), { line: () => 0 }));
    expect(all).toBe(ENTRIES);
    expect(most).toBeLessThanOrEqual(MOST_ENTRIES);
  });

  it('between few seals of an export', { timeout: 60_000 }, async () => {
    for (let n = 0; n < SEALS; n += 1) await trail.grow(1);
    const taken = { line: () => 0 };
    const { most, all } = await mostBetweenPauses(taken, 'line', () =>
      read(trail.module.get(AuditExport).sealsOf({}).text, taken),
    );
    expect(all).toBe(SEALS);
    expect(most).toBeLessThanOrEqual(MOST_SEALS);
  });

  it('between few entries of a stream that catches up', async () => {
    await recordCalls();
    const feed = trail.module.get(AuditFeed);
    const sources = { feed, ends: trail.module.get(SessionEndsRepository), clock: trail.module.get(Clock) };
    const closing = new AbortController();
    let read = 0;
    const subscription = {
      principal: READER,
      position: feed.beginning,
      calls: true,
      wants: () => true,
    };
    const taken = {
      frames: (text: string) => {
        read += text.match(/^data: /gm)?.length ?? 0;
        if (read === ENTRIES) closing.abort();
      },
    };
    const { most, all } = await mostBetweenPauses(taken, 'frames', async () => {
      for await (const text of eventFrames(sources, subscription, closing.signal)) taken.frames(text);
    });
    expect(read).toBe(ENTRIES);
    expect(all).toBeGreaterThan(10);
    // The first text says where the stream begins.
    expect(most).toBeLessThanOrEqual(2);
  });
});
