import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../src/audit/audit-entry.js';
import { AuditFeed } from '../../../src/audit/feed/audit-feed.js';
import { CALL, CREATED, startTrail, type Trail } from '../../support/audit/trail.js';

describe('AuditFeed', () => {
  let trail: Trail;
  let feed: AuditFeed;

  /** Reads from a position to the end, a few entries at a time. */
  async function readOn(from: string | null, calls = false) {
    const entries: AuditEntry[] = [];
    let position = from;
    for (;;) {
      const page = await feed.readAfter(position, 3, { calls });
      position = page.position;
      entries.push(...page.entries);
      if (page.entries.length === 0) return { entries, position };
    }
  }
  const idsOf = (entries: readonly AuditEntry[]) => entries.map(({ id }) => id);

  beforeEach(async () => {
    trail = await startTrail();
    feed = trail.module.get(AuditFeed);
  });
  afterEach(() => trail.stop());

  it('starts at the current end', async () => {
    await trail.record(2);
    const { entries, position } = await readOn(null);
    expect(entries).toEqual([]);
    await trail.record(2);
    expect((await readOn(position)).entries).toHaveLength(2);
  });

  it('shows every entry once, whatever the size of the pages', async () => {
    const { position } = await readOn(null);
    await trail.record(5);
    await trail.transactions.run(async (tx) => {
      for (let n = 0; n < 8; n++) await trail.audit.record(tx, CREATED);
    });
    const { entries } = await readOn(position);
    expect(new Set(idsOf(entries)).size).toBe(13);
    expect(entries).toHaveLength(13);
  });

  it('does not skip an entry that is committed late', async () => {
    const { position } = await readOn(null);
    const meanwhile = await trail.transactions.run(async (tx) => {
      await trail.audit.record(tx, CREATED);
      await trail.record(3);
      return readOn(position);
    });
    const later = await readOn(meanwhile.position);
    expect([...meanwhile.entries, ...later.entries]).toHaveLength(4);
  });

  it('shows what other instances recorded', async () => {
    const other = await startTrail({ database: trail.database });
    const { position } = await readOn(null);
    await other.record(2);
    expect((await readOn(position)).entries).toHaveLength(2);
    await other.stop();
  });

  it('shows API calls only on request', async () => {
    const { position } = await readOn(null);
    await trail.record(1);
    for (let n = 0; n < 7; n++) trail.audit.recordCall(CALL);
    await trail.sealed();
    expect((await readOn(position)).entries.map(({ kind }) => kind)).toEqual(['event']);
    expect((await readOn(position, true)).entries.filter(({ kind }) => kind === 'call')).toHaveLength(7);
  });

  it('continues after an entry given by its id', async () => {
    const { position } = await readOn(null);
    await trail.record(6);
    const { entries } = await readOn(position);
    const resumed = await readOn(await feed.positionAfter(entries[2]!.id));
    expect(idsOf(resumed.entries)).toEqual(idsOf(entries.slice(3)));
    expect(await feed.positionAfter('01970000-0000-7000-8000-000000000000')).toBeNull();
  });

  it('returns entries without storage details', async () => {
    const { position } = await readOn(null);
    await trail.record(1);
    const [entry] = (await readOn(position)).entries;
    expect(Object.keys(entry!).sort()).toEqual(
      'address details durationMs id kind method outcome reason requestId route sessionId status time type userAgent userId'.split(
        ' ',
      ),
    );
  });
});
