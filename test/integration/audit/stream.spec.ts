import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Readable } from 'node:stream';
import { AuditFeed } from '../../../src/audit/feed/audit-feed.js';
import { AuditStreams } from '../../../src/audit/stream/audit-streams.js';
import type { Subscription } from '../../../src/audit/stream/event-frames.js';
import { Problem } from '../../../src/platform/errors/problem.js';
import type { SessionPrincipal } from '../../../src/platform/access/principal.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { eventually } from '../../support/time/eventually.js';
import { CREATED, ORIGIN, startTrail, type Trail } from '../../support/audit/trail.js';

/** A session that has just started. */
const SESSION = `${Date.now().toString(16).padStart(12, '0').replace(/^.{8}/, '$&-')}-7000-8000-000000000002`;
const READER: SessionPrincipal = {
  kind: 'session',
  acr: 'aal1',
  userId: '0197a1b2-0000-7000-8000-000000000001',
  sessionId: SESSION,
  roles: ['auditor'],
  tokenId: 'token',
  issuedAt: 0,
  expiresAt: 4_102_444_800,
};
const ALL: Omit<Subscription, 'position'> = { principal: READER, calls: false, wants: () => true };

describe('AuditStreams', () => {
  let trail: Trail;
  let clock: ManualClock;
  let feed: AuditFeed;
  let streams: Readable[];

  function begin(subscription: Partial<Subscription>): AsyncIterator<string> {
    const stream = trail.module.get(AuditStreams).begin({ ...ALL, position: null, ...subscription });
    streams.push(stream);
    return stream[Symbol.asyncIterator]() as AsyncIterator<string>;
  }
  const next = async (frames: AsyncIterator<string>) => String((await frames.next()).value);
  const idsIn = (text: string) => [...text.matchAll(/^id: (.*)\ndata: /gm)].map(([, id]) => id);
  const present = async () => (await feed.readAfter(null, 1)).position;
  const recordAtOnce = (events: number) =>
    trail.transactions.run(async (tx) => {
      for (let n = 0; n < events; n++) await trail.audit.record(tx, CREATED);
    });
  const logOut = (sessionId: string, userId = READER.userId) =>
    trail.audit.recordAlone({
      type: 'session_logout',
      outcome: 'success',
      userId,
      sessionId,
      origin: ORIGIN,
      details: {},
    });

  beforeEach(async () => {
    clock = new ManualClock(Date.now());
    trail = await startTrail({ clock });
    feed = trail.module.get(AuditFeed);
    streams = [];
  });
  afterEach(async () => {
    for (const stream of streams) stream.destroy();
    await trail.stop();
  });

  it('end within a second of the session, however much there still is to read', async () => {
    const position = await present();
    await recordAtOnce(2000);
    const frames = begin({ position });
    await next(frames);
    expect(idsIn(await next(frames))).toHaveLength(200);
    await logOut(READER.sessionId);
    clock.advance(1000);
    let rest = 0;
    for (let frame = await frames.next(); !frame.done; frame = await frames.next()) rest += 1;
    // Entries read ahead while the session was valid.
    expect(rest).toBeLessThanOrEqual(2);
  });

  it('end while the feed is delayed by an open transaction', async () => {
    const frames = begin({});
    await next(frames);
    await trail.transactions.run(async (tx) => {
      await trail.audit.record(tx, CREATED);
      await logOut(READER.sessionId);
      clock.advance(1000);
      expect(await frames.next()).toMatchObject({ done: true });
    });
  });

  it('end if the session ended just before they began and their instance did not know', async () => {
    await logOut(READER.sessionId);
    const frames = begin({});
    await next(frames);
    clock.advance(1000);
    // The entry of the logout may come first, if the feed had not reached it.
    let frame = await frames.next();
    while (!frame.done) frame = await frames.next();
    expect(frame).toMatchObject({ done: true });
  });

  it("do not end with another session, another user's session, or an earlier end of all sessions", async () => {
    const revoked = { type: 'session_revoked', outcome: 'success', origin: ORIGIN } as const;
    clock.advance(-60_000);
    await trail.audit.recordAlone({ ...revoked, userId: READER.userId, details: { sessions: 1 } });
    clock.advance(60_000);
    const frames = begin({});
    await next(frames);
    await logOut('0197a1b2-0000-7000-8000-000000000003');
    await logOut('0197a1b2-0000-7000-8000-000000000003', '0197a1b2-0000-7000-8000-000000000004');
    clock.advance(1000);
    expect(idsIn(await next(frames))).toHaveLength(2);
    clock.advance(1000);
    await trail.record(1);
    expect(idsIn(await next(frames))).toHaveLength(1);
  });

  it('end for a key when its owner loses a second factor, and go on for a session', async () => {
    const { userId, roles, expiresAt } = READER;
    const ofKey = {
      kind: 'api-key',
      keyId: SESSION,
      userId,
      roles,
      scopes: ['audit:read'],
      expiresAt,
    } as const;
    const [byKey, bySession] = [begin({ principal: ofKey }), begin({})];
    for (const frames of [byKey, bySession]) await next(frames);
    await trail.audit.recordAlone({
      type: 'user_factor_removed',
      outcome: 'success',
      userId,
      origin: ORIGIN,
      details: { factorId: SESSION, factorType: 'totp', factors: 0, roles: ['auditor'] },
    });
    clock.advance(1000);
    let frame = await byKey.next();
    while (!frame.done) frame = await byKey.next();
    await recordAtOnce(1);
    clock.advance(1000);
    expect(idsIn(await next(bySession))).not.toEqual([]);
  });

  it('free their slot as soon as they are closed, however quiet the trail is', async () => {
    for (let n = 0; n < 10; n++) await next(begin({ wants: () => false }));
    expect(() => begin({})).toThrow(Problem);
    for (const stream of streams) stream.destroy();
    await eventually(() => expect(() => begin({})).not.toThrow(), { timeoutMs: 2000 });
  });

  it('send an id for reconnection before there is any entry', async () => {
    const first = await next(begin({}));
    const id = /^id: (.*)$/m.exec(first)?.[1];
    await trail.record(2);
    const again = begin({ position: await feed.positionAfter(id!) });
    expect(/^id: (.*)$/m.exec(await next(again))?.[1]).toBe(id);
    expect(idsIn(await next(again))).toHaveLength(2);
  });

  it('keep a connection alive on which a filter excludes everything', { timeout: 8000 }, async () => {
    const frames = begin({ wants: () => false });
    await next(frames);
    const busy = setInterval(() => void trail.record(1), 50);
    clock.advance(15_000);
    const frame = await next(frames);
    clearInterval(busy);
    expect(frame).toMatch(/^: quiet\nid: \d+:\n\n$/);
    await recordAtOnce(1);
    const again = begin({ position: await feed.positionAfter(/id: (.*)/.exec(frame)![1]!) });
    await next(again);
    expect(idsIn(await next(again)).length).toBeGreaterThanOrEqual(1);
  });

  it('check for new entries twice a second, even if there are always some', async () => {
    const frames = begin({});
    await next(frames);
    const readAtMs: number[] = [];
    const read = feed.readAfter.bind(feed);
    // One entry for each read: after a full page, a stream reads again at once.
    vi.spyOn(feed, 'readAfter').mockImplementation(async (...parameters) => {
      readAtMs.push(performance.now());
      await trail.record(1);
      return read(...parameters);
    });
    const reading = (async () => {
      for (let frame = await frames.next(); !frame.done; frame = await frames.next());
    })();
    await vi.waitUntil(() => readAtMs.length >= 3, { timeout: 10_000 });
    streams[0]!.destroy();
    await reading.catch(() => undefined);
    const pauses = readAtMs.slice(1, 3).map((at, index) => at - readAtMs[index]!);
    // A timer may be early by a fraction of a millisecond.
    expect(pauses.map((pause) => pause >= 499)).toEqual([true, true]);
  });

  it.each(['', '1', 'x:', '-1:', '12345678901234567:', "1:' OR true"])(
    'do not start at an invalid id: %j',
    async (id) => {
      expect(await feed.positionAfter(id)).toBeNull();
    },
  );
});
